#!/bin/sh
# The demonstration with two service providers of other makers beside the portal, until Ctrl-C.
#
#   demo.sh WARIFU    the command to run
set -eu

here=$(cd "$(dirname "$0")" && pwd)
idp=https://idp.localhost:8444/saml/metadata
demo_folder=${WARIFU_DEMO_DIR:-warifu-demo}
peers=$(mktemp -d /tmp/warifu-peers.XXXXXX)
chmod 755 "$peers"

fetch() {
    curl --silent --fail --noproxy '*' --cacert "$demo_folder/ca.pem" --output "$2" "$1"
}

end() {
    trap - EXIT
    "$here/peers.sh" stop "$peers"
    [ -z "${demo:-}" ] || { kill "$demo" 2>/dev/null && wait "$demo"; } || true
    rm -rf "$peers"
}
trap end EXIT
trap 'exit 0' INT TERM

"$here/peers.sh" make "$peers" "$idp"
"$1" demo --provider "$peers/kmix/registration.toml" --provider "$peers/phr/registration.toml" &
demo=$!
until fetch https://portal.localhost:8443/healthz /dev/null; do
    kill -0 "$demo" 2>/dev/null || exit 1
    sleep 0.5
done
fetch "$idp" "$peers/idp.xml"
"$here/peers.sh" start "$peers" "$peers/idp.xml" "$demo_folder/idp/saml-p256.pem"
cat <<END

  K-MIX (mod_auth_mellon)   http://kmix.localhost:${KMIX_PORT:-18081}    見本 受付's card
  PHR (Shibboleth SP)       http://phr.localhost:${PHR_PORT:-18082}    any card
END
wait "$demo"
