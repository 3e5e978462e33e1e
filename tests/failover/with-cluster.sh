#!/bin/sh
# Runs a command with a cluster of its own (see cluster.sh): its address in WARIFU_TEST_POSTGRES,
# its folder in WARIFU_TEST_CLUSTER; the cluster and its data are gone afterwards.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
home=$(mktemp -d /tmp/warifu-cluster.XXXXXX)
end() {
    trap - EXIT
    "$here/cluster.sh" stop "$home"
    rm -rf "$home"
}
trap end EXIT
trap 'exit 1' INT TERM

"$here/cluster.sh" start "$home"
WARIFU_TEST_POSTGRES="postgres://postgres@127.0.0.1:$("$here/cluster.sh" port "$home")/postgres"
WARIFU_TEST_CLUSTER=$home
export WARIFU_TEST_POSTGRES WARIFU_TEST_CLUSTER
"$@"
