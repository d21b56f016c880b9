# Shared by the scripts beside it: messages, what a machine needs, the build.
# shellcheck shell=bash

cache="${XDG_CACHE_HOME:-$HOME/.cache}/rlab-ops"
# A cargo of the system's may be years older than rustup's.
PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"

say() { printf '\n== %s\n' "$*" >&2; }

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
    mapfile -t missing < <(missing_for_servers)
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
