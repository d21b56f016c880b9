#!/usr/bin/env bash
# Passes every test: format, lints, unit and property tests, dependencies, then the real servers.
# --quick leaves the real servers out.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

deny_version=0.20.2

quick=
case "${1-}" in
'') ;;
--quick) quick=yes ;;
*) die "unknown option $1" "scripts/test.sh [--quick]" ;;
esac

# cargo-deny at the pinned version, built once into the cache.
deny() {
    local tools="$cache/tools/cargo-deny-$deny_version"
    if [ ! -x "$tools/bin/cargo-deny" ]; then
        say "building cargo-deny $deny_version (once)"
        CARGO_TARGET_DIR="$cache/tools/target" CARGO_INCREMENTAL=0 \
            cargo install --quiet --locked --root "$tools" "cargo-deny@$deny_version"
        rm -rf "$cache/tools/target"
    fi
    "$tools/bin/cargo-deny" "$@"
}

dependencies() {
    say "dependencies: bans, licences, sources"
    deny check --hide-inclusion-graph bans licenses sources
    say "dependencies: advisories"
    if timeout 60 "$cache/tools/cargo-deny-$deny_version/bin/cargo-deny" fetch db 2>/dev/null; then
        deny check --disable-fetch advisories
    else
        echo "NOT CHECKED: the advisory database cannot be reached from here" >&2
    fi
}

# A lab of its own, beside any that runs already, with smoke and the drill.
real_lab() {
    scene="$(mktemp -d)"
    export RLAB_HOME="$scene" RLAB_LAB=test-main RLAB_PORT_OFFSET=2000
    trap 'rlab down --purge --confirm test-main || true; rm -rf "$scene"' EXIT
    say "a real lab: up, smoke, drill E-002, down"
    rlab up
    rlab status
    rlab smoke
    rlab drill E-002 --evidence "$scene/evidence"
    rlab down --purge --confirm test-main
}

install_packages
need_cargo
say "format"
cargo fmt --all --check
say "lints"
cargo clippy --release --workspace --all-targets --all-features --locked -- -D warnings
build
say "unit and property tests"
cargo test --release --workspace --locked
dependencies
if [ -z "$quick" ]; then
    say "tests on real servers"
    cargo test --release --workspace --locked --features real-servers --test lab -- --test-threads=1
    real_lab
fi
say "everything passed"
