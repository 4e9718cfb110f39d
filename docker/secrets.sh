#!/bin/sh
# Makes the secrets of the stack, those that are missing, with the programs of its own images.
#
#     docker/secrets.sh DIR [SERVICE…]       for all services, or for those named
#
# DIR is made with mode 0700; what lies there is kept.
# STACK_IMAGES, STACK_TAG and STACK_NET are those of docker/compose.yaml. Nothing of a secret is printed. Knows nothing
# of who is given which file.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
tag=${STACK_TAG:-latest}
images=${STACK_IMAGES:-pqcheck-stack}
net=${STACK_NET:-10.91}

main() {
    [ $# -ge 1 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
    (umask 077 && mkdir -p "$1")
    chmod 700 "$1"
    folder=$(cd "$1" && pwd)

    shift
    [ $# -gt 0 ] || set -- database firewall rosenpass
    jobs=''
    # Each in a process of its own: most of the time goes into starting containers.
    case " $* " in *' database '* | *' client-api '* | *' backup '*) databases & jobs="$jobs $!" ;; esac
    case " $* " in *' firewall '*) firewalls & jobs="$jobs $!" ;; esac
    case " $* " in *' rosenpass '*) rosenpasses & jobs="$jobs $!" ;; esac
    code=0
    for job in $jobs; do wait "$job" || code=2; done
    exit "$code"
}

# The host's OpenSSL may be too old for ML-DSA, so the image of the database makes its keys.
databases() {
    of database docker run --rm --network none --cap-drop ALL --user "$(id -u):$(id -g)" -v "$folder:/out" \
        "$images/database:$tag" secrets /out
}

firewalls() {
    of firewall env EDGE_SUBNET="$net.1.0/24" CORE_SUBNET="$net.2.0/24" OBSERVE_SUBNET="$net.3.0/24" \
        CLIENT_API_ADDRESS="$net.2.10" MONITORING_ADDRESS="$net.3.9" \
        "$here/firewall/sign.sh" "$folder" "$images/firewall:$tag"
}

rosenpasses() { of rosenpass "$here/rosenpass/keys.sh" "$folder" "$images/rosenpass:$tag"; }

# Shows what a maker says only when it fails.
of() {
    service=$1
    shift
    said=$("$@" 2>&1) || {
        echo "$said" >&2
        echo "docker/secrets.sh: the secrets of $service are not made: $(echo "$said" | head -n 1)" >&2
        exit 2
    }
}

main "$@"
