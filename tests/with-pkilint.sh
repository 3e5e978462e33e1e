#!/bin/sh
# Runs a command with pkilint's programs at hand, in the folder that WARIFU_TEST_PKILINT names. They
# are installed once, in the versions of pkilint.txt, into an environment of their own below target/.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
home="${CARGO_TARGET_DIR:-$here/../target}/pkilint"
if ! cmp -s "$here/pkilint.txt" "$home/installed.txt"; then
    rm -rf "$home"
    python3 -m venv "$home"
    "$home/bin/pip" install --quiet --disable-pip-version-check -r "$here/pkilint.txt"
    cp "$here/pkilint.txt" "$home/installed.txt"
fi

WARIFU_TEST_PKILINT=$(cd "$home/bin" && pwd)
export WARIFU_TEST_PKILINT
"$@"
