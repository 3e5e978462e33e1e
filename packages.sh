#!/bin/sh
# Installs the Debian packages named as arguments, those that are missing, without a question.
set -eu

missing=""
for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
        missing="$missing $package"
done
[ -z "$missing" ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "These packages are needed, and this machine has no apt-get to install them:" >&2
    echo " $missing" >&2
    echo "Install what they are called here, then run make again." >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1; then
    as_root="sudo"
else
    echo "These packages are needed; run as root or install sudo:$missing" >&2
    exit 1
fi

echo "Installing:$missing" >&2
$as_root apt-get update -qq
# shellcheck disable=SC2086 # the list is meant to split
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
