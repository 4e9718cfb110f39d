#!/bin/sh
# Builds the program `rosenpass` from its crate, and the liboqs that it needs, on this machine, because a build in a
# container does not reach the crate registry everywhere.
#
#     docker/rosenpass/build.sh [amd64 | arm64]…     without words: for the architecture of this machine
#
# Leaves docker/rosenpass/rosenpass-ARCH and liboqs-ARCH.so.0.8.0 for the Dockerfile; those of the wanted version that are
# there are kept. liboqs is that of rosenpass' own crate `oqs-sys`, with the two algorithms that rosenpass has of it, and a
# library of its own, so that what runs in the tunnel can be tested: nobody can ask the inside of a program. Both are
# linked with the C library and libsodium of this machine, and these may be older than the image's: a program
# runs with a newer glibc, not with an older one. Knows nothing of the image.
set -eu
cd "$(dirname "$0")/../.."

VERSION=0.2.3
OQS_SYS=0.8.0
CHECKSUM=7fa114149fb6e5362b9cf539de9305a6a3cf1556fbfa93b5053b4f70cf3adfb9
ALGORITHMS='KEM_kyber_512;KEM_classic_mceliece_460896'
# To be raised where what is built below changes.
RECIPE=1
work=$PWD/target/rosenpass
separator=$(printf '\037')

main() {
    case $(uname -m) in x86_64) host=amd64 ;; aarch64) host=arm64 ;; *) host=$(uname -m) ;; esac
    [ $# -gt 0 ] || set -- "$host"
    for arch in "$@"; do
        case $arch in
            amd64) target=x86_64-unknown-linux-gnu ;;
            arm64) target=aarch64-unknown-linux-gnu ;;
            *) refuse "unknown architecture \`$arch\`; known are amd64 and arm64" ;;
        esac
        kept=$work/$arch-$VERSION-$RECIPE
        if [ ! -e "$kept/liboqs.so.0.8.0" ]; then (build); fi
        install -m 755 "$kept/bin/rosenpass" "docker/rosenpass/rosenpass-$arch"
        install -m 644 "$kept/liboqs.so.0.8.0" "docker/rosenpass/liboqs-$arch.so.0.8.0"
        for file in "rosenpass-$arch" "liboqs-$arch.so.0.8.0"; do
            say "docker/rosenpass/$file: of rosenpass $VERSION, $(wc -c <"docker/rosenpass/$file") bytes"
        done
    done
}

build() {
    tools/need rust cc cmake libclang pkg-config libsodium
    if [ "$arch" != "$host" ]; then cross_compile; fi
    log=$work/$arch.log
    mkdir -p "$work"
    say "building rosenpass $VERSION for $arch, which takes minutes; what it says goes to $log"
    unset RUSTFLAGS CARGO_BUILD_RUSTFLAGS CFLAGS LDFLAGS
    # The flags of this package (a static program) are for its own targets; these replace them.
    home=${CARGO_HOME:-$HOME/.cargo}
    CARGO_ENCODED_RUSTFLAGS="-Clink-arg=-Wl,--build-id=none$separator--remap-path-prefix=$home=/cargo$separator--remap-path-prefix=$work=/rosenpass"
    CARGO_PROFILE_RELEASE_STRIP=true CARGO_TARGET_DIR=$work/build
    export CARGO_ENCODED_RUSTFLAGS CARGO_PROFILE_RELEASE_STRIP CARGO_TARGET_DIR
    sources >"$log" 2>&1 || refuse "the sources of rosenpass $VERSION are not to be had: $(tail -n 1 "$log"); all of it: $log"
    if ! cargo install --locked --offline --path "$work/sources/rosenpass" --target "$target" --root "$kept" --no-track >>"$log" 2>&1; then
        refuse "rosenpass does not build for $arch: $(grep -m 1 -E '^error' "$log" || tail -n 1 "$log"); all of it: $log"
    fi
    # Last, because it says that all is there.
    install -m 644 "$CARGO_TARGET_DIR/$target"/release/build/oqs-sys-*/out/build/lib/liboqs.so.0.8.0 "$kept/liboqs.so.0.8.0"
    rm -rf "${CARGO_TARGET_DIR:?}/$target"
}

