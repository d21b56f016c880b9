# Shared by the scripts beside it: messages, what a machine needs, the build.
# shellcheck shell=bash

cache="${XDG_CACHE_HOME:-$HOME/.cache}/rlab-ops"
# A cargo of the system's may be years older than rustup's.
PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"

# With the time since the script began, since a run of all of it has a limit.
say() { printf '\n== %s (%d:%02d)\n' "$*" $((SECONDS / 60)) $((SECONDS % 60)) >&2; }

# 70, since the small numbers are verdicts of a drill.
die() {
    printf 'error: %s\n\nhint: %s\n' "$1" "$2" >&2
    exit 70
}

# Whether a command is there and works: a name on the PATH may have nothing behind it.
answers() { "$@" --version >/dev/null 2>&1; }

# Debian's name of each package that is missing here for the build, one a line.
missing_packages() {
    answers make || echo make
    answers g++ || echo g++
    answers pkg-config || echo pkg-config
    [ -e /usr/include/openssl/ssl.h ] || pkg-config --exists openssl 2>/dev/null || echo libssl-dev
    [ -e /usr/include/zlib.h ] || pkg-config --exists zlib 2>/dev/null || echo zlib1g-dev
}

# Debian's name of what the rehearsal's emulators need, if it is missing.
missing_for_rehearsal() { python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv; }

# Debian's name of each package that `up` needs here and that is missing, one a line. What comes out of
# a full cache needs none.
missing_for_servers() {
    local found
    found="$(rlab doctor --format jsonl)" || true
    failed() { [[ $found == *"\"name\":\"$1\",\"outcome\":\"failed\""* ]]; }
    ! failed "package client mvn" || echo maven
    ! failed "package client pip" || echo python3-pip
    if failed "MySQL's libraries"; then
        if apt_knows libaio1t64; then echo libaio1t64; else echo libaio1; fi
        echo libnuma1
    fi
}

apt_knows() { [ -n "$(apt-cache show "$1" 2>/dev/null)" ]; }

# Installs packages by Debian's names, as root or through sudo.
install() {
    [ "$#" -gt 0 ] || return 0
    answers apt-get || die "missing: $* (Debian's names)" \
        "install them with this system's package manager, then run this again"
    local -a root=()
    if [ "$(id -u)" -ne 0 ]; then
        answers sudo || die "missing: $*; neither root nor sudo is there to install them" \
            "have an administrator run: apt-get install $*"
        root=(sudo)
    fi
    say "installing $*"
    # One unreachable source fails it; the lists that are here may do all the same.
    "${root[@]}" apt-get update ||
        echo "apt-get update failed; trying with the package lists that are here" >&2
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-remove --no-install-recommends "$@" ||
        die "these packages could not be installed: $*" "mend apt, or install them by hand, then run this again"
}

install_packages() {
    local -a missing
    mapfile -t missing < <(missing_packages)
    install "${missing[@]}"
}

# After the build: what else `up` needs, which rlab-ops knows best.
install_for_servers() {
    local -a missing
    mapfile -t missing < <(missing_for_servers && missing_for_rehearsal)
    install "${missing[@]}"
}

# Whether the toolchain that answers here is the one of rust-toolchain.toml, with all its parts.
toolchain_is() {
    # rustup would begin to fetch a missing one unseen.
    local -x RUSTUP_AUTO_INSTALL=0
    [[ "$(cargo --version 2>/dev/null)" == "cargo $1 "* ]] &&
        [[ "$(rustc --version 2>/dev/null)" == "rustc $1 "* ]] &&
        answers cargo-clippy && answers rustfmt
}

# Gets the toolchain that rust-toolchain.toml pins.
need_cargo() {
    local channel found
    channel="$(sed -n 's/^channel *= *"\(.*\)"/\1/p' rust-toolchain.toml)"
    ! toolchain_is "$channel" || return 0
    answers rustup || ! apt_knows rustup || install rustup
    hash -r
    if answers rustup; then
        say "installing Rust $channel"
        rustup toolchain install "$channel" --profile minimal --component rustfmt,clippy ||
            die "rustup could not install Rust $channel" "rustup toolchain install $channel"
        ! toolchain_is "$channel" || return 0
    fi
    found="$(cargo --version 2>/dev/null || true)"
    die "Rust $channel is needed (rust-toolchain.toml); here is ${found:-no cargo}${found:+ at $(command -v cargo)}" \
        "install rustup as https://rustup.rs says, then run this again; it gets Rust $channel by itself"
}

# One profile for everything, so that nothing is compiled twice.
build() {
    say "building"
    cargo build --release --workspace --locked "$@"
}

rlab() { "${CARGO_TARGET_DIR:-target}/release/rlab-ops" "$@"; }

terraform_floor=1.11.0
terraform_built=v1.11.4

# Whether a terraform of at least the version that the roots need is on the PATH.
terraform_will_do() {
    local found
    found="$(terraform version -json 2>/dev/null | sed -n 's/.*"terraform_version": *"\([^"]*\)".*/\1/p')"
    [ -n "$found" ] && [ "$(printf '%s\n' "$terraform_floor" "$found" | sort -V | head -n 1)" = "$terraform_floor" ]
}

# Gets terraform: the user's, the cache's, or one built into the cache once.
need_terraform() {
    PATH="$PATH:$cache/tools/terraform-$terraform_built"
    if ! terraform_will_do && go version >/dev/null 2>&1; then
        say "building terraform $terraform_built (once)"
        GOBIN="$cache/tools/terraform-$terraform_built" \
            go install "github.com/hashicorp/terraform@$terraform_built" || true
    fi
    terraform_will_do || die "terraform is needed (at least $terraform_floor)" \
        "install it as https://developer.hashicorp.com/terraform/install says"
    use_terraform_mirror
}

# A provider that lies unpacked on this machine serves in place of the public registry.
use_terraform_mirror() {
    local provider
    # A file that is named and not there is a warning with every command.
    [ -e "${TF_CLI_CONFIG_FILE-/}" ] || unset TF_CLI_CONFIG_FILE
    [ -z "${TF_CLI_CONFIG_FILE-}" ] || return 0
    provider="$(find / -xdev -type d -path '*registry.terraform.io/hashicorp/aws' -not -path "$cache/*" \
        -not -path '*/.terraform/*' -not -path '/tmp/*' -print -quit 2>/dev/null || true)"
    [ -n "$provider" ] || return 0
    mkdir -p "$cache/tools"
    printf 'provider_installation {\n  filesystem_mirror {\n    path = "%s"\n  }\n}\n' \
        "${provider%/registry.terraform.io/hashicorp/aws}" >"$cache/tools/terraform.rc"
    export TF_CLI_CONFIG_FILE="$cache/tools/terraform.rc"
}
