#!/bin/sh
# A program with Lua inside, by the compiler and the flags that `orch` chose for the target:
# `./build.sh OUTPUT`.
set -e
lua=$(echo sources/lua-src/lua-5.4*)
# Flags are words, and file names have no spaces here.
# shellcheck disable=SC2086
$CC $CFLAGS -I"$lua" calculate.c "$lua"/*.c $LDFLAGS -lm -o "$1"
