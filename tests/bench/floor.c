/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The floor of start-up: does nothing, linked to the same libraries. */
int main(void)
{
    return 0;
}
