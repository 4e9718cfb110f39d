#!/bin/sh
# Shows that the firewall of a running stack lets through what it should, refuses the rest, and counts both.
#
#     docker/firewall/check.sh [CONTAINER]
#
# CONTAINER is the firewall; without it, the one that compose started. It asks from a container of its own on
# each side of the firewall, and takes them away again. Exit code 1 when something does not hold, 2 when it
# could not be tried. Knows the ruleset, and nothing of what client-api and database do.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
client_image=pqcheck-test/musl
mine=pqcheck-firewall-check-$$
wrong=0

main() {
    firewall=${1:-$(of_service firewall)}
    [ -n "$firewall" ] || stop "no firewall is running; \`make up\` starts the stack"
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
    here_edge=$(address_in "$edge")
    refused=$(database)

    capabilities
    signature
    traffic
    [ "$wrong" = 0 ] || exit 1
}

capabilities() {
    has=$(docker exec "$firewall" sh -c "sed -n 's/^Cap\(Eff\|Bnd\):[^0-9a-f]*//p' /proc/1/status" | paste -sd' ')
    # Effective: none. To be had by a file's capability: bit 12, NET_ADMIN.
    holds "runs without any capability, and only nft can have NET_ADMIN ($has)" [ "$has" = "0000000000000000 0000000000001000" ]
}

# The same image and the same files, without a network: as they are, and with one line more.
signature() {
    holds "loads the signed ruleset" loads 'loaded .* signed with ML-DSA-87'
    echo '# one line more' >>"$folder/firewall.nft"
    holds "refuses the ruleset with one line more than was signed" loads 'signature does not verify'
}

loads() {
    docker rm -f $mine-loads >/dev/null 2>&1 || true
    docker create --name $mine-loads --network none --cap-drop ALL --cap-add NET_ADMIN --tmpfs /run/firewall "$image" >/dev/null
    # The files are copied in at /run/secrets, which need not be there.
    mkdir -p "$folder/run/secrets"
    cp "$folder/firewall.nft" "$folder/run/secrets/"
    for file in firewall.nft.sig firewall.pub.pem; do
        docker exec "$firewall" cat "/run/secrets/$file" >"$folder/run/secrets/$file"
    done
    docker cp -q "$folder/run" $mine-loads:/ 2>/dev/null || docker cp "$folder/run" $mine-loads:/
    docker start $mine-loads >/dev/null
    for _ in $(seq 40); do
        if docker logs $mine-loads 2>&1 | grep -q "$1"; then return 0; fi
        if [ "$(docker inspect --format '{{.State.Running}}' $mine-loads)" = false ]; then break; fi
        sleep 0.25
    done
    docker logs $mine-loads 2>&1 | grep -q "$1"
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
    holds "core reaches ${refused%:*} port ${refused#*:} (so somebody listens)" connects core "${refused%:*}" "${refused#*:}"
    holds "edge does not reach ${refused%:*} port ${refused#*:}" refuses edge "${refused%:*}" "${refused#*:}"
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

# A container that can ask, and set routes: `client SIDE NETWORK`.
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

# Somebody in `core` who listens and is not to be reached: the database, or at least somebody.
database() {
    id=$(of_service database)
    [ -n "$id" ] || stop "no database is running; whether it can be reached is what is to be shown"
    echo "$(docker inspect --format "{{(index .NetworkSettings.Networks \"$core\").IPAddress}}" "$id"):5432"
}

of_service() { docker ps --quiet --filter "label=com.docker.compose.service=$1" | head -n 1; }

defined() { sed -n "s/^define $1 = //p" "$folder/firewall.nft"; }
networks() { docker inspect --format '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{"\n"}}{{end}}' "$firewall" | sed '/^$/d'; }
subnet() { docker network inspect --format '{{range .IPAM.Config}}{{.Subnet}}{{end}}' "$1"; }
address_in() { docker inspect --format "{{(index .NetworkSettings.Networks \"$1\").IPAddress}}" "$firewall"; }
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
