#!/bin/sh
# Shows that backups are encrypted, restored and compared, and that a bad one is never called good: with a database
# of its own.
#
#     docker/backup/check.sh [IMAGE [DATABASE_IMAGE]]       pqcheck-stack/backup, pqcheck-stack/database
#
# Exit code 1 when something does not hold, 2 when it could not be tried. Knows nothing of seals.
set -eu
. "$(dirname "$0")/../database/throwaway.sh"

main() {
    image=${1:-pqcheck-stack/backup}
    throwaway backup "${2:-pqcheck-stack/database}" "$image"
    refusals
    begin_database "$patience"
    as_api "INSERT INTO audit.record (content, signature) SELECT convert_to('the quick brown fox ' || n, 'UTF8'), '\\x00' FROM generate_series(1, 40) n"
    good
    damaged
    bad
    running
    [ "$wrong" = 0 ] || exit 1
}

refusals() {
    holds "without its key it says so, and ends" dies 2 'secret /run/secrets/backup_key' docker run --rm --network none $hardened "$image" once
    echo 1234 >"$folder/short"
    holds "so it does when the key is short" dies 2 'not 64 hexadecimal digits' once -v "$folder/short:/run/secrets/backup_key:ro"
    holds "so it does when the number of backups is none" dies 2 'BACKUP_KEEP is .x.' once -e BACKUP_KEEP=x
    holds "without a database it says so, and ends" dies 1 'FAILED: the database database:5432' once
}

good() {
    holds "a backup is restored and compared" dies 0 '40 rows restored and compared' once
    inside 'cat /var/lib/backup/*.backup' >"$folder/file"
    holds "nothing of it is in the clear" [ "$(grep -c -e fox -e PGDMP "$folder/file")" = 0 ]
    inside 'backup decrypt /var/lib/backup/*.backup' >"$folder/dump"
    holds "decrypted it is a dump" [ "$(head -c 5 "$folder/dump")" = PGDMP ]
    holds "the cipher is that of the image's libcrypto" ends 0 '/usr/lib/[a-z0-9_]*-linux-gnu/libcrypto.so.3' \
        inside 'python3 -c "import stream; stream._cipher(bytes(32), bytes(32)); print(open(\"/proc/self/maps\").read())"'
    holds "nothing is left of the restored database" ends 0 '^state.json: error null$' inside \
        'ls -A /scratch; sed -n "s/^  .error.: \(null\),/state.json: error \1/p" /var/lib/backup/state.json'
}

damaged() {
    holds "one bit changed: it is refused" ends 1 'chunk 0 is changed' inside "$(altered 'data[200] ^= 1')"
    holds "one chunk left out: it is refused" ends 1 'chunk 1 is changed' inside "$(altered 'del data[55 + 65552:55 + 2 * 65552]')"
    holds "the end cut off at a chunk: it is refused" ends 1 'chunk 1 is changed' inside "$(altered 'del data[55 + 2 * 65552:]')"
    holds "the head of another: it is refused" ends 1 'chunk 0 is changed' inside "$(altered 'data[30] ^= 1')"
    holds "an empty file: it is refused" ends 1 'no backup file' inside "$(altered 'data.clear()')"
    tr 0-9 1-90 <"$secrets/backup_key" >"$folder/other"
    holds "with another key: it is refused" ends 1 'not its key' \
        of_image -v "$folder/other:/run/secrets/backup_key:ro" --entrypoint sh "$image" -c 'backup decrypt /var/lib/backup/*.backup >/dev/null'
}

altered() {
    echo "python3 -c 'import glob
data = bytearray(open(glob.glob(\"/var/lib/backup/*.backup\")[0], \"rb\").read())
$1
open(\"/scratch/altered\", \"wb\").write(data)' && backup decrypt /scratch/altered >/dev/null"
}

# What must not pass for a backup.
bad() {
    good_ones=$(files)
    echo wrong >"$folder/password"
    holds "with a wrong password it says so" dies 1 'FAILED: the database database:5432: .*password authentication failed' \
        once -v "$folder/password:/run/secrets/db_password_backup:ro"
    # pg_dump leaves out what belongs to an extension: a table that a backup would silently not have.
    as_owner "CREATE TABLE audit.lost (n int); INSERT INTO audit.lost VALUES (1); GRANT SELECT ON audit.lost TO backup; ALTER EXTENSION plpython3u ADD TABLE audit.lost"
    holds "a table that is not in the dump is missed" dies 1 'differs from what was dumped in audit.lost' once
    as_owner "ALTER EXTENSION plpython3u DROP TABLE audit.lost; REVOKE SELECT ON audit.lost FROM backup"
    holds "a table that it may not read is no backup" dies 1 'FAILED: pg_dump ended with 1: .*permission denied' once
    as_owner "DROP TABLE audit.lost"
    holds "without room to restore it says so" ends 1 'FAILED: .*[Nn]o space left' once --tmpfs /scratch:mode=1777,size=8m
    holds "none of these was kept" [ "$(files)" = "$good_ones" ]
    holds "then it works again" dies 0 'restored and compared' once
}

running() {
    begin backup "$image" --tmpfs /scratch:mode=1777,size=256m --tmpfs /tmp -v "$mine-backup:/var/lib/backup" \
        -e BACKUP_INTERVAL=2 -e BACKUP_KEEP=3
    holds "running, it makes one after the other" until_true "$patience" made_since 4
    holds "and keeps as many as it should" [ "$(files | wc -l)" -le 4 ]
    holds "it answers 200" until_true 20 answers 200
    holds "pqcheck calls it healthy" until_true "$patience" ends 0 '^healthy: ChaCha20-Poly1305' docker exec "$mine-backup" \
        /pqcheck health --installed --require ChaCha20-Poly1305 --answers http://127.0.0.1:8080/
    holds "pqcheck says so to Prometheus" until_true "$patience" measures backup '^pqcheck_healthy(\{.*\})? 1'
    docker stop --time 20 "$mine-database" >/dev/null
    holds "without its database it answers 503" until_true "$patience" answers 503
    holds "and says why" ends 0 'FAILED: ' docker logs "$mine-backup"
    docker start "$mine-database" >/dev/null
    holds "when that is back, 200" until_true $((patience + 30)) answers 200
    docker stop --time 10 "$mine-backup" >/dev/null
    holds "it stops cleanly" [ "$(docker inspect --format '{{.State.ExitCode}}' "$mine-backup")" = 0 ]
}

made_since() { [ "$(docker logs "$mine-backup" 2>&1 | grep -c 'restored and compared')" -ge "$1" ]; }

answers() {
    docker exec "$mine-backup" python3 -c '
import sys, urllib.error, urllib.request
try:
    code = urllib.request.urlopen("http://127.0.0.1:8080/", timeout=5).status
except urllib.error.HTTPError as error:
    code = error.code
sys.exit(code != int(sys.argv[1]))' "$1"
}

once() { of_image "$@" "$image" once; }
inside() { of_image --entrypoint sh "$image" -c "$1"; }
files() { inside 'ls /var/lib/backup' | grep 'backup$'; }

# The folder for the restored database gets its default place unless an option names another.
of_image() {
    scratch='--tmpfs /scratch:mode=1777,size=256m'
    case "$*" in *"--tmpfs /scratch"*) scratch='' ;; esac
    # shellcheck disable=SC2086 # the words are the options
    docker run --rm --network "$mine" $hardened $scratch --tmpfs /tmp -v "$secrets:/run/secrets:ro" \
        -v "$mine-backup:/var/lib/backup" "$@"
}

main "$@"
