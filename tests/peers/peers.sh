#!/bin/sh
# Two service providers of other makers, as peers of the identity provider: mod_auth_mellon plays
# K-MIX, a network of doctors; Shibboleth SP plays the PHR, a personal health record.
#
#   peers.sh make FOLDER IDP                  makes keys, settings and metadata of each, for the
#                                             identity provider with that entity id
#   peers.sh register FOLDER WARIFU CONFIG    has the command register both, on the terms of each
#   peers.sh start FOLDER METADATA SIGNER     starts them with the identity provider's metadata,
#                                             signed by the owner of the certificate
#   peers.sh refresh FOLDER METADATA SIGNER   gives them newer metadata while they run
#   peers.sh stop FOLDER
#
# Everything is in FOLDER, whose name must be short: a socket's path has 107 bytes. The addresses
# are http://kmix.localhost:$KMIX_PORT and http://phr.localhost:$PHR_PORT.
set -eu

here=$(cd "$(dirname "$0")" && pwd)

make_peers() {
    idp=$1
    mkdir -p "$folder/idp" "$folder/kmix" "$folder/phr"
    cp -r "$here/site" "$folder"
    chmod -R a+rX "$folder"
    [ "$(id -u)" != 0 ] || chown -R www-data: "$folder" 2>/dev/null || true
    for name in kmix phr; do
        make_key "$name"
        settings "$name"
    done
    start_phr
    get "http://phr.localhost:$(port phr)/Shibboleth.sso/Metadata" >"$folder/phr/metadata.xml"
    stop_peers
}

make_key() {
    as_peer openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=$1.localhost" \
        -keyout "$folder/$1/key.pem" -out "$folder/$1/certificate.pem" 2>/dev/null
}

# Copies what belongs to a peer into its folder, with names and ports filled in.
settings() {
    name=$1
    port=$(port "$name")
    certificate=$(grep -v -- ----- "$folder/$name/certificate.pem" | tr -d '\n')
    for file in "$here/apache.conf" "$here/$name"/*; do
        sed -e "s|@FOLDER@|$folder|g" -e "s|@NAME@|$name|g" -e "s|@IDP@|$idp|g" \
            -e "s|@PORT@|$port|g" -e "s|@HOST@|$name.localhost:$port|g" \
            -e "s|@CERTIFICATE@|$certificate|g" "$file" >"$folder/$name/${file##*/}"
    done
}

port() {
    case $1 in
        kmix) echo "${KMIX_PORT:-18081}" ;;
        phr) echo "${PHR_PORT:-18082}" ;;
    esac
}

# What each may learn. One that was registered before, with other keys, is registered anew.
register_peers() {
    warifu=$1
    config=$2
    register kmix /mellon/metadata pairwise-id,display-name,roles,organization
    register phr /shibboleth pairwise-id,display-name
}

register() {
    entity=http://$1.localhost:$(port "$1")$2
    "$warifu" idp provider remove "$entity" --yes --config "$config" >/dev/null 2>&1 || true
    "$warifu" idp provider add "$folder/$1/metadata.xml" --attributes "$3" --yes --config "$config"
}

start_peers() {
    trust "$1" "$2"
    start_phr
    web_server kmix
}

start_phr() {
    as_peer shibd -f -p "$folder/phr/shibd.pid" -c "$folder/phr/shibboleth2.xml" -w 30 \
        >"$folder/phr/console.log" 2>&1
    web_server phr
}

# Shibboleth looks for itself whether its file is new; mellon does not, and loses its sessions.
refresh_peers() {
    trust "$1" "$2"
    stop_server "$folder/kmix/httpd.pid"
    web_server kmix
}

trust() {
    cp "$2" "$folder/idp/signer.pem"
    cp "$1" "$folder/idp/metadata.new"
    chmod a+r "$folder/idp"/*
    mv "$folder/idp/metadata.new" "$folder/idp/metadata.xml"
}

stop_peers() {
    for server in kmix/httpd phr/httpd phr/shibd; do
        stop_server "$folder/$server.pid"
    done
}

# A server takes its file with its number away when it ends.
stop_server() {
    number=$(cat "$1" 2>/dev/null) && kill "$number" 2>/dev/null || return 0
    for _ in $(seq 100); do
        [ -e "$1" ] && kill -0 "$number" 2>/dev/null || return 0
        sleep 0.1
    done
    echo "still running after 10 s: $1" >&2
    exit 1
}

web_server() {
    as_peer apache2 -f "$folder/$1/apache.conf" -k start
    get "http://$1.localhost:$(port "$1")/" >/dev/null
}

# Asks until it is answered.
get() {
    curl --silent --show-error --fail --retry 50 --retry-delay 0 --retry-max-time 20 \
        --retry-connrefused --noproxy '*' "$1"
}

# Apache does not serve as root: root hands the folder and the work to the web server's user; where
# there is no such user (alone in a user namespace), to an ordinary one.
as_peer() {
    if [ "$(id -u)" != 0 ]; then
        "$@"
    elif setpriv --reuid www-data --regid www-data --clear-groups true 2>/dev/null; then
        setpriv --reuid www-data --regid www-data --clear-groups "$@"
    else
        unshare --user --map-user 1000 --map-group 1000 "$@"
    fi
}

PATH=$PATH:/usr/sbin:/sbin
command=${1:?what to do}
folder=${2:?the folder}
case $folder in /*) ;; *) folder=$PWD/$folder ;; esac
[ "${#folder}" -le 80 ] || { echo "too long a name for a socket in it: $folder" >&2; exit 1; }
shift 2
case $command in
    make | register | start | refresh | stop) "${command}_peers" "$@" ;;
    *) echo "make, register, start, refresh or stop" >&2; exit 1 ;;
esac
