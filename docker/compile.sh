#!/bin/sh
# Builds the binary inside of the builder stage of docker/Dockerfile, and leaves it as dist/pqcheck.
#
# Takes the crates from vendor/ where there is one, without any network, and otherwise fetches them; an inspecting
# proxy's CA lies under docker/ca/. Knows nothing of the platform: it builds for the one that it runs on.
set -eu
cd "$(dirname "$0")/.."

main() {
    case $(uname -m) in
        x86_64) arch=amd64 ;;
        aarch64) arch=arm64 ;;
        *) refuse "no build for $(uname -m)" ;;
    esac
    export CARGO_HOME=/cargo-home
    mkdir -p "$CARGO_HOME"
    certificates
    crates
    auditable
    tools/dist "$arch"
    mv "dist/pqcheck-linux-$arch" dist/pqcheck
    "${RUSTC:-rustc}" --version
    dist/pqcheck
}

# Those of the system and those of the proxy; cargo takes one file.
certificates() {
    for file in docker/ca/*.crt; do
        [ -f "$file" ] || continue
        cp "$file" /usr/local/share/ca-certificates/
        say "trusts $file"
    done
    update-ca-certificates >/dev/null
    export CARGO_HTTP_CAINFO=/etc/ssl/certs/ca-certificates.crt
    export SSL_CERT_FILE=$CARGO_HTTP_CAINFO
}

crates() {
    if [ ! -d vendor ]; then
        say "no vendor/ in the context: fetching the crates (offline: run \`cargo vendor\` first)"
        return
    fi
    printf '[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "%s/vendor"\n[net]\noffline = true\n' \
        "$PWD" >"$CARGO_HOME/config.toml"
    say "the crates are those of vendor/"
}

# tools/dist has the binary name its crates, and for that needs this program in PATH.
auditable() {
    if command -v cargo-auditable >/dev/null; then return; fi
    apt-get update -qq && apt-get install -y --no-install-recommends cargo-auditable >/dev/null ||
        refuse "no package cargo-auditable in this base; name another BUILDER"
}

say() { echo "docker/compile.sh: $*" >&2; }
refuse() { say "$*"; exit 2; }

main "$@"
