#!/bin/sh
# The image of pqcheck from its source, of this commit and of crates that lie in the context: it builds, takes no crate
# from elsewhere, and its crypto core works under the tightest limits.
#
#     lab/containers/source.sh
#
# Exit code 1 when something is wrong. Leaves the image `pqcheck:source`. Knows nothing of how the binary is built.
set -eu
cd "$(dirname "$0")/../.."

main() {
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    git archive HEAD | tar -x -C "$work"
    (cd "$work" && cargo vendor --locked --quiet vendor >"$work/vendor.toml")

    docker/bases.sh debian:trixie-slim
    docker build --file "$work/docker/Dockerfile" --target source \
        --build-arg BUILDER=debian:trixie-slim --build-arg BINARY=Cargo.toml \
        --tag pqcheck:source "$work" >"$work/log" 2>&1 || refuse "does not build: $(tail -n 5 "$work/log")"
    grep -q 'the crates are those of vendor/' "$work/log" || refuse "did not take the crates of the context"
    docker run --rm --read-only --cap-drop ALL --user 65534 --network none --memory 16m --pids-limit 1 pqcheck:source ||
        refuse "is not healthy"
    echo "source: pqcheck:source, $(docker image inspect --format '{{.Size}}' pqcheck:source) bytes, healthy"
}

refuse() {
    echo "source: pqcheck:source $*" >&2
    exit 1
}

main "$@"
