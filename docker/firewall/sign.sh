#!/bin/sh
# Puts the addresses of the stack before ruleset.nft and signs the whole with ML-DSA-87.
#
#     docker/firewall/sign.sh DIR [IMAGE]
#
# Writes DIR/firewall.nft, firewall.nft.sig and firewall.pub.pem for the container, and firewall.key.pem, which no
# container is given; a key that is there is used again. The image's own OpenSSL signs, because that of the
# machine may be too old. EDGE_SUBNET, CORE_SUBNET, OBSERVE_SUBNET, CLIENT_API_ADDRESS and MONITORING_ADDRESS
# replace the addresses of docker/compose.yaml.
set -eu

here=$(cd "$(dirname "$0")" && pwd)

main() {
    [ $# -ge 1 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
    image=${2:-pqcheck-stack/firewall}
    (umask 077 && mkdir -p "$1")
    cd "$1"
    addresses EDGE "${EDGE_SUBNET:-10.91.1.0/24}" CORE "${CORE_SUBNET:-10.91.2.0/24}" \
        OBSERVE "${OBSERVE_SUBNET:-10.91.3.0/24}" CLIENT_API "${CLIENT_API_ADDRESS:-10.91.2.10}" \
        MONITORING "${MONITORING_ADDRESS:-10.91.3.9}" >firewall.nft
    cat "$here/ruleset.nft" >>firewall.nft
    # A key is made once; through pipes, so that the engine may be on another machine.
    [ -s firewall.key.pem ] || (umask 077 && in_image 'openssl genpkey -algorithm ML-DSA-87' </dev/null >firewall.key.pem)
    in_image 'openssl pkey -pubout' <firewall.key.pem >firewall.pub.pem
    tar -cf - firewall.nft firewall.key.pem \
        | in_image 'cd /dev/shm && tar -xf - --no-same-owner && openssl pkeyutl -sign -rawin -inkey firewall.key.pem -in firewall.nft' >firewall.nft.sig
    # The folder keeps others out; a container without DAC_OVERRIDE has to read them, whoever owns them.
    chmod 644 firewall.nft firewall.nft.sig firewall.pub.pem
    echo "docker/firewall/sign.sh: $(pwd)/firewall.nft is signed ($(wc -c <firewall.nft.sig) bytes)" >&2
}

# `addresses NAME VALUE …` as nft reads them. The values end up in a signed file, so they are addresses or nothing.
addresses() {
    while [ $# -gt 0 ]; do
        case $2 in '' | *[!0-9./]*) echo "docker/firewall/sign.sh: $1 = \`$2\` is not an IPv4 address or network" >&2; exit 2 ;; esac
        echo "define $1 = $2"
        shift 2
    done
}

in_image() {
    docker run --rm -i --network none --cap-drop ALL --entrypoint sh "$image" -c "$1"
}

main "$@"
