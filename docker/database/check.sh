#!/bin/sh
# Shows that the audit table is sealed, and that whoever changes it is found: in a database of its own.
#
#     docker/database/check.sh [IMAGE]        pqcheck-stack/database
#
# Exit code 1 when something does not hold, 2 when it could not be tried. Knows nothing of who writes rows.
set -eu
. "$(dirname "$0")/throwaway.sh"

main() {
    throwaway database "${1:-pqcheck-stack/database}"
    refusals
    begin_database "$patience"
    grows
    tampering
    independent
    beside
    comes_back
    [ "$wrong" = 0 ] || exit 1
}

refusals() {
    holds "without a secret it says which, and ends" dies 2 'secret /run/secrets/db_password_api' \
        docker run --rm --network none $hardened "$database_image"
    : >"$folder/empty"
    holds "so it does when one is empty" dies 2 'db_password_backup is empty' \
        docker run --rm --network none $hardened -v "$secrets:/run/secrets:ro" -v "$folder/empty:/run/secrets/db_password_backup:ro" "$database_image"
    holds "without a place for its socket it says which" dies 2 '/run/postgresql is not writable' \
        docker run --rm --network none $hardened -v "$secrets:/run/secrets:ro" "$database_image"
    holds "with a key that is none it says so" ends 2 'audit_signing_key. is no private key' \
        docker run --rm --network none $hardened --tmpfs /run/postgresql:mode=1777 -v "$secrets:/run/secrets:ro" \
        -v "$secrets/backup_key:/run/secrets/audit_signing_key:ro" "$database_image"
}

grows() {
    holds "an empty table is not called verified" ends 4 'nothing was checked' verify
    for _ in 1 2 3 4; do
        as_api "INSERT INTO audit.record (content, signature) SELECT convert_to('row ' || n, 'UTF8'), '\\x00' FROM generate_series(1, 5) n" &
        writers="${writers:-} $!"
    done
    for writer in $writers; do wait "$writer" || stop "the role \`api\` cannot add rows"; done
    holds "four writers at once give one chain" ends 0 '^audit: 20 rows, every seal holds' verify
    head=$(sed 's/.*head //' "$folder/output")
    holds "\`api\` cannot change a row" ends 1 'permission denied' as_api "UPDATE audit.record SET content = 'x'"
    holds "\`api\` cannot take a row away" ends 1 'permission denied' as_api "DELETE FROM audit.record"
    holds "\`api\` cannot bring a seal" ends 1 'permission denied' \
        as_api "INSERT INTO audit.record (content, signature, seal) VALUES ('x', 'y', 'z')"
    holds "a row without content is refused" ends 1 'a row needs its content' \
        as_api "INSERT INTO audit.record (content, signature) VALUES (NULL, 'y')"
    holds "the owner too is refused, unless he switches that off" ends 1 'only grows' docker exec "$mine-database" \
        psql --quiet --username=postgres --dbname=audit --command="DELETE FROM audit.record"
}

tampering() {
    flip="content = set_byte(content, 2, get_byte(content, 2) # 1)"
    as_owner "UPDATE audit.record SET $flip WHERE id = 7"
    holds "one bit of a row changed: that row is named, and no other" ends 1 'row 7: the seal does not fit' verify
    holds "(no other)" one_finding
    as_owner "UPDATE audit.record SET $flip WHERE id = 7"
    holds "changed back, all is well" ends 0 '20 rows, every seal holds' verify
    for change in "seal = set_byte(seal, 4000, get_byte(seal, 4000) # 1)" "at = at + '1 microsecond'" "author = 'postgres'" \
        "signature = '\\x01'" "previous = set_byte(previous, 31, get_byte(previous, 31) # 128)"; do
        docker exec "$mine-database" psql --quiet --username=postgres --dbname=audit --command="CREATE TABLE kept AS SELECT * FROM audit.record WHERE id = 12"
        as_owner "UPDATE audit.record SET $change WHERE id = 12"
        holds "so with ${change%% *}" ends 1 'row 12: the seal does not fit' verify
        as_owner "DELETE FROM audit.record WHERE id = 12; INSERT INTO audit.record SELECT * FROM kept; DROP TABLE kept"
    done
    as_owner "UPDATE audit.record SET id = id + 100 WHERE id IN (3, 4); UPDATE audit.record SET id = 107 - id WHERE id > 100"
    holds "two rows exchanged: one is named" ends 1 'row 3: the seal' verify
    holds "and the other" ends 1 'row 4: the seal' verify
    as_owner "UPDATE audit.record SET id = id + 100 WHERE id IN (3, 4); UPDATE audit.record SET id = 107 - id WHERE id > 100"
    as_owner "CREATE TABLE kept AS SELECT * FROM audit.record WHERE id IN (15, 20); DELETE FROM audit.record WHERE id = 15"
    holds "a row taken away: its absence is named" ends 1 'row 15 is missing' verify
    as_owner "INSERT INTO audit.record SELECT * FROM kept WHERE id = 15; DELETE FROM audit.record WHERE id = 20"
    holds "the last row cut off: the kept head tells" ends 1 'row 20 is not the one that was the head' verify --head "$head"
    as_owner "INSERT INTO audit.record SELECT * FROM kept WHERE id = 20; DROP TABLE kept"
    holds "all put back, with the same head" ends 0 '20 rows, every seal holds' verify --head "$head"
    docker cp -q "$secrets/api_signing_key" "$mine-database:/var/lib/postgresql/keys/other" 2>/dev/null ||
        docker cp "$secrets/api_signing_key" "$mine-database:/var/lib/postgresql/keys/other" >/dev/null
    holds "a key that is none for this is refused" ends 2 'cannot read a public key' verify --key /var/lib/postgresql/keys/other
}

