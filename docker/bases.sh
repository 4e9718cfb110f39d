#!/bin/sh
# The base images that tests and services build on, under the names that the registry has for them.
#
#     docker/bases.sh [NAME…]     all of them, or those named
#
# An image that the engine has is left alone. Where the registry answers it is pulled; where none does, Debian's
# own packages make the same thing (mmdebstrap), kept as a tar under $PQCHECK_BASES for the next engine.
# `pqcheck-test/musl` is always made: Debian's musl and a static busybox, nothing of glibc.
# Knows nothing of pqcheck.
set -eu
cd "$(dirname "$0")/.."

kept=${PQCHECK_BASES:-target/images/bases}

all='debian:trixie-slim debian:bookworm-slim arm64v8/debian:trixie-slim pqcheck-test/musl pqcheck-test/musl-arm64'

main() {
    mkdir -p "$kept"
    # shellcheck disable=SC2086 # the words are the names
    [ $# -gt 0 ] || set -- $all
    for name in "$@"; do
        if docker image inspect "$name" >/dev/null 2>&1; then continue; fi
        case $name in
            debian:*-slim) from_registry "$name" amd64 || debian "$name" amd64 ;;
            arm64v8/debian:*-slim) from_registry "$name" arm64 || debian "$name" arm64 ;;
            pqcheck-test/musl) musl "$name" amd64 ;;
            pqcheck-test/musl-arm64) musl "$name" arm64 ;;
            *) say "no base image \`$name\` is known here; known are: $all"; exit 2 ;;
        esac
        say "$name: $(docker image inspect --format '{{.Os}}/{{.Architecture}}, {{.Size}} bytes' "$name")"
    done
}

# One refusal is enough to know that there is no registry.
registry=unknown
from_registry() {
    [ "$registry" != none ] || return 1
    if timeout 300 docker pull --quiet --platform "linux/$2" "$1" >/dev/null 2>&1; then return 0; fi
    say "no registry answers; making the images from Debian's packages"
    registry=none
    return 1
}

debian() {
    suite=${1##*:}
    suite=${suite%-slim}
    make_tar "$1" "$2" --variant=minbase \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/lintian/*' \
        "$suite"
    import "$1" "$2" bash
}

musl() {
    # The packages are unpacked, not configured: there is nothing in the image that could run a script.
    make_tar "$1" "$2" --variant=extract --include=musl,busybox-static trixie
    folder=$(mktemp -d)
    (
        cd "$folder"
        tar -xf - --wildcards './usr/bin/busybox' './usr/lib/*musl*' './etc/ld-musl*'
        ln -s usr/lib lib
        ln -s usr/bin bin
        mkdir -p dev etc proc sys tmp usr/local/lib var/tmp
        chmod 1777 tmp var/tmp
        for tool in cat env ls sh sleep; do ln -s busybox "usr/bin/$tool"; done
    ) <"$tar"
    tar=$tar.small
    tar -cf "$tar" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$folder" .
    rm -rf "$folder"
    import "$1" "$2" /bin/sh
}

# Writes the tar of an image unless it is there: `make_tar NAME ARCH OPTION… SUITE`.
make_tar() {
    tar=$kept/$(echo "$1" | tr '/:' '__')-$2.tar
    name=$1 arch=$2
    shift 2
    [ ! -s "$tar" ] || return 0
    tools/need mmdebstrap
    for suite in "$@"; do :; done
    say "$name: making it from the packages of Debian $suite ($arch)"
    # In a session of its own, because on failure it sends a SIGHUP to the whole process group.
    # Without a mirror of this machine's own, mmdebstrap has one.
    tools/debian-sources "$suite" >"$tar.list"
    if [ -s "$tar.list" ]; then set -- "$@" "$tar.part" "$tar.list"; else set -- "$@" "$tar.part"; fi
    if ! tools/retry setsid --wait mmdebstrap --quiet --format=tar --architectures="$arch" "$@" >"$tar.log" 2>&1; then
        say "$name: $(grep '^E: ' "$tar.log" | head -n 1); all of it: $tar.log"
        exit 2
    fi
    mv "$tar.part" "$tar"
}

# Gives the tar to the engine as an image: `import NAME ARCH COMMAND`. What `docker save` writes is written
# here, because `docker import --platform` of older engines takes every image for one of the machine's own.
import() {
    case $1 in *:*) tagged=$1 ;; *) tagged=$1:latest ;; esac
    folder=$(mktemp -d)
    layer=$(sha256sum "$tar" | cut -d' ' -f1)
    ln -s "$(realpath "$tar")" "$folder/layer.tar"
    cat >"$folder/config.json" <<END
{"architecture":"$2","os":"linux","created":"1970-01-01T00:00:00Z","config":{"Cmd":["$3"],
"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]},"history":[{"created":"1970-01-01T00:00:00Z",
"created_by":"docker/bases.sh"}],"rootfs":{"type":"layers","diff_ids":["sha256:$layer"]}}
END
    echo "[{\"Config\":\"config.json\",\"RepoTags\":[\"$tagged\"],\"Layers\":[\"layer.tar\"]}]" >"$folder/manifest.json"
    tar -chf - -C "$folder" manifest.json config.json layer.tar | docker load --quiet >/dev/null
    rm -rf "$folder"
}

say() { echo "docker/bases.sh: $*" >&2; }

main "$@"
