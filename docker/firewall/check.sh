#!/bin/sh
# Shows that the firewall of a running stack lets through what it should, refuses the rest, and counts both.
#
#     docker/firewall/check.sh [CONTAINER]
#
# CONTAINER is the firewall; without it, the one that compose started. It asks from a container of its own on
# each side of the firewall, and takes them away again. Exit code 1 when something does not hold, 2 when it
# could not be tried. Knows the ruleset, and nothing of what client-api and database do.
set -eu
umask 022

here=$(cd "$(dirname "$0")" && pwd)
client_image=pqcheck-test/musl
mine=pqcheck-firewall-check-$$
wrong=0

main() {
    firewall=${1:-$(docker ps --quiet --filter label=com.docker.compose.service=firewall)}
    case $firewall in
        '') stop "no firewall is running; \`make up\` starts the stack" ;;
        *[!A-Za-z0-9_.-]*) stop "there is more than one firewall; name one of: $(echo "$firewall" | paste -sd' ')" ;;
    esac
    [ "$(docker inspect --format '{{.State.Running}}' "$firewall" 2>/dev/null)" = true ] || stop "$firewall: no container of this name is running"
    "$here/../bases.sh" "$client_image"
    image=$(docker inspect --format '{{.Config.Image}}' "$firewall")
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"; docker rm -f $mine-edge $mine-core $mine-loads >/dev/null 2>&1 || true' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM

    docker exec "$firewall" cat /run/secrets/firewall.nft >"$folder/firewall.nft"
    client_api=$(defined CLIENT_API)
    core_net=$(defined CORE)
    edge=$(network_without "$(defined CORE)" "$(defined OBSERVE)")
    core=$(network_with "$(defined CORE)")
    here_edge=$(address_of "$firewall" "$edge")
    database=$(docker ps --quiet --filter label=com.docker.compose.service=database --filter "network=$core" | head -n 1)
    [ -n "$database" ] || stop "no database is running; whether it can be reached is what is to be shown"
    database=$(address_of "$database" "$core")

    capabilities
    holds "what no rule names is dropped: forward, input, output" refuses_by_default
    signature
    traffic
    [ "$wrong" = 0 ] || exit 1
}

capabilities() {
    has=$(docker exec "$firewall" sh -c "sed -n 's/^Cap\(Eff\|Bnd\):[^0-9a-f]*//p' /proc/1/status" | paste -sd' ')
    # Effective: none. To be had by a file's capability: bit 12, NET_ADMIN.
    holds "runs without any capability, and only nft can have NET_ADMIN ($has)" [ "$has" = "0000000000000000 0000000000001000" ]
}

# An internal network of the engine keeps strangers out too, so that it is not enough to see them fail.
refuses_by_default() {
    for chain in forward input output; do
        docker exec "$firewall" nft list chain inet stack "$chain" | grep -q 'policy drop;' || return 1
    done
}

# The same image and the same files, without a network: as they are, and changed.
signature() {
    secrets=$folder/run/secrets
    mkdir -p "$secrets"
    for file in firewall.nft firewall.nft.sig firewall.pub.pem; do
        docker exec "$firewall" cat "/run/secrets/$file" >"$secrets/$file"
    done
    holds "loads the signed ruleset" says 'loaded .* signed with ML-DSA-87'
    docker exec $mine-loads nft delete table inet stack
    holds "ends when its rules are taken away" says_later 'the rules are gone'
    echo '# one line more' >>"$secrets/firewall.nft"
    holds "refuses the ruleset with one line more than was signed" says 'signature does not verify'
    docker run --rm -i --network none --cap-drop ALL --entrypoint sh "$image" -ec 'cd /dev/shm && cat >firewall.nft
        openssl genpkey -algorithm ML-DSA-44 -out key && openssl pkey -in key -pubout -out firewall.pub.pem
        openssl pkeyutl -sign -rawin -inkey key -in firewall.nft -out firewall.nft.sig
        tar -cf - firewall.*' <"$secrets/firewall.nft" | tar -xf - --no-same-owner -C "$secrets"
    holds "refuses a good signature by a weaker key, of ML-DSA-44" says 'not a public key of ML-DSA-87'
}

says() {
    docker rm -f $mine-loads >/dev/null 2>&1 || true
    docker create --name $mine-loads --network none --cap-drop ALL --cap-add NET_ADMIN --tmpfs /run/firewall \
        --env FIREWALL_INTERVAL=1 "$image" >/dev/null
    docker cp "$folder/run" $mine-loads:/ >/dev/null
    docker start $mine-loads >/dev/null
    says_later "$1"
}