# The crates in $work/sources: rosenpass as published, and oqs-sys as its lock file names it, but for what is changed here.
sources() {
    rm -rf "$work/sources"
    mkdir -p "$work/sources/fetch"
    cd "$work/sources/fetch"
    printf '[package]\nname = "fetch"\nversion = "0.0.0"\n[lib]\npath = "none.rs"\n[workspace]\n[dependencies]\nrosenpass = "=%s"\n' \
        "$VERSION" >Cargo.toml
    "$work/../../tools/retry" cargo fetch --target "$target" || return
    cp -RL "$(folder rosenpass)" ../rosenpass || return
    cd ../rosenpass
    # Not a member of the workspace around it.
    printf '\n[workspace]\n' >>Cargo.toml
    "$work/../../tools/retry" cargo fetch --locked --target "$target" || return
    if ! grep -A 3 '^name = "oqs-sys"' Cargo.lock | grep -q "^checksum = \"$CHECKSUM\"" || ! grep -A 1 '^name = "oqs-sys"' Cargo.lock | grep -q "\"$OQS_SYS\""; then
        echo "rosenpass $VERSION takes another oqs-sys than $OQS_SYS with the checksum $CHECKSUM"
        return 1
    fi
    cp -RL "$(folder oqs-sys)" ../oqs-sys || return
    # Shared and not static, and no algorithm that nobody here calls.
    sed -i -e 's/rustc-link-lib=static=oqs/rustc-link-lib=dylib=oqs/' \
        -e "s/^\( *\)config.profile(\"Release\");/&\n\1config.define(\"BUILD_SHARED_LIBS\", \"ON\").define(\"OQS_MINIMAL_BUILD\", \"$ALGORITHMS\").define(\"CMAKE_SHARED_LINKER_FLAGS\", \"-s\");/" \
        ../oqs-sys/build.rs
    if [ "$(grep -c 'dylib=oqs\|BUILD_SHARED_LIBS' ../oqs-sys/build.rs)" != 2 ]; then
        echo "the build script of oqs-sys $OQS_SYS is not as expected"
        return 1
    fi
    printf '\n[patch.crates-io]\noqs-sys = { path = "../oqs-sys" }\n' >>Cargo.toml
    # What comes from a folder has neither source nor checksum; every other line of the lock file holds.
    sed -i '/^name = "oqs-sys"/,/^$/{/^source = /d;/^checksum = /d}' Cargo.lock
}

# Where the crate of this name lies that the package in the current folder depends on.
folder() {
    cargo metadata --offline --format-version 1 --filter-platform "$target" |
        python3 -c 'import json, os, sys; print(*(os.path.dirname(p["manifest_path"]) for p in json.load(sys.stdin)["packages"] if p["name"] == sys.argv[1]))' "$1"
}

# Only ever from amd64 to arm64: Debian has the other compiler under this name.
cross_compile() {
    [ "$host-$arch" = amd64-arm64 ] || refuse "$arch is built on its own architecture"
    tools/need arm64-cc arm64-std libsodium-arm64
    export CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc
    export AR_aarch64_unknown_linux_gnu=aarch64-linux-gnu-ar
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
    export BINDGEN_EXTRA_CLANG_ARGS_aarch64_unknown_linux_gnu="--sysroot=/usr/aarch64-linux-gnu -I/usr/aarch64-linux-gnu/include"
    export PKG_CONFIG_ALLOW_CROSS=1 PKG_CONFIG_LIBDIR=/usr/lib/aarch64-linux-gnu/pkgconfig
    if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ]; then export RUSTC=/usr/bin/rustc; fi
}

say() { echo "docker/rosenpass/build.sh: $*" >&2; }
refuse() { say "$*"; exit 2; }

main "$@"
