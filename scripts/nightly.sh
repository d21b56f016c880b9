#!/usr/bin/env bash
# What takes too long for every change: hundreds of kills, and drills again and again. Builds first.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

install_packages
need_cargo
build
install_for_servers
scene="$(mktemp -d)"
export RLAB_HOME="$scene" RLAB_LAB=nightly RLAB_PORT_OFFSET=2500
trap 'rlab down --purge --confirm nightly || true; rm -rf "$scene"' EXIT
rlab up
rlab smoke
say "300 kills at crash points"
rlab drill K-001 --evidence "$scene/evidence" --set services=30 --set consumers=24 --set commands=200000
for run in 1 2 3 4 5 6 7 8 9 10; do
    for drill in E-002 E-003 E-004 K-002; do
        say "$drill, $run of 10"
        rlab drill "$drill" --evidence "$scene/evidence"
    done
done
