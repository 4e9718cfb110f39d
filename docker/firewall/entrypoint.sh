#!/bin/sh
# Verifies the signature over the ruleset, loads it, and keeps its counters and pqcheck's verdict readable.
#
# The container ends when the rules are gone or the exporter is. Knows nothing of who signs, and of what the
# rules say.
set -eu

secrets=/run/secrets
state=/run/firewall
interval=${FIREWALL_INTERVAL:-15}
# `yes` where no rule can be loaded, as under qemu, to try the rest. Only where nothing is forwarded.
without_rules=${FIREWALL_WITHOUT_RULES:-no}

main() {
    case $interval in '' | *[!0-9]* | 0) refuse "FIREWALL_INTERVAL=$interval: a number of seconds is wanted" ;; esac
    [ -w "$state" ] || refuse "$state: cannot be written; give the container a tmpfs there"
    if [ "$without_rules" = yes ]; then
        [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 0 ] || refuse "FIREWALL_WITHOUT_RULES=yes: not in a namespace that forwards; set the sysctl net.ipv4.ip_forward=0"
    fi
    # Until the signed rules stand nothing passes.
    load /firewall/deny.nft
    for file in firewall.nft firewall.nft.sig firewall.pub.pem; do
        # What is verified is what is loaded: nobody but this script writes the copy.
        cat "$secrets/$file" >"$state/$file" 2>/dev/null || refuse "$secrets/$file: cannot be read; docker/firewall/sign.sh makes it"
    done
    verify
    load "$state/firewall.nft"
    [ "$without_rules" = yes ] || say "loaded $(sha256sum <"$state/firewall.nft" | cut -c 1-16)…, signed with ML-DSA-87"

    mkdir -p "$state/metrics"
    write_metrics
    prometheus-node-exporter --collector.disable-defaults --collector.textfile \
        --collector.textfile.directory="$state/metrics" --web.listen-address=:9100 --log.level=warn &
    exporter=$!
    while kill -0 "$exporter" 2>/dev/null; do
        sleep "$interval"
        write_metrics
    done
    refuse "prometheus-node-exporter has ended"
}

verify() {
    kind=$(openssl pkey -pubin -in "$state/firewall.pub.pem" -noout -text 2>&1 | head -n 1)
    [ "$kind" = "ML-DSA-87 Public-Key:" ] || refuse "$secrets/firewall.pub.pem: not a public key of ML-DSA-87: $kind"
    openssl pkeyutl -verify -rawin -pubin -inkey "$state/firewall.pub.pem" \
        -in "$state/firewall.nft" -sigfile "$state/firewall.nft.sig" >/dev/null 2>&1 \
        || refuse "$secrets/firewall.nft: its ML-DSA-87 signature does not verify; everything stays refused; sign it with docker/firewall/sign.sh"
}

# One file is one transaction: all of it or nothing.
load() {
    if [ "$without_rules" = yes ]; then say "NO RULES ARE LOADED from $1, as FIREWALL_WITHOUT_RULES=yes wants"; return; fi
    said=$(nft -f "$1" 2>&1) || refuse "$1: nft does not load it (NET_ADMIN given? no-new-privileges off? not under qemu?): $(echo "$said" | head -n 1)"
}

write_metrics() {
    [ "$without_rules" = yes ] || write_counters
    # Its verdict is in the file; it is not this script's to end for it.
    /pqcheck health --installed --require ML-DSA-87 --textfile "$state/metrics/pqcheck.prom" >/dev/null || true
}

write_counters() {
    nft -j list counters table inet stack >"$state/counters.json" 2>"$state/complaint" \
        || refuse "the rules are gone: $(head -n 1 "$state/complaint")"
    jq -r -f /firewall/counters.jq "$state/counters.json" >"$state/metrics/firewall.prom.new"
    mv "$state/metrics/firewall.prom.new" "$state/metrics/firewall.prom"
}

say() { echo "firewall: $*" >&2; }
refuse() { say "$*"; exit 1; }

main "$@"
