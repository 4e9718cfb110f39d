#!/bin/sh
# Shows that client-api signs, stores and verifies, and what it says when something is wrong: with a database of its own.
#
#     docker/client-api/check.sh [--short] [IMAGE [DATABASE_IMAGE]]       pqcheck-stack/client-api, pqcheck-stack/database
#
# With --short, for an emulator: what is signed, stored, verified and changed, and not how each refusal is worded.
# Exit code 1 when something does not hold, 2 when it could not be tried. Knows nothing of seals.
set -eu
. "$(dirname "$0")/../database/throwaway.sh"

main() {
    short=''
    if [ "${1:-}" = --short ]; then short=yes && shift; fi
    image=${1:-pqcheck-stack/client-api}
    throwaway client-api "${2:-pqcheck-stack/database}" "$image"
    [ -n "$short" ] || refusals
    begin_database "$patience"
    begin client-api "$image" --tmpfs /tmp
    holds "it comes up" until_true "$patience" asks 200 '"database":"ok"' /healthz
    [ "$wrong" = 0 ] || { docker logs "$mine-client-api" >&2; stop "without it there is nothing to check"; }
    holds "pqcheck calls it healthy" until_true "$patience" ends 0 '^healthy: ML-KEM-768 and ML-DSA-87' docker exec "$mine-client-api" \
        /pqcheck health --installed --require ML-KEM-768,ML-DSA-87 --answers http://127.0.0.1:8000/healthz
    holds "pqcheck says so to Prometheus" until_true "$patience" measures client-api '^pqcheck_healthy(\{.*\})? 1'
    client
    [ -n "$short" ] || bad_requests
    tampering
    [ -n "$short" ] || away
    docker stop --time 10 "$mine-client-api" >/dev/null
    holds "it stops cleanly" [ "$(docker inspect --format '{{.State.ExitCode}}' "$mine-client-api")" -le 143 ]
    [ "$wrong" = 0 ] || exit 1
}

refusals() {
    : >"$folder/empty"
    for name in db_password_api api_signing_key audit_public_key; do
        holds "without $name it says so, and ends" ends 2 "secret /run/secrets/$name is empty" \
            run -v "$folder/empty:/run/secrets/$name:ro"
    done
    holds "with a key that is none it says so" ends 2 'api_signing_key: OpenSSL cannot read a private key' \
        run -v "$secrets/backup_key:/run/secrets/api_signing_key:ro"
    holds "without a database it says so, and ends" ends 2 'client-api: the database database:5432: ' run
}

client() {
    docker exec "$mine-client-api" client http://127.0.0.1:8000 >"$folder/client" 2>&1 || wrong=1
    cat "$folder/client"
    holds "the client finds a key that is not the service's" ends 1 'WRONG  client-api: the ML-KEM-768 key is signed' \
        docker exec "$mine-client-api" client http://127.0.0.1:8000 /run/secrets/audit_public_key
    holds "what it stored is sealed" ends 0 'every seal holds' docker exec "$mine-database" audit-verify
}

bad_requests() {
    holds "an unknown record is 404" asks 404 'no record 4711' /records/4711
    holds "a record that is no number is 422" asks 422 'should be a valid integer' /records/x
    holds "a number that is too large is 422" asks 422 'less than or equal' /records/9223372036854775808
    holds "an empty record is 422" asks 422 'at least 1 character' /records '{"content": ""}'
    holds "a field that nobody knows is 422" asks 422 'not permitted' /records '{"content": "x", "id": 1}'
    holds "what is no JSON is 422" asks 422 'JSON' /records '{"content": '
    holds "half of a surrogate pair is 422" asks 422 'unicode' /records '{"content": "\ud800"}'
    holds "more than a record may have is 422" asks 422 'at most 16384' /records "{\"content\": \"$(head -c 20000 /dev/zero | tr '\0' x)\"}"
    holds "more than a request may have is 413" asks 413 'at most 65536 bytes' /records "$(head -c 70000 /dev/zero | tr '\0' x)"
    holds "a ciphertext of the wrong length is 422" asks 422 'no ciphertext of ML-KEM-768' /kem/sessions '{"c": "aGFsbG8="}'
    holds "what is no base64 is 422" asks 422 'not base64' /kem/sessions '{"c": "***"}'
    holds "a body that does not come is 408" ends 0 '^HTTP/1.1 408 ' trickle
    holds "after all of this it is healthy" asks 200 '"ML-DSA-87":"ok"' /healthz
}

# Says that a body will come, and sends a byte of it.
trickle() {
    docker exec "$mine-client-api" python3 -c '
import socket
connection = socket.create_connection(("127.0.0.1", 8000), timeout=30)
connection.sendall(b"POST /records HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
print(connection.recv(4096).decode())'
}

tampering() {
    holds "a record is taken" asks 201 '"seal":true' /records '{"content": "to be changed"}'
    number=$(sed -n 's/.*"id":\([0-9]*\).*/\1/p' "$folder/output")
    as_owner "UPDATE audit.record SET content = set_byte(content, 0, get_byte(content, 0) # 1) WHERE id = $number"
    holds "changed in the database it is not given out" asks 409 "record $number is not what was stored: the signature and the seal" "/records/$number"
    as_owner "UPDATE audit.record SET content = set_byte(content, 0, get_byte(content, 0) # 1), at = at + '1 second' WHERE id = $number"
    holds "with another date it is not either" asks 409 "the seal does not verify" "/records/$number"
    as_owner "UPDATE audit.record SET at = at - '1 second'::interval WHERE id = $number"
    holds "changed back it is" asks 200 '"content":"to be changed"' "/records/$number"
}

away() {
    docker stop --time 20 "$mine-database" >/dev/null
    holds "without its database a record is refused with 503" asks 503 'the database database:5432: ' /records '{"content": "x"}'
    holds "and it says that it is not healthy" asks 503 '"ML-DSA-87":"ok"' /healthz
    holds "pqcheck says so too" ends 1 '^unhealthy: .*127.0.0.1:8000.*503' docker exec "$mine-client-api" \
        /pqcheck health --installed --require ML-KEM-768,ML-DSA-87 --answers http://127.0.0.1:8000/healthz
    docker start "$mine-database" >/dev/null
    holds "when that is back, so is it" until_true "$patience" asks 200 '"database":"ok"' /healthz
}

# Whether a request is answered so: `asks CODE WORDS PATH [BODY]`.
asks() {
    printf %s "${4:-}" | docker exec -i "$mine-client-api" python3 -c '
import sys, urllib.error, urllib.request
body = sys.stdin.buffer.read() or None
request = urllib.request.Request("http://127.0.0.1:8000" + sys.argv[1], body, {"Content-Type": "application/json"})
try:
    answer = urllib.request.urlopen(request, timeout=20)
except urllib.error.HTTPError as error:
    answer = error
print(answer.status, answer.read().decode())' "$3" >"$folder/output" 2>&1 || return 1
    grep -q "^$1 " "$folder/output" && grep -qF -- "$2" "$folder/output"
}

run() { docker run --rm --network "$mine" $hardened --tmpfs /tmp -v "$secrets:/run/secrets:ro" "$@" "$image"; }

main "$@"
