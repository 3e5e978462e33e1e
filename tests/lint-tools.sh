#!/bin/sh
# Installs the lint tools that are missing, once, into the user's cargo folder.
set -eu

command -v cargo-deny >/dev/null 2>&1 || cargo install --locked cargo-deny@0.20.2
command -v cargo-machete >/dev/null 2>&1 || cargo install --locked cargo-machete@0.9.2
command -v typos >/dev/null 2>&1 || cargo install --locked typos-cli@1.52.0
