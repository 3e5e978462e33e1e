#!/bin/sh
# A small cluster of the kind that production has: etcd, two PostgreSQL servers under Patroni, each
# the other's synchronous standby, and HAProxy in front, which leads to whichever is the leader.
#
#   cluster.sh start FOLDER        makes it, and waits until both servers are in step
#   cluster.sh kill FOLDER         kills the leader and its Patroni at once, as a power cut would
#   cluster.sh freeze FOLDER       they hold their connections and say nothing any more
#   cluster.sh switchover FOLDER   hands the lead over, as for maintenance
#   cluster.sh repair FOLDER       brings back who was killed or frozen; waits until both are in step
#   cluster.sh port FOLDER         prints HAProxy's port on 127.0.0.1
#   cluster.sh stop FOLDER
#
# Everything is in FOLDER. One etcd and two servers show what happens; production wants three etcd.
set -eu

here=$(cd "$(dirname "$0")" && pwd)

start_cluster() {
    mkdir -p "$folder"
    [ "$(id -u)" != 0 ] || chown postgres "$folder"
    # Six ports below those that systems give to outgoing connections.
    echo "first=$((20000 + $$ % 2000 * 6))" >"$folder/ports"
    . "$folder/ports"
    for name in a b; do
        $as_postgres mkdir -p "$folder/$name"
        settings patroni.yml "$name" >"$folder/$name/patroni.yml"
    done
    settings haproxy.cfg a >"$folder/haproxy.cfg"
    # Over version 3 of etcd's interface, Patroni 3.0.2 was seen to lose its standby for good.
    run etcd etcd --enable-v2 --data-dir "$folder/etcd" --log-level error \
        --listen-client-urls "http://127.0.0.1:$(port etcd)" \
        --advertise-client-urls "http://127.0.0.1:$(port etcd)" \
        --listen-peer-urls "http://127.0.0.1:$(port etcd_peer)" \
        --initial-advertise-peer-urls "http://127.0.0.1:$(port etcd_peer)" \
        --initial-cluster "default=http://127.0.0.1:$(port etcd_peer)"
    run haproxy haproxy -f "$folder/haproxy.cfg"
    repair_cluster
}

kill_cluster() {
    # shellcheck disable=SC2046 # one word for each process
    kill -KILL $(processes "$(leader)")
}

freeze_cluster() {
    # shellcheck disable=SC2046 # one word for each process
    kill -STOP $(processes "$(leader)")
}

repair_cluster() {
    for name in a b; do
        # shellcheck disable=SC2046 # one word for each process
        kill -CONT $(processes "$name") 2>/dev/null || true
        running "$name" || run "$name" patroni "$folder/$name/patroni.yml"
    done
    until=$(($(date +%s) + 180))
    while [ "$(date +%s)" -lt "$until" ]; do
        [ -z "$(who primary)" ] || [ -z "$(who synchronous)" ] || return 0
        sleep 0.2
    done
    echo "the servers are not in step after 180 s:" >&2
    tail -n 20 "$folder"/*.log >&2
    exit 1
}

switchover_cluster() {
    $as_postgres patronictl -c "$folder/a/patroni.yml" switchover --force \
        --primary "$(leader)" --candidate "$(who synchronous)" warifu
}

port_cluster() {
    port haproxy
}

# Nothing in here is worth an orderly end.
stop_cluster() {
    for name in haproxy a b etcd; do
        # shellcheck disable=SC2046 # one word for each process
        kill -KILL $(processes "$name") 2>/dev/null || true
    done
}

# Runs a program in the background, its number and its words in the folder.
run() {
    name=$1
    shift
    # A plain command, so that the number is the program's own.
    $as_postgres "$@" >>"$folder/$name.log" 2>&1 </dev/null &
    echo $! >"$folder/$name.pid"
}

running() {
    number=$(cat "$folder/$1.pid" 2>/dev/null) && kill -0 "$number" 2>/dev/null
}

# The numbers of what runs under that name: Patroni first, so that it revives nothing.
processes() {
    cat "$folder/$1.pid" 2>/dev/null || true
    if postmaster=$(head -n 1 "$folder/$1/data/postmaster.pid" 2>/dev/null); then
        echo "$postmaster"
        pgrep -P "$postmaster" || true
    fi
}

# The server that has this role: primary, synchronous.
who() {
    for name in a b; do
        if curl --silent --fail --max-time 2 --noproxy '*' --output /dev/null \
            "http://127.0.0.1:$(port "${name}_api")/$1"; then
            echo "$name"
        fi
    done
}

leader() {
    leader=$(who primary)
    [ -n "$leader" ] || { echo "there is no leader" >&2; exit 1; }
    echo "$leader"
}

port() {
    case $1 in
        etcd) echo "$first" ;;
        etcd_peer) echo $((first + 1)) ;;
        a) echo $((first + 2)) ;;
        a_api) echo $((first + 3)) ;;
        b) echo $((first + 4)) ;;
        b_api) echo $((first + 5)) ;;
        haproxy) echo $((first + 12000)) ;;
    esac
}

# A file of settings with names and ports filled in.
settings() {
    sed -e "s|@FOLDER@|$folder|g" -e "s|@NAME@|$2|g" -e "s|@BIN@|$bin|g" \
        -e "s|@ETCD@|$(port etcd)|g" -e "s|@HAPROXY@|$(port haproxy)|g" \
        -e "s|@PORT@|$(port "$2")|g" -e "s|@API@|$(port "$2_api")|g" \
        -e "s|@A@|$(port a)|g" -e "s|@A_API@|$(port a_api)|g" \
        -e "s|@B@|$(port b)|g" -e "s|@B_API@|$(port b_api)|g" "$here/$1"
}

PATH=$PATH:/usr/sbin:/sbin
command=${1:?what to do}
folder=${2:?the folder}
case $folder in /*) ;; *) folder=$PWD/$folder ;; esac
bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
# PostgreSQL refuses to run as root.
as_postgres=""
[ "$(id -u)" != 0 ] || as_postgres="setpriv --reuid postgres --regid postgres --init-groups"
[ ! -e "$folder/ports" ] || . "$folder/ports"
case $command in
    start | kill | freeze | switchover | repair | port | stop) "${command}_cluster" ;;
    *) echo "start, kill, freeze, switchover, repair, port or stop" >&2; exit 1 ;;
esac
