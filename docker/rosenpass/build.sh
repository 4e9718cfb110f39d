#!/bin/sh
# Builds the program `rosenpass` from its crate, on this machine, because a build in a container does not reach
# the crate registry everywhere.
#
#     docker/rosenpass/build.sh [amd64 | arm64]…     without words: for the architecture of this machine
#
# Leaves docker/rosenpass/rosenpass-ARCH for the Dockerfile; one of the wanted version that is there is kept. It is
# linked with the C library and libsodium of this machine, and both may be older than the image's: a program
# runs with a newer glibc, not with an older one. Knows nothing of the image.
set -eu
cd "$(dirname "$0")/../.."

VERSION=0.2.3
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
        kept=target/rosenpass/$arch-$VERSION
        if [ ! -x "$kept/bin/rosenpass" ]; then (build); fi
        install -m 755 "$kept/bin/rosenpass" "docker/rosenpass/rosenpass-$arch"
        say "docker/rosenpass/rosenpass-$arch: rosenpass $VERSION, $(wc -c <"docker/rosenpass/rosenpass-$arch") bytes"
    done
}

build() {
    tools/need rust cc cmake libclang pkg-config libsodium
    if [ "$arch" != "$host" ]; then cross_compile; fi
    log=target/rosenpass/$arch.log
    mkdir -p target/rosenpass
    say "building rosenpass $VERSION for $arch, which takes minutes; what it says goes to $log"
    unset RUSTFLAGS CARGO_BUILD_RUSTFLAGS CFLAGS LDFLAGS
    # The flags of this package (a static program) are for its own targets; these replace them.
    home=${CARGO_HOME:-$HOME/.cargo}
    CARGO_ENCODED_RUSTFLAGS="-Clink-arg=-Wl,--build-id=none$separator--remap-path-prefix=$home=/cargo"
    CARGO_PROFILE_RELEASE_STRIP=true CARGO_TARGET_DIR=target/rosenpass/build
    export CARGO_ENCODED_RUSTFLAGS CARGO_PROFILE_RELEASE_STRIP CARGO_TARGET_DIR
    for pause in 5 20 0; do
        if cargo install --locked --version "$VERSION" --target "$target" --root "$kept" --no-track rosenpass >"$log" 2>&1; then
            rm -rf "$CARGO_TARGET_DIR/$target"
            return
        fi
        # Only a registry that does not answer is worth another try.
        grep -qE 'failed to (download|get|fetch)|[Ss]purious network|timed out' "$log" || break
        sleep "$pause"
    done
    refuse "rosenpass does not build for $arch: $(grep -m 1 -E '^error' "$log" || tail -n 1 "$log"); all of it: $log"
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
