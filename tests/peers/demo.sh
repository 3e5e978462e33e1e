#!/bin/sh
# The demonstration with two service providers of other makers beside the portal, until Ctrl-C.
#
#   demo.sh WARIFU    the command to run
set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=${WARIFU_DEMO_DIR:-warifu-demo}
peers=$(mktemp -d /tmp/warifu-peers.XXXXXX)
chmod 755 "$peers"

is_ready() {
    curl --silent --fail --noproxy '*' --cacert "$folder/ca.pem" --output /dev/null \
        https://portal.localhost:8443/healthz
}

end() {
    trap - EXIT
    "$here/peers.sh" stop "$peers"
    [ -z "${demo:-}" ] || { kill "$demo" 2>/dev/null && wait "$demo"; } || true
    rm -rf "$peers"
}
trap end EXIT
trap 'exit 0' INT TERM

"$here/peers.sh" make "$peers" https://idp.localhost:8444/saml/metadata
"$1" demo &
demo=$!
until is_ready; do
    kill -0 "$demo" 2>/dev/null || exit 1
    sleep 0.5
done
"$here/peers.sh" register "$peers" "$1" "$folder/idp/config.toml"
"$1" idp metadata --config "$folder/idp/config.toml" >"$peers/idp.xml"
"$here/peers.sh" start "$peers" "$peers/idp.xml" "$folder/idp/saml-metadata.pem"
cat <<END

  K-MIX (mod_auth_mellon)   http://kmix.localhost:${KMIX_PORT:-18081}    見本 受付's card
  PHR (Shibboleth SP)       http://phr.localhost:${PHR_PORT:-18082}    any card
END
wait "$demo"
