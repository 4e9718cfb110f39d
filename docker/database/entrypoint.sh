#!/bin/sh
# Starts PostgreSQL, and before that makes the database at the first start, and the roles and the schema at each.
#
#     (nothing)      the server
#     secrets DIR    the stack's secret files, those that are missing
#
# Knows nothing of how rows are sealed (audit.py) and of who sees what (schema.sql).
set -eu

data=$PGDATA
kept=${PGDATA%/*}/keys
socket=/run/postgresql

main() {
    if [ "${1:-}" = secrets ]; then
        shift
        exec make-secrets "$@"
    fi
    [ $# = 0 ] || refuse "no command \`$1\` is known; there is \`secrets DIR\`"

    api=$(secret db_password_api)
    backup=$(secret db_password_backup)
    [ -w "${data%/*}" ] || refuse "${data%/*} is not writable for the user $(id -u): mount a volume there that belongs to 65532"
    [ -w "$socket" ] || refuse "$socket is not writable: mount a tmpfs there (mode=1777)"
    key
    if [ ! -s "$data/PG_VERSION" ]; then create; fi
    prepare

    # In a shell that ends at once, so that it becomes a child of PID 1: PostgreSQL takes the crash of a child that it
    # does not know for one of its own, and restarts.
    (/pqcheck serve --installed --require ML-DSA-87 --answers tcp:127.0.0.1:5432 &)
    exec "$bin/postgres" -D "$data" -c config_file=/etc/pqcheck-stack/postgresql.conf
}

# The value of a secret file, which must be there and not be empty.
secret() {
    [ -r "$SECRETS_DIR/$1" ] || refuse "the secret $SECRETS_DIR/$1 is not there or not readable for the user $(id -u)"
    value=$(cat "$SECRETS_DIR/$1")
    [ -n "$value" ] || refuse "the secret $SECRETS_DIR/$1 is empty"
    printf %s "$value"
}

# Where the key that seals is: the secret, or one of our own in the volume.
key() {
    key=$SECRETS_DIR/audit_signing_key
    mkdir -p -m 700 "$kept"
    if [ -e "$key" ]; then
        [ -r "$key" ] || refuse "the secret $key is not readable for the user $(id -u)"
        cp "$key" "$kept/given.part" && chmod 600 "$kept/given.part" && mv "$kept/given.part" "$kept/audit_signing_key"
    else
        say "no secret $key: the key is the volume's own, $kept/audit_signing_key"
        (umask 077 && make-secrets "$kept" audit_signing_key)
        chmod 600 "$kept/audit_signing_key"
    fi
    make-secrets "$kept" audit_public_key || refuse "\`audit_signing_key\` is no private key of ML-DSA-87 in PEM"
}

create() {
    say "creating the database in $data"
    # What an interrupted start left is not a database yet.
    rm -rf "$data"
    "$bin/initdb" --pgdata="$data.part" --username=postgres --encoding=UTF8 --locale=C.UTF-8 --auth-local=peer \
        --auth-host=scram-sha-256 --data-checksums >"$socket/initdb.log" 2>&1 ||
        refuse "initdb failed: $(tail -n 1 "$socket/initdb.log")"
    mv "$data.part" "$data"
}

# Roles, passwords and schema, in a server that nobody else reaches.
prepare() {
    "$bin/pg_ctl" --pgdata="$data" --wait --silent --log="$socket/prepare.log" \
        --options="-c config_file=/etc/pqcheck-stack/postgresql.conf -c listen_addresses=''" start >/dev/null ||
        refuse "PostgreSQL does not start: $(grep -E 'FATAL|PANIC' "$socket/prepare.log" | tail -n 1)"
    trap '"$bin/pg_ctl" --pgdata="$data" --mode=immediate --silent stop || true' EXIT
    # The passwords go through the environment and psql's own quoting, never through arguments that `ps` shows.
    API=$api BACKUP=$backup as_owner postgres <<'SQL'
\getenv api API
\getenv backup BACKUP
SELECT format('CREATE ROLE %I LOGIN', name) FROM unnest(ARRAY['api', 'backup']) AS name
    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE api PASSWORD :'api' CONNECTION LIMIT 20;
ALTER ROLE backup PASSWORD :'backup' CONNECTION LIMIT 5;
SELECT 'CREATE DATABASE audit' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'audit') \gexec
SQL
    as_owner audit --variable=key="$kept/audit_signing_key" </etc/pqcheck-stack/schema.sql
    trap - EXIT
    "$bin/pg_ctl" --pgdata="$data" --wait --mode=fast --silent stop >/dev/null || refuse "PostgreSQL does not stop after the preparation"
}

as_owner() {
    database=$1
    shift
    psql --no-psqlrc --quiet --tuples-only --set=ON_ERROR_STOP=1 --username=postgres --dbname="$database" "$@" >/dev/null ||
        refuse "the database \`$database\` could not be prepared (see the line before)"
}

bin=$(echo /usr/lib/postgresql/*/bin)
say() { echo "database: $*" >&2; }
refuse() { say "$*"; exit 2; }

main "$@"
