#!/bin/sh
# Makes the keys of both ends of the tunnel, with the image's own programs.
#
#     docker/rosenpass/keys.sh DIR [IMAGE]
#
# Writes DIR/server.* and DIR/peer.*: rp.sk and rp.pk (rosenpass), wg.key and wg.pub (WireGuard). If all of them
# are there, they are kept.
set -eu

main() {
    [ $# -ge 1 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
    image=${2:-pqcheck-stack/rosenpass}
    (umask 077 && mkdir -p "$1")
    cd "$1"
    if complete; then say "$(pwd): keys of both ends are there"; return; fi
    # Through a pipe, so that the engine may be on another machine.
    docker run --rm --network none --cap-drop ALL --tmpfs /keys --workdir /keys --entrypoint sh "$image" -ec '
        for end in server peer; do
            rosenpass gen-keys --public-key $end.rp.pk --secret-key $end.rp.sk >&2
            wg genkey >$end.wg.key 2>/dev/null
            wg pubkey <$end.wg.key >$end.wg.pub
        done
        tar -cf - *' | tar -xf - --no-same-owner
    complete || { say "$image made no keys"; exit 2; }
    # The folder keeps others out; a container without DAC_OVERRIDE has to read them, whoever owns them.
    chmod 644 server.* peer.*
    say "$(pwd): made the keys of both ends"
}

complete() {
    for end in server peer; do
        for kind in rp.sk rp.pk wg.key wg.pub; do [ -s "$end.$kind" ] || return 1; done
    done
}

say() { echo "docker/rosenpass/keys.sh: $*" >&2; }

main "$@"
