#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Static analysis: layers, banned functions, gcc and clang warnings, gcc -fanalyzer, clang-tidy,
# cppcheck, shellcheck, mandoc. A line per check; any finding fails.
# shellcheck disable=SC2317 # the checks are called by name
set -u
# Otherwise a make that prints a variable would also mention the jobserver of a make above.
unset MAKEFLAGS MAKELEVEL
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
read -ra flags <<<"$(make -s print-TMRO_CFLAGS)"
sources=(src/*/*.c)

# A check that printed something, or failed, is wrong.
check() {
    local name=$1
    shift
    if "$@" >"$log" 2>&1 && [ ! -s "$log" ]; then
        echo "ok    $name"
    else
        echo "WRONG $name"
        cat "$log"
        failed=1
    fi
}

banned() {
    ! grep -nE '\b(strcpy|strcat|strncpy|strncat|sprintf|vsprintf|strtok|gets|atoi|atol|atof|system|popen|tmpnam|mktemp|alloca|usleep|sleep|setjmp|longjmp|rand)\(' \
        "${sources[@]}" include/*/*.h
}

allocated_once() {
    ! grep -nE '\b(malloc|calloc|realloc|strn?dup|v?asprintf)\(' "${sources[@]}" | grep -v '^src/base/arena.c:'
}

# Runs a command on each of the files after "--", as many at once as there are cores.
each() {
    local command=()
    while [ "$1" != -- ]; do
        command+=("$1")
        shift
    done
    shift
    printf '%s\n' "$@" | xargs -P "$(nproc)" -I FILE "${command[@]}"
}

# compile COMPILER OPTION... -- FILE...
compile() {
    local command=()
    while [ "$1" != -- ]; do
        command+=("$1")
        shift
    done
    each "${command[@]}" "${flags[@]}" -O2 -Werror -c -o /dev/null FILE "$@"
}

# Leaks are left to LeakSanitizer and valgrind: gcc 12 loses sight of memory that is given away through
# a pointer to its owner.
analyzer() {
    compile gcc -fanalyzer -Wno-analyzer-malloc-leak -- "${sources[@]}"
}

tidy() {
    printf '%s\n' "${sources[@]}" |
        xargs -P "$(nproc)" -I FILE clang-tidy --quiet --warnings-as-errors='*' FILE -- "${flags[@]}" 2>/dev/null
}

# What is defined twice in one class or file: of a test the first would never run.
defined_twice() {
    ${PYTHON:-/usr/bin/python3} -B - "$@" <<'END'
import ast
import sys

for name in sys.argv[1:]:
    for scope in ast.walk(ast.parse(open(name, encoding='utf-8').read())):
        if isinstance(scope, (ast.ClassDef, ast.Module)):
            names = set()
            for made in scope.body:
                if isinstance(made, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    if made.name in names:
                        print(f'{name}:{made.lineno}: {made.name} is defined twice')
                    names.add(made.name)
END
}

check layers tests/layers.sh
check "Python, defined twice" defined_twice tests/*.py tests/*/*.py
check "banned functions" banned
check "malloc in one place" allocated_once
check "gcc -Werror" compile gcc -- tests/unit/*.c
check "clang -Werror" compile clang -Wno-unknown-warning-option -- "${sources[@]}" tests/unit/*.c
check "gcc -Werror -fanalyzer" analyzer
check clang-tidy tidy
check cppcheck cppcheck --quiet -j "$(nproc)" --error-exitcode=1 --std=c11 --enable=warning,performance,portability \
    --suppress=missingIncludeSystem -I include -D_GNU_SOURCE "${sources[@]}"
check shellcheck shellcheck etc/debian/*.postrm tests/*.sh tests/*/*.sh .ci/run
check "shellcheck, completion" shellcheck -s bash etc/tmro-bot.bash-completion
check mandoc mandoc -T lint -W warning src/man/*
exit $failed
