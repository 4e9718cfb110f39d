#!/bin/sh
# Shows that a running stack does what it is for, from end to end: one line a claim, `ok` or `WRONG`.
#
#     docker/check.sh [--all]      of the stack that `make up` brought up, or of COMPOSE_PROJECT_NAME
#
# With --all also what the checks of database, client-api and backup show with a database of their own.
# A record goes in through the firewall, is signed, sealed, backed up, restored and compared; the firewall blocks, the
# tunnel's ends agree, Prometheus sees every service. Exit code 1 when a claim does not hold, 2 when it could not be
# tried. What a service shows of itself stands in docker/SERVICE/check.sh.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
project=${COMPOSE_PROJECT_NAME:-pqcheck-stack}
api=http://127.0.0.1:${STACK_API_PORT:-8000}
prometheus=http://127.0.0.1:${STACK_PROMETHEUS_PORT:-9090}
secrets=${STACK_SECRETS:-$here/../target/stack/$project/secrets}
wrong=0

main() {
    case $* in '' | --all) ;; *) stop "usage: docker/check.sh [--all]" ;; esac
    for service in database client-api backup firewall rosenpass monitoring; do
        [ -n "$(container $service)" ] || stop "no container of \`$service\` is running in $project; \`make up\` starts the stack"
    done
    record
    client
    backup
    own firewall "$(container firewall)"
    own rosenpass "$(container rosenpass)" "$secrets"
    own monitoring "$(container monitoring)"
    metrics
    if [ "${1:-}" = --all ]; then
        own database "$(image database)"
        own client-api "$(image client-api)" "$(image database)"
        own backup "$(image backup)" "$(image database)"
    fi
    [ "$wrong" = 0 ] || exit 1
}

# As somebody on this machine.
record() {
    word="record $(od -An -N 16 -tx1 /dev/urandom | tr -d ' \n')"
    answer=$(ask "$api/records" "{\"content\": \"$word\"}") || answer='{}'
    id=$(echo "$answer" | field id)
    holds "client-api: a record is taken through the firewall ($api)" [ -n "$id" ]
    holds "client-api: it is read back with a signature that verifies" reads_back
    holds "database: the record is in the table, under the role api" \
        [ "$(database "SELECT author || ' ' || convert_from(content, 'UTF8') FROM audit.record WHERE id = ${id:-0}")" = "api $word" ]
    holds "database: every row has a seal of ML-DSA-87 that verifies" docker exec "$(container database)" audit-verify
    holds "database: a row cannot be changed" unchangeable
}

reads_back() { [ "$(ask "$api/records/$id" | field content)" = "$word" ]; }
unchangeable() { ! database "UPDATE audit.record SET content = 'x' WHERE id = $id" 2>/dev/null; }

# As somebody in `edge`, with the image's own client and the public key that was handed out, not the one that answers.
client() {
    address=$(docker inspect --format "{{(index .NetworkSettings.Networks \"${project}_edge\").IPAddress}}" "$(container firewall)")
    said=$(docker run --rm --pull never --network "${project}_edge" --read-only --cap-drop ALL --entrypoint client "$(image client-api)" "http://$address:8000" 2>&1) || true
    echo "$said" | grep -E '^(ok|WRONG) ' || { echo "WRONG  client-api: its client ends: $(echo "$said" | tail -n 1)"; wrong=1; }
    case $said in *WRONG*) wrong=1 ;; esac
}

# It restores what it wrote into a database of its own and compares; here, that what was just written is in it.
backup() {
    rows=$(database 'SELECT count(*) FROM audit.record')
    said=$(docker exec "$(container backup)" backup once 2>&1) && code=0 || code=$?
    holds "backup: a backup is taken, encrypted, restored and equal" [ "$code" = 0 ]
    holds "backup: as many rows are restored as the table has ($rows)" says "$said" " $rows rows restored and compared"
    name=$(echo "$said" | sed -n 's/.*\(audit-[0-9TZ]*\.backup\).*/\1/p')
    holds "backup: the file does not show what was stored" hidden
    holds "backup: decrypted, it is a dump of PostgreSQL" decrypts
}

hidden() { [ -n "$name" ] && docker exec "$(container backup)" test -s "/var/lib/backup/$name" && ! docker exec "$(container backup)" grep -q -e record -e PGDMP "/var/lib/backup/$name"; }
decrypts() { [ "$(docker exec "$(container backup)" backup decrypt "/var/lib/backup/$name" | head -c 5)" = PGDMP ]; }

# What a service shows of itself.
own() {
    service=$1
    shift
    "$here/$service/check.sh" "$@" 2>"$complaint" && code=0 || code=$?
    [ "$code" = 0 ] || { wrong=1; tail -n 40 "$complaint" >&2; }
    [ "$code" -le 1 ] || echo "WRONG  $service: could not be tried: $(tail -n 1 "$complaint")"
}

# Prometheus asks every 15 seconds.
metrics() {
    for _ in $(seq 30); do
        seen=$(ask "$prometheus/api/v1/query?query=pqcheck_healthy" | series) || seen=''
        [ "$seen" != "$expected" ] || break
        sleep 2
    done
    holds "monitoring: one series of pqcheck_healthy per service, each 1 ($seen)" [ "$seen" = "$expected" ]
}
expected='backup=1 client-api=1 database=1 firewall=1 monitoring=1 rosenpass=1'

# `ask URL [JSON]`: the body of an answer that says 2xx.
ask() {
    python3 -c '
import sys, urllib.request
data = sys.argv[2].encode() if len(sys.argv) > 2 else None
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
print(opener.open(urllib.request.Request(sys.argv[1], data, {"Content-Type": "application/json"}), timeout=20).read().decode())
' "$@" 2>"$complaint"
}

field() { python3 -c 'import json, sys; print(json.load(sys.stdin).get(sys.argv[1], ""))' "$1" 2>/dev/null; }
series() { python3 -c 'import json, sys; print(*sorted(each["metric"].get("service", "?") + "=" + each["value"][1] for each in json.load(sys.stdin)["data"]["result"]))'; }
database() { docker exec "$(container database)" psql --no-psqlrc --tuples-only --no-align --username=postgres --dbname=audit --command="$1"; }
container() { docker ps --quiet --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$1" | head -n 1; }
image() { docker inspect --format '{{.Config.Image}}' "$(container "$1")"; }
says() { case $1 in *"$2"*) return 0 ;; *) return 1 ;; esac; }

holds() {
    claim=$1
    shift
    if "$@" >"$complaint" 2>&1; then echo "ok     $claim"; else echo "WRONG  $claim"; wrong=1; fi
}

stop() { echo "docker/check.sh: $*" >&2; exit 2; }

complaint=$(mktemp)
trap 'rm -f "$complaint"' EXIT
main "$@"