# Not our binding alone: the openssl of the image says the same of the last row.
independent() {
    docker exec "$mine-database" python3 -c '
import audit, subprocess
text = subprocess.run(["psql", "-AtF|", "-d", "audit", "-c", "SELECT id, audit.micros(at), author, content, signature, previous, seal FROM audit.record WHERE id = 20"], capture_output=True, text=True, check=True).stdout.strip()
number, at, author, *rest = text.split("|")
row = audit.Row(int(number), int(at), author, *(bytes.fromhex(each[2:]) for each in rest))
open("/run/postgresql/message", "wb").write(row.canonical())
open("/run/postgresql/seal", "wb").write(row.seal)'
    holds "the openssl command verifies a seal too" ends 0 'Signature Verified Successfully' openssl_verifies
    docker exec "$mine-database" sh -c 'printf x >>/run/postgresql/message'
    holds "and not with a byte more" ends 1 'Signature Verification Failure' openssl_verifies
}

openssl_verifies() {
    docker exec "$mine-database" openssl pkeyutl -verify -pubin -inkey /var/lib/postgresql/keys/audit_public_key -rawin \
        -in /run/postgresql/message -sigfile /run/postgresql/seal -pkeyopt context-string:pqcheck-stack/audit
}

# PostgreSQL restarts when a child of its own is killed; `pqcheck serve` must not look like one.
beside() {
    holds "pqcheck says to Prometheus that it is healthy" until_true "$patience" measures database '^pqcheck_healthy(\{.*\})? 1'
    # Inside of the container, so that it ends exactly that one. Under emulation the emulator's name comes first; this
    # shell, whose command line is searched too, does not find itself.
    docker exec "$mine-database" sh -c 'for each in /proc/[0-9]*; do
        if tr "\0" " " 2>/dev/null <"$each/cmdline" | grep -q "/pqcheck [s]erve "; then kill -9 "${each#/proc/}"; fi
    done'
    holds "(it is killed)" until_true 10 not measures database .
    sleep 2
    holds "when that is killed, PostgreSQL does not care" not grep_logs 'terminating any other active server processes|reinitializing'
}

not() { ! "$@"; }
grep_logs() { docker logs "$mine-database" 2>&1 | grep -E "$1" >"$folder/output"; }

comes_back() {
    began=$(date +%s)
    docker stop --time 20 "$mine-database" >/dev/null
    holds "it stops within 10 s" [ $(($(date +%s) - began)) -le 10 ]
    holds "it stops cleanly" [ "$(docker inspect --format '{{.State.ExitCode}}' "$mine-database")" = 0 ]
    docker start "$mine-database" >/dev/null
    until_true "$patience" answers_as_api || stop "the database does not come up again"
    as_api "INSERT INTO audit.record (content, signature) VALUES ('after', '\\x00')"
    holds "after a restart the chain goes on" ends 0 '21 rows, every seal holds' verify --head "$head"
    holds "pqcheck calls it healthy" until_true "$patience" ends 0 '^healthy: ML-DSA-87' docker exec "$mine-database" \
        /pqcheck health --installed --require ML-DSA-87 --answers tcp:127.0.0.1:5432
}

verify() { docker exec "$mine-database" audit-verify "$@"; }
one_finding() { verify >"$folder/output" 2>&1 || [ "$(grep -c 'row [0-9]*:' "$folder/output")" = 1 ]; }

main "$@"
