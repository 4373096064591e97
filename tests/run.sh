#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# run.sh BUILD [e2e|sweep|valgrind]: runs the tests of a build, or only the end-to-end ones, or only the
# sweeps, which the others leave out. E2E="NAME ..." takes these end-to-end tests alone: modules, classes or tests.
set -u
cd "$(dirname "$0")/.." || exit 1
TMRO_BUILD=$1
TMRO_BOT=$(realpath "$TMRO_BUILD")/tmro-bot
TMRO_WRAPPER=
if [ "${2:-}" = valgrind ]; then
    TMRO_WRAPPER="valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect,possible --suppressions=$PWD/tests/valgrind.supp"
fi
PYTHON=${PYTHON:-/usr/bin/python3}
LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0
export TMRO_BUILD TMRO_BOT TMRO_WRAPPER PYTHON LSAN_OPTIONS
# Nothing of this machine's own bot may leak in.
unset TMRO_BOT_CONFIG ZULIP_EMAIL ZULIP_API_KEY ZULIP_SITE CREDENTIALS_DIRECTORY STATE_DIRECTORY
exec "$PYTHON" -B tests/suites.py "$@"
