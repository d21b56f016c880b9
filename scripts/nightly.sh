#!/usr/bin/env bash
# What takes too long for every change: hundreds of kills, drills again and again, and emulators of AWS. Builds first.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

install_packages
need_cargo
need_terraform
build --all-targets --features rlab-ops/real-servers
install_for_servers
scene="$(mktemp -d)"
export RLAB_HOME="$scene" RLAB_LAB=nightly RLAB_PORT_OFFSET=2500
trap 'rlab down --purge --confirm nightly || true; rm -rf "$scene"' EXIT
rlab up
rlab smoke
say "300 kills at crash points"
rlab drill K-001 --evidence "$scene/evidence" --set services=30 --set consumers=24
say "every drill, ten times"
rlab drill --all --repeat 10 --evidence "$scene/evidence"
rlab down
say "the command line killed at 50 moments of a drill"
RLAB_KILLS=50 cargo test --release --workspace --locked --features rlab-ops/real-servers --test lab \
    -- --test-threads=1 --nocapture drill::seeded
say "the emulators, and terraform's own provider against them"
# The skipped one is a child process of tests that every change runs.
RLAB_REHEARSAL_CACHE="${RLAB_CACHE:-$cache}/rehearsal" cargo test --release --workspace --locked \
    --features rlab-ops/real-servers --test account --test sdk \
    -- --test-threads=1 --nocapture --ignored --skip login::connects
say "the rehearsed apply killed at six moments"
RLAB_KILLS=6 cargo test --release --workspace --locked --features rlab-ops/real-servers --test lab \
    -- --test-threads=1 --nocapture rehearsal
