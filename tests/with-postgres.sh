#!/bin/sh
# Runs a command with a PostgreSQL server of its own, on a socket and a port that nobody else
# uses, in WARIFU_TEST_POSTGRES; the server and its data are gone afterwards.
set -eu

bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || { echo "PostgreSQL's server programs are not installed" >&2; exit 1; }

home=$(mktemp -d)
log="$home/log"
# initdb and postgres refuse to run as root.
if [ "$(id -u)" = 0 ]; then
    chown postgres "$home"
    as_postgres() { setpriv --reuid postgres --regid postgres --init-groups "$@"; }
else
    as_postgres() { "$@"; }
fi
stop() {
    as_postgres "$bin/pg_ctl" -D "$home/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$home"
}
trap stop EXIT INT TERM

cd "$home"
port=$((20000 + $$ % 20000))
as_postgres "$bin/initdb" -D "$home/data" -A trust -U postgres >/dev/null
as_postgres "$bin/pg_ctl" -D "$home/data" -l "$log" -w \
    -o "-p $port -k $home -c listen_addresses=127.0.0.1 -c max_connections=200" start >/dev/null ||
    { cat "$log" >&2; exit 1; }
cd "$OLDPWD"

WARIFU_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port/postgres"
export WARIFU_TEST_POSTGRES
"$@"
