#!/usr/bin/env bash
# From a fresh machine to a report: installs what is missing, builds, brings a lab up, checks it
# and runs the drill E-002. Leaves the lab running.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

install_packages
need_cargo
build
install_for_servers
say "doctor"
rlab doctor
say "up"
rlab up
say "smoke"
rlab smoke
say "drill E-002"
drill=0
rlab drill E-002 || drill=$?
say "the report: $PWD/evidence/E-002/latest/report.html (and report.md)"
echo "The lab is still up. Stop it with: ${CARGO_TARGET_DIR:-target}/release/rlab-ops down" >&2
exit "$drill"
