#!/bin/sh
# tests/fuzz.sh [SECONDS]   fuzzes every reader of bytes from outside, for SECONDS in all (30)
#
# Needs nothing but the stable toolchain and a C++ compiler: it instruments as `cargo fuzz` does,
# without sanitizers, which need a nightly. What a run finds new is kept beside the build and tried
# first in the next. A failing input is named at the end; put it into fuzz/corpus/TARGET once the
# fault is mended.
set -eu

cd "$(dirname "$0")/.."
seconds=${1:-30}
folder=${CARGO_TARGET_DIR:-target}/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')

flags="-Cpasses=sancov-module -Ccodegen-units=1 --cfg fuzzing"
for option in level=4 inline-8bit-counters pc-table trace-compares; do
    flags="$flags -Cllvm-args=-sanitizer-coverage-$option"
done
# With --target the flags reach no build script and no macro.
RUSTFLAGS="$flags" cargo build --release --locked --manifest-path fuzz/Cargo.toml \
    --target "$host" --target-dir "$folder"

set -- fuzz/fuzz_targets/*.rs
each=$(((seconds + $# - 1) / $#))
for source; do
    target=$(basename "$source" .rs)
    found=$folder/found/$target
    mkdir -p "$found"
    echo "fuzzing $target for $each s"
    "$folder/$host/release/$target" -max_total_time="$each" -timeout=10 -rss_limit_mb=2048 \
        -max_len=16384 -dict=fuzz/saml.dict -artifact_prefix="$folder/$target-" \
        "$found" "fuzz/corpus/$target" >"$folder/$target.log" 2>&1 || {
        tail -n 40 "$folder/$target.log" >&2
        exit 1
    }
    grep '^Done' "$folder/$target.log"
done
