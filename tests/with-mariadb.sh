#!/bin/sh
# Runs a command with a MariaDB server of its own, on a socket and a port that nobody else uses,
# in WARIFU_TEST_MARIADB; the server and its data are gone afterwards.
set -eu

command -v mariadbd >/dev/null 2>&1 || { echo "MariaDB's server is not installed" >&2; exit 1; }

home=$(mktemp -d)
# The server refuses to run as root.
user=$(id -un)
if [ "$user" = root ]; then
    user=mysql
    chown mysql "$home"
fi
server=
stop() {
    [ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
    rm -rf "$home"
}
trap stop EXIT INT TERM

port=$((40000 + $$ % 20000))
mariadb-install-db --no-defaults --user="$user" --datadir="$home/data" \
    --auth-root-authentication-method=normal --skip-test-db >/dev/null
mariadbd --no-defaults --user="$user" --datadir="$home/data" --socket="$home/socket" --port="$port" \
    --bind-address=127.0.0.1 --pid-file="$home/pid" >"$home/log" 2>&1 &
server=$!
tries=0
until mariadb-admin --no-defaults --socket="$home/socket" --user=root ping >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || { cat "$home/log" >&2; exit 1; }
    sleep 0.2
done

WARIFU_TEST_MARIADB="mysql://root@127.0.0.1:$port/mysql"
export WARIFU_TEST_MARIADB
"$@"
