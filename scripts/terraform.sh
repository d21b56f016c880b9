#!/usr/bin/env bash
# Checks the Terraform code without an account: format, validity, tests on a mocked AWS, static checks.
# Says plainly what could not be checked here. Leaves nothing in the checkout.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

checkov_version=3.3.30
tflint_version=v0.64.0
roots=(aws aws-serverless bootstrap evidence)

case "${1-check}" in
check) ;;
*) die "unknown word $1" "scripts/terraform.sh [check]" ;;
esac

not_checked=()
skip() {
    not_checked+=("$1")
    echo "NOT CHECKED: $1" >&2
}

scene="$(mktemp -d)"
trap 'rm -rf "$scene"' EXIT

# Runs terraform in one directory under `terraform/`, with what it keeps kept out of the checkout.
tf() {
    local where="$1"
    shift
    TF_DATA_DIR="$scene/data/$where" terraform -chdir="terraform/$where" "$@"
}

# Prints what a command said only if it failed.
quietly() {
    "$@" >"$scene/said" 2>&1 || {
        cat "$scene/said" >&2
        return 1
    }
}

init() {
    local lock="terraform/$1/.terraform.lock.hcl"
    # A lock file without this platform's sum is for `terraform init` to complete, and for a person to commit.
    quietly tf "$1" init -backend=false -input=false -lockfile=readonly -no-color ||
        die "terraform init failed in terraform/$1" "terraform -chdir=terraform/$1 init -backend=false, then commit $lock"
}

roots_and_modules() {
    local root
    for root in "${roots[@]}"; do
        say "$root: validate, test"
        init "$root"
        quietly tf "$root" validate -no-color
        tf "$root" test -no-color
    done
    # One directory tests all modules: each initialized by itself would take minutes.
    say "modules: test"
    init modules
    tf modules test -no-color
}

# One room makes all roles, and it gives them their boundary.
roles_have_one_maker() {
    local stray
    stray="$(grep -rlE '^resource "aws_iam_(role|user|access_key)"' terraform --include='*.tf' |
        grep -v '^terraform/modules/role/' || true)"
    [ -z "$stray" ] || die "roles are made outside of terraform/modules/role: $stray" "use that module"
}

# Sets `checkov` to one of the pinned version, installed into the cache once.
find_checkov() {
    local tools="$cache/tools/checkov-$checkov_version"
    checkov="$tools/bin/checkov"
    [ ! -e "$tools/complete" ] || return 0
    say "installing checkov $checkov_version (once)"
    rm -rf "$tools"
    python3 -m venv "$tools" >"$scene/said" 2>&1 &&
        "$tools/bin/pip" install --quiet "checkov==$checkov_version" >"$scene/said" 2>&1 &&
        touch "$tools/complete"
}

static_checks() {
    local checkov
    if ! find_checkov; then
        tail -n 3 "$scene/said" >&2
        skip "checkov $checkov_version could not be installed"
        return 0
    fi
    say "checkov"
    # Offline: nothing is sent anywhere, and no severity is asked for.
    "$checkov" --directory terraform --framework terraform --quiet --compact \
        --skip-download --download-external-modules false
}

# Sets `tflint` to the pinned version: the user's, the cache's, or one built into the cache once.
find_tflint() {
    local tools="$cache/tools/tflint-$tflint_version"
    for tflint in tflint "$tools/tflint"; do
        [[ "$("$tflint" --version 2>/dev/null)" != "TFLint version ${tflint_version#v}"* ]] || return 0
    done
    go version >/dev/null 2>&1 || return 1
    say "building tflint $tflint_version (once)"
    GOBIN="$tools" go install "github.com/terraform-linters/tflint@$tflint_version" >"$scene/said" 2>&1
}

lint() {
    local tflint
    if ! find_tflint; then
        skip "tflint: neither it nor a Go that could build it is here"
        return 0
    fi
    say "tflint"
    "$tflint" --chdir=terraform --recursive --config="$PWD/terraform/.tflint.hcl" --no-color
    skip "tflint's rules for AWS: only its bundled rules are used"
}

need_terraform
export CHECKPOINT_DISABLE=1
say "format"
terraform fmt -check -recursive -diff terraform
roles_have_one_maker
roots_and_modules
static_checks
lint
skip "an apply: nothing here has ever met a real account"
say "everything that could be checked passed"
