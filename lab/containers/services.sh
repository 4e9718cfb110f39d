#!/bin/sh
# The images of the services for real: all six on this machine's architecture, from build to healthy and checked end to
# end; of arm64 pqcheck's own image, client-api and database, emulated: what is signed, stored and verified.
#
#     lab/containers/services.sh [amd64 | arm64 …]     both without a word; arm64 emulated where that is not the machine's
#
# Exit code 1 when something is wrong, 2 when it could not be tried. Takes away what it started, whatever happens.
# Knows nothing of what a service is: that is known to lab/stack and to docker/SERVICE/check.sh.
set -eu
cd "$(dirname "$0")/../.."

# Beside a stack that somebody has brought up.
export COMPOSE_PROJECT_NAME=${COMPOSE_PROJECT_NAME:-pqcheck-test}
export STACK_NET=${STACK_NET:-10.94} STACK_API_PORT=${STACK_API_PORT:-28010} STACK_PROMETHEUS_PORT=${STACK_PROMETHEUS_PORT:-29010}

main() {
    [ $# -gt 0 ] || set -- amd64 arm64
    case $(uname -m) in x86_64) own=amd64 ;; *) own=arm64 ;; esac
    wrong=0
    for arch in "$@"; do
        if [ "$arch" = "$own" ]; then step all "$arch"; else step emulated "$arch"; fi
    done
    [ "$wrong" = 0 ] || exit 1
}

# Brings the whole stack up, asks everything of it, takes it down.
all() {
    trap 'python3 lab/stack down >&2 || true' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    python3 lab/stack up && docker/check.sh --all
}

# The database is asked through client-api; docker/database/check.sh, which takes ten minutes there, can be run by hand.
# One process and no more, as on the machine's own architecture: the other one is the emulator's.
emulated() {
    docker/run-diagnostics.sh --platform "linux/$1" --service database --service client-api --once --output "target/diagnosis-$1" &&
        docker/client-api/check.sh --short "pqcheck-stack/client-api:$1" "pqcheck-stack/database:$1" &&
        docker run --rm --platform "linux/$1" --read-only --cap-drop ALL --user 65534 --network none --memory 16m --pids-limit 2 "pqcheck:$1"
}

# What is wrong with one architecture does not hide what is wrong with the other; where one could not be tried, the
# other cannot be either.
step() {
    began=$(date +%s)
    # `set -e` does not reach into a command whose exit code is asked for.
    ("$@") && code=0 || code=$?
    echo "services, $2: $([ "$code" = 0 ] && echo fine || echo "exit code $code") after $(($(date +%s) - began)) s"
    case $code in
        0) ;;
        1) wrong=1 ;;
        *) exit "$code" ;;
    esac
}

main "$@"
