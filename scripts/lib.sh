# Shared by the scripts beside it: messages, what a machine needs, the build.
# shellcheck shell=bash

cache="${XDG_CACHE_HOME:-$HOME/.cache}/rlab-ops"

say() { printf '\n== %s\n' "$*" >&2; }

die() {
    printf 'error: %s\n\nhint: %s\n' "$1" "$2" >&2
    exit 2
}

# Debian's name of each package that is missing here, one a line.
missing_packages() {
    command -v mvn >/dev/null || echo maven
    python3 -m pip --version >/dev/null 2>&1 || command -v pip pip3 >/dev/null || echo python3-pip
    command -v make >/dev/null || echo make
    command -v g++ >/dev/null || echo g++
    command -v pkg-config >/dev/null || echo pkg-config
    [ -e /usr/include/openssl/ssl.h ] || pkg-config --exists openssl 2>/dev/null || echo libssl-dev
    [ -e /usr/include/zlib.h ] || echo zlib1g-dev
}

# Installs what is missing, as root or through sudo.
install_packages() {
    local missing
    mapfile -t missing < <(missing_packages)
    [ "${#missing[@]}" -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "missing: ${missing[*]} (Debian's names)" \
        "install them with this system's package manager, then run this again"
    local -a root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "missing: ${missing[*]}; neither root nor sudo is there to install them" \
            "have an administrator run: apt-get install ${missing[*]}"
        root=(sudo)
    fi
    say "installing ${missing[*]}"
    "${root[@]}" apt-get update
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
}

# Finds cargo, and the toolchain that rust-toolchain.toml pins.
need_cargo() {
    command -v cargo >/dev/null || PATH="$HOME/.cargo/bin:$PATH"
    command -v cargo >/dev/null || die "cargo is missing" \
        "install rustup as https://rustup.rs says, then run this again; it will fetch the pinned toolchain"
    cargo --version >/dev/null 2>&1 || rustup toolchain install
}

# One profile for everything, so that nothing is compiled twice.
build() {
    say "building"
    cargo build --release --workspace --locked
}

rlab() { "${CARGO_TARGET_DIR:-target}/release/rlab-ops" "$@"; }