says_later() {
    for _ in $(seq 40); do
        if docker logs $mine-loads 2>&1 | grep -q "$1"; then return 0; fi
        sleep 0.25
    done
    return 1
}

traffic() {
    client edge "$edge"
    client core "$core"
    # The way into `core` leads through the firewall: whoever is in `edge` can set that route.
    docker exec $mine-edge ip route add "$core_net" via "$here_edge"
    before=$folder/before
    docker exec "$firewall" nft -j list counters table inet stack >"$before"

    holds "edge reaches client-api at the firewall, $here_edge:8000" connects edge "$here_edge" 8000
    holds "edge reaches client-api itself, $client_api:8000" connects edge "$client_api" 8000
    holds "both were counted" moved api_accepted 2
    holds "core reaches the database, $database:5432" connects core "$database" 5432
    holds "edge does not reach the database, $database:5432" refuses edge "$database" 5432
    holds "edge does not reach client-api's metrics, $client_api:9464" refuses edge "$client_api" 9464
    holds "both were counted as refused" moved edge_to_core_refused 2
    holds "edge does not reach the firewall's own metrics, $here_edge:9100" refuses edge "$here_edge" 9100
    holds "that was counted" moved input_refused 1
    # An address of `core` that comes in from `edge`.
    docker exec $mine-edge sh -c "ip address add $(spoofed)/32 dev lo && ip route change $core_net via $here_edge src $(spoofed)"
    holds "edge does not pass for one of core, from $(spoofed)" refuses edge "$client_api" 8000
    holds "that was counted" moved spoofed 1
    holds "node-exporter says the same" exported
}

connects() { docker exec "$mine-$1" sh -c "busybox nc -w 3 $2 $3 </dev/null >/dev/null 2>&1"; }
refuses() { ! connects "$@"; }

# A container that can ask others, and set routes: `client SIDE NETWORK`.
client() {
    docker run --detach --name "$mine-$1" --network "$2" --cap-drop ALL --cap-add NET_ADMIN \
        --entrypoint busybox "$client_image" sleep 600 >/dev/null
    docker exec "$mine-$1" busybox ln -s busybox /usr/bin/ip
}

# Whether a counter has grown since the beginning: `moved NAME PACKETS`.
moved() { [ $(($(docker exec "$firewall" nft -j list counters table inet stack | packets "$1") - $(packets "$1" <"$before"))) -ge "$2" ]; }

packets() { docker exec -i "$firewall" jq ".nftables[].counter | select(.name? == \"$1\").packets"; }

# The text file is written every FIREWALL_INTERVAL seconds.
exported() {
    for _ in $(seq 40); do
        docker exec "$firewall" bash -c 'exec 3<>/dev/tcp/127.0.0.1/9100; printf "GET /metrics HTTP/1.0\r\n\r\n" >&3; cat <&3' >"$folder/metrics"
        if same spoofed && same edge_to_core_refused && same api_accepted; then return 0; fi
        sleep 1
    done
    return 1
}

same() { grep -qx "firewall_packets_total{counter=\"$1\"} $(docker exec "$firewall" nft -j list counters table inet stack | packets "$1")" "$folder/metrics"; }

defined() { sed -n "s/^define $1 = //p" "$folder/firewall.nft"; }
networks() { docker inspect --format '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{"\n"}}{{end}}' "$firewall" | sed '/^$/d'; }
subnet() { docker network inspect --format '{{range .IPAM.Config}}{{.Subnet}}{{end}}' "$1"; }
address_of() { docker inspect --format "{{(index .NetworkSettings.Networks \"$2\").IPAddress}}" "$1"; }
network_with() { for name in $(networks); do if [ "$(subnet "$name")" = "$1" ]; then echo "$name"; return; fi; done; stop "the firewall is in no network $1, which its ruleset names"; }
network_without() { for name in $(networks); do case $(subnet "$name") in "$1" | "$2") ;; *) echo "$name"; return ;; esac; done; stop "the firewall is in no network on the side of the clients"; }
spoofed() { echo "${client_api%.*}.77"; }

holds() {
    claim=$1
    shift
    if "$@"; then echo "ok     firewall: $claim"; else echo "WRONG  firewall: $claim"; wrong=1; fi
}

stop() { echo "docker/firewall/check.sh: $*" >&2; exit 2; }

main "$@"
