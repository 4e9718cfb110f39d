#!/bin/sh
# Shows that the rosenpass of a running stack agrees on a key with a second end, and what that key is good for.
#
#     docker/rosenpass/check.sh [CONTAINER] DIR
#
# CONTAINER is the server; without it, the one that compose started. DIR is where keys.sh wrote the keys. The
# second end is a container of the same image in the same network, which is taken away again. Exit code 1 when
# something does not hold, 2 when it could not be tried.
#
# No key is shown. Both ends hash the same fresh random words followed by their key, and the hashes are compared:
# they are equal when the keys are, and say nothing about them afterwards.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
mine=pqcheck-rosenpass-check-$$
wrong=0

main() {
    case $# in
        1) server=$(docker ps --quiet --filter label=com.docker.compose.service=rosenpass) keys=$1 ;;
        2) server=$1 keys=$2 ;;
        *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
    case $server in
        '') stop "no rosenpass is running; \`make up\` starts the stack" ;;
        *[!A-Za-z0-9_.-]*) stop "there is more than one rosenpass; name one of: $(echo "$server" | paste -sd' ')" ;;
    esac
    [ "$(docker inspect --format '{{.State.Running}}' "$server" 2>/dev/null)" = true ] || stop "$server: no container of this name is running"
    [ -s "$keys/peer.rp.sk" ] || stop "$keys/peer.rp.sk: not there; docker/rosenpass/keys.sh makes the keys of both ends"
    image=$(docker inspect --format '{{.Config.Image}}' "$server")
    network=$(docker inspect --format '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}' "$server" | cut -d' ' -f1)
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"; docker rm -f $mine-stranger $mine-peer >/dev/null 2>&1 || true' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    challenge=$(od -An -N 32 -tx1 /dev/urandom | tr -d ' \n')
    tunnel=$(docker exec "$server" ip -4 -o address show dev wg0 | sed 's/.* inet \([0-9.]*\).*/\1/')

    holds "runs with NET_ADMIN and nothing else" [ "$(docker exec "$server" sed -n 's/^CapEff:[^0-9a-f]*//p' /proc/1/status)" = 0000000000001000 ]
    stranger
    friend
    [ "$wrong" = 0 ] || exit 1
}

# One who has the peer's WireGuard key, but another key of rosenpass.
stranger() {
    "$here/keys.sh" "$folder/strange" "$image" 2>/dev/null
    for kind in wg.key wg.pub; do cp "$keys/peer.$kind" "$folder/strange/"; done
    second_end stranger "$folder/strange" 8
    holds "with the right WireGuard key and a wrong one of rosenpass nothing gets through" silent stranger
    holds "an end without a key for ROSENPASS_MAX_KEY_AGE seconds ends itself" ended stranger 'no key was agreed on for 8 s'
}

friend() {
    second_end peer "$keys" 0
    holds "a key is agreed on" soon agreed
    holds "both ends have the same key (equal hashes of fresh words and the key)" soon same_file
    holds "WireGuard uses that key at both ends" soon same_in_wireguard
    holds "the tunnel carries TCP: the metrics of the server come through it" soon carries peer
    holds "and WireGuard counted it ($(transferred) bytes came back)" [ "$(transferred)" -gt 0 ]
    docker exec "$mine-peer" sh -c 'kill -9 $(cat /run/rosenpass/pid)' 2>/dev/null || true
    holds "an end whose rosenpass dies ends itself" ended peer 'rosenpass has ended'
}

# `second_end NAME KEYS MAX_KEY_AGE`
second_end() {
    docker create --name "$mine-$1" --network "$network" --cap-drop ALL --cap-add NET_ADMIN --device /dev/net/tun \
        --tmpfs /run/rosenpass --tmpfs /run/wireguard --env ROSENPASS_CONNECT="$(address "$server" "$network")" \
        --env ROSENPASS_ADDRESS="${tunnel%.*}.2/24" --env ROSENPASS_OTHER="$tunnel" --env ROSENPASS_MAX_KEY_AGE="$3" "$image" >/dev/null
    rm -rf "$folder/run"
    mkdir -p "$folder/run/secrets"
    for kind in rp.sk rp.pk wg.key; do cp "$2/peer.$kind" "$folder/run/secrets/own.$kind"; done
    for kind in rp.pk wg.pub; do cp "$keys/server.$kind" "$folder/run/secrets/other.$kind"; done
    docker cp "$folder/run" "$mine-$1:/" >/dev/null
    docker start "$mine-$1" >/dev/null
    # A minute, because the processor may be emulated.
    for _ in $(seq 240); do
        if docker logs "$mine-$1" 2>&1 | grep -q 'rosenpass: listens on'; then return; fi
        [ "$(docker inspect --format '{{.State.Running}}' "$mine-$1")" = true ] || break
        sleep 0.25
    done
    stop "the second end does not start: $(docker logs --tail 1 "$mine-$1" 2>&1)"
}

agreed() { docker logs "$mine-peer" 2>&1 | grep -q ' exchanged$'; }

same_file() { [ "$(hash "$mine-peer" 'tr -d "\n" </run/rosenpass/key')" = "$(hash "$server" 'tr -d "\n" </run/rosenpass/key')" ]; }
same_in_wireguard() {
    command='wg show wg0 preshared-keys | cut -f2 | tr -d "\n"'
    [ "$(hash "$mine-peer" "$command")" = "$(hash "$server" "$command")" ] \
        && [ "$(hash "$server" "$command")" = "$(hash "$server" 'tr -d "\n" </run/rosenpass/key')" ]
}

# The hash of the challenge and of what the command prints, which must be 44 characters of base64. An end that
# cannot say has a hash that no other has.
hash() {
    docker exec "$1" sh -c "exec 2>/dev/null; key=\$($2) && [ \${#key} = 44 ] && printf %s%s $challenge \"\$key\" | sha256sum" 2>/dev/null || echo "$1 $2"
}

carries() { docker exec "$mine-$1" timeout 3 bash -c "exec 3<>/dev/tcp/$tunnel/9464 && printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3 && grep -q pqcheck_ <&3" 2>/dev/null; }
silent() { sleep 2; [ "$(docker inspect --format '{{.State.Running}}' "$mine-$1")" = true ] && ! carries "$1"; }
transferred() { docker exec "$mine-peer" wg show wg0 transfer 2>/dev/null | cut -f2 | grep . || echo 0; }

ended() {
    for _ in $(seq 60); do
        if [ "$(docker inspect --format '{{.State.Running}} {{.State.ExitCode}}' "$mine-$1")" = "false 1" ]; then
            docker logs "$mine-$1" 2>&1 | grep -q "$2"
            return
        fi
        sleep 0.5
    done
    return 1
}

# Within a minute.
soon() {
    for _ in $(seq 120); do
        if "$@"; then return 0; fi
        if [ "$(docker inspect --format '{{.State.Running}}' "$mine-peer")" = false ]; then return 1; fi
        sleep 0.5
    done
    return 1
}

address() { docker inspect --format "{{(index .NetworkSettings.Networks \"$2\").IPAddress}}" "$1"; }

holds() {
    claim=$1
    shift
    if "$@"; then echo "ok     rosenpass: $claim"; else echo "WRONG  rosenpass: $claim"; wrong=1; fi
}

stop() { echo "docker/rosenpass/check.sh: $*" >&2; exit 2; }

main "$@"
