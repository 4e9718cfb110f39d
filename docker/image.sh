#!/bin/sh
# Builds the image of pqcheck from dist/: `docker/image.sh amd64 arm64` makes `pqcheck` and `pqcheck:arm64`, because an
# engine keeps one platform under one name.
#
# Builds with BuildKit where there is buildx, with the classic builder elsewhere. With either, the same binary gives the
# same layer, bit for bit: no date of this machine gets into it, not even by way of a cache, which looks at the content
# alone. Knows nothing of how the binary was built.
set -eu
cd "$(dirname "$0")/.."

# More than this beside the binary has no business in the image.
SPARE=102400

main() {
    for arch in "$@"; do
        binary=dist/pqcheck-linux-$arch
        [ -f "$binary" ] || refuse "$binary is not there; \`make dist\` builds it"
    done
    docker version >/dev/null 2>&1 || refuse "no Docker Engine answers; is it started, and may this user talk to it?"
    host=$(docker version --format '{{.Server.Arch}}')
    classic=''
    if ! docker buildx version >/dev/null 2>&1; then
        classic=yes
        export DOCKER_BUILDKIT=0
    fi
    for arch in "$@"; do build "$arch"; done
}

build() {
    arch=$1 binary=dist/pqcheck-linux-$1 name=pqcheck:$1 empty=scratch
    if [ "$arch" = amd64 ]; then name=pqcheck:latest; fi
    # For the classic builder `scratch` is of the engine's own architecture, whatever --platform says.
    if [ -n "$classic" ] && [ "$arch" != "$host" ]; then
        empty=pqcheck-scratch:$arch
        load_empty "$empty" "$arch"
    fi

    version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
    revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
    tar --create --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=755 docker/Dockerfile "$binary" |
        docker build --quiet --no-cache --file docker/Dockerfile --target prebuilt --platform "linux/$arch" \
            --build-arg "SCRATCH=$empty" --build-arg "TARGETARCH=$arch" \
            --build-arg "VERSION=$version" --build-arg "REVISION=$revision" \
            --tag "$name" - >"$log" 2>&1 || refuse "$name does not build: $(tail -n 1 "$log")"

    is=$(docker image inspect --format '{{.Os}}/{{.Architecture}}' "$name")
    [ "$is" = "linux/$arch" ] || refuse "$name came out for $is"
    size=$(docker image inspect --format '{{.Size}}' "$name")
    more=$((size - $(stat -c %s "$binary")))
    [ "$more" -le "$SPARE" ] || refuse "$name is $more bytes larger than its binary; at most $SPARE are allowed"
    say "$name: $is, $size bytes (the binary and $more more)"
}

# Gives the engine an image without content, of another architecture than its own.
load_empty() {
    if docker image inspect "$1" >/dev/null 2>&1; then return; fi
    head -c 1024 /dev/zero >"$work/layer.tar"
    layer=$(sha256sum "$work/layer.tar" | cut -d' ' -f1)
    cat >"$work/config.json" <<JSON
{"architecture":"$2","os":"linux","created":"1970-01-01T00:00:00Z","config":{},"history":[{"created":"1970-01-01T00:00:00Z",
"created_by":"docker/image.sh"}],"rootfs":{"type":"layers","diff_ids":["sha256:$layer"]}}
JSON
    echo "[{\"Config\":\"config.json\",\"RepoTags\":[\"$1\"],\"Layers\":[\"layer.tar\"]}]" >"$work/manifest.json"
    tar -cf - -C "$work" manifest.json config.json layer.tar | docker load --quiet >/dev/null ||
        refuse "the engine does not take the empty image $1"
}

say() { echo "docker/image.sh: $*" >&2; }
refuse() { say "$*"; exit 2; }

work=$(mktemp -d)
log=$work/log
trap 'rm -rf "$work"' EXIT
main "$@"
