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

# Sets `deny` to cargo-deny of the pinned version: the user's, the cache's, or one built into the cache once.
find_deny() {
    local tools="$cache/tools/cargo-deny-$deny_version"
    for deny in cargo-deny "$tools/bin/cargo-deny"; do
        [ "$("$deny" --version 2>/dev/null)" != "cargo-deny $deny_version" ] || return 0
    done
    say "building cargo-deny $deny_version (once)"
    # Its own release profile takes minutes to make a tool that runs for a second.
    CARGO_TARGET_DIR="$cache/tools/target" CARGO_INCREMENTAL=0 CARGO_PROFILE_RELEASE_LTO=off \
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
        cargo install --quiet --locked --root "$tools" "cargo-deny@$deny_version"
    rm -rf "$cache/tools/target"
}

dependencies() {
    local deny
    find_deny
    say "dependencies: bans, licences, sources"
    "$deny" check --hide-inclusion-graph bans licenses sources
    say "dependencies: advisories"
    if timeout 60 "$deny" fetch db 2>/dev/null; then
        "$deny" check --disable-fetch advisories
    else
        echo "NOT CHECKED: the advisory database cannot be reached from here" >&2
    fi
}

features=rlab-ops/real-servers,rlab-agent-kit/real-servers,rlab-lab/real-servers

# What `build` made with the same words: nothing is compiled anew.
run_tests() { cargo test --release --workspace --locked --features "$features" "$@"; }

# All tests but those that need real servers: `lab` wants the machine for itself.
quick_tests() {
    local file
    local -a files=()
    for file in */tests/*.rs */*/tests/*.rs; do
        [ ! -e "$file" ] || files+=(--test "$(basename "$file" .rs)")
    done
    for file in */*/tests/*/main.rs; do
        [ "${file%/real_servers/main.rs}" = "$file" ] || continue
        files+=(--test "$(basename "$(dirname "$file")")")
    done
    run_tests --lib --bins "${files[@]}"
    run_tests --doc
}

# What needs neither servers nor the machine for itself.
checks() {
    dependencies
    say "the permission model"
    rlab iam check
    say "what agents need is given by every service"
    rlab compat check
    scripts/terraform.sh check
}

# Begins the checks beside what follows: they take only what it leaves of the processors.
begin_checks() {
    checks_said="$(mktemp)"
    # A process group of its own, to be ended as one.
    set -m
    (
        chrt --idle --pid 0 "$BASHPID"
        checks
    ) >"$checks_said" 2>&1 </dev/null &
    checks_pid=$!
    set +m
}

# Waits for the checks, and says what they said.
end_checks() {
    local ended=0
    wait "$checks_pid" || ended=$?
    checks_pid=
    cat "$checks_said" >&2
    [ "$ended" -eq 0 ] || die "the checks beside the lab failed (exit $ended)" "read above what they said"
}

# A lab of its own, beside any that runs already: smoke, every drill, and the tests, which borrow it where
# they leave a lab as they found it.
real_lab() {
    scene="$(mktemp -d)"
    export RLAB_HOME="$scene" RLAB_LAB=test-main RLAB_PORT_OFFSET=2000
    lab=test-main
    # What the build and the fetched servers left to be written may stall MySQL's commits.
    sync
    say "a real lab: up, smoke, every drill"
    rlab up
    rlab status
    rlab smoke
    rlab drill --all --evidence "$scene/evidence"
    for drill in "$scene"/evidence/*/; do
        rlab evidence judge "$(basename "$drill")" --evidence "$scene/evidence"
    done
    # These apply Terraform as well, and its providers give up on an API that is slow.
    end_checks
    say "tests on real labs"
    RLAB_TEST_HOME="$scene" run_tests --test lab -- --test-threads=1
    rlab down --purge --confirm test-main
    lab=
}

checks_pid='' checks_said='' lab='' scene=''
leave_nothing() {
    [ -z "$checks_pid" ] || kill -- "-$checks_pid" 2>/dev/null || true
    [ -z "$lab" ] || rlab down --purge --confirm "$lab" || true
    rm -rf "$checks_said" "$scene"
}
trap leave_nothing EXIT

install_packages
need_cargo
need_terraform
say "format"
cargo fmt --all --check
say "lints"
cargo clippy --release --workspace --all-targets --all-features --locked -- -D warnings
build --all-targets --features "$features"
say "unit and property tests"
quick_tests
if [ -n "$quick" ]; then
    checks
else
    begin_checks
    install_for_servers
    say "tests on real servers"
    run_tests --test real_servers
    real_lab
fi
say "everything passed"
