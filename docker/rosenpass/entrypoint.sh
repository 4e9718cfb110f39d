#!/bin/sh
# One end of the tunnel: wireguard-go, rosenpass, and pqcheck for the metrics.
#
# The container ends when wireguard-go or rosenpass does, and when no key was agreed on for
# $ROSENPASS_MAX_KEY_AGE seconds: neither shows in a socket that answers. Knows nothing of who is at the other end
# but its keys.
#
#     ROSENPASS_CONNECT       the name or address of the end to call; empty: to be called
#     ROSENPASS_ADDRESS       the own address in the tunnel, with its prefix
#     ROSENPASS_OTHER         the address of the other end in the tunnel
#     ROSENPASS_MAX_KEY_AGE   seconds; 0: for an end that nobody needs to call. Keys are renewed every 120 seconds
set -eu
umask 077

secrets=/run/secrets
state=/run/rosenpass
socket=/run/wireguard/wg0.sock
connect=${ROSENPASS_CONNECT:-}
address=${ROSENPASS_ADDRESS:-10.91.9.1/24}
other=${ROSENPASS_OTHER:-10.91.9.2}
age=${ROSENPASS_MAX_KEY_AGE:-0}

main() {
    case $age in '' | *[!0-9]*) refuse "ROSENPASS_MAX_KEY_AGE=$age: a number of seconds is wanted" ;; esac
    case $connect in *[!A-Za-z0-9.-]*) refuse "ROSENPASS_CONNECT=$connect: a name or an IPv4 address is wanted" ;; esac
    for folder in "$state" "${socket%/*}"; do
        [ -w "$folder" ] || refuse "$folder: cannot be written; give the container a tmpfs there"
    done
    for file in own.rp.sk own.rp.pk own.wg.key other.rp.pk other.wg.pub; do
        [ -r "$secrets/$file" ] || refuse "$secrets/$file: not there; docker/rosenpass/keys.sh makes it"
    done
    start_wireguard
    start_rosenpass
    # As the HEALTHCHECK of the Dockerfile.
    /pqcheck serve --listen 0.0.0.0:9464 --interval 30s --installed --require Kyber512,Classic-McEliece-460896 \
        --also-uses 'ChaCha20-Poly1305 and X25519 of wireguard-go,XChaCha20-Poly1305 and BLAKE2b of libsodium' \
        --answers "unix:$socket" &
    say "listens on 9999/udp (rosenpass) and 51820/udp (WireGuard), $address in the tunnel"
    watch
}

start_wireguard() {
    rm -f "$socket"
    LOG_LEVEL=error WG_PROCESS_FOREGROUND=1 wireguard-go -f wg0 &
    wireguard=$!
    for _ in $(seq 100); do
        [ ! -S "$socket" ] || break
        kill -0 "$wireguard" 2>/dev/null || refuse "wireguard-go ends at once: is /dev/net/tun given, and NET_ADMIN?"
        sleep 0.1
    done
    # Until rosenpass has agreed on a key nothing gets through: nobody knows this one.
    wg genpsk >"$state/nobodys"
    said=$(wg set wg0 listen-port 51820 private-key "$secrets/own.wg.key" \
        peer "$(cat "$secrets/other.wg.pub")" preshared-key "$state/nobodys" allowed-ips "$other/32" \
        ${connect:+endpoint "$connect:51820"} 2>&1) || refuse "WireGuard does not take its settings: $(echo "$said" | head -n 1)"
    rm "$state/nobodys"
    ip address add "$address" dev wg0
    ip link set wg0 up
}

start_rosenpass() {
    endpoint=''
    if [ -n "$connect" ]; then endpoint="endpoint = \"$connect:9999\""; fi
    cat >"$state/rosenpass.toml" <<END
public_key = "$secrets/own.rp.pk"
secret_key = "$secrets/own.rp.sk"
listen = ["0.0.0.0:9999"]
verbosity = "Quiet"
[[peers]]
public_key = "$secrets/other.rp.pk"
$endpoint
key_out = "$state/key"
device = "wg0"
peer = "$(cat "$secrets/other.wg.pub")"
END
    # It says on stdout when there is a new key, and names no key.
    rm -f "$state/events"
    mkfifo "$state/events"
    rosenpass exchange-config "$state/rosenpass.toml" >"$state/events" &
    rosenpass=$!
    echo "$rosenpass" >"$state/pid"
    touch "$state/exchanged"
    while read -r event; do
        case $event in *" exchanged") touch "$state/exchanged" ;; esac
        say "$event"
    done <"$state/events" &
}

watch() {
    while :; do
        kill -0 "$wireguard" 2>/dev/null || refuse "wireguard-go has ended"
        kill -0 "$rosenpass" 2>/dev/null || refuse "rosenpass has ended"
        if [ "$age" != 0 ] && [ $(($(date +%s) - $(stat -c %Y "$state/exchanged"))) -ge "$age" ]; then
            refuse "no key was agreed on for $age s"
        fi
        sleep 1
    done
}

say() { echo "rosenpass: $*" >&2; }
refuse() { say "$*"; exit 1; }

main "$@"
