# For the checks of database, backup and client-api: a network, secrets and a database of their own. Sourced.
#
# `throwaway NAME IMAGE…`, the first one that of the database, sets $mine (what every name begins with), $folder, $secrets
# and $patience (seconds for what takes long), and takes everything away again at the end. Knows nothing of what is checked.

# What a service runs with in the stack, and nothing more.
hardened='--read-only --cap-drop ALL --security-opt no-new-privileges --pids-limit 200'
wrong=0

throwaway() {
    subject=$1
    mine=pqcheck-$1-check-$$
    folder=$(mktemp -d)
    secrets=$folder/secrets
    database_image=$2
    trap take_away EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    for needed in "$@"; do
        [ "$needed" = "$1" ] || docker image inspect "$needed" >/dev/null 2>&1 || stop "no image $needed; build it first"
    done
    # All of one architecture, or the engine warns at each start. Emulated, everything takes its time.
    platform=$(docker image inspect --format '{{.Os}}/{{.Architecture}}' "$database_image")
    export DOCKER_DEFAULT_PLATFORM="$platform"
    patience=60
    if [ "$platform" != "$(docker version --format '{{.Server.Os}}/{{.Server.Arch}}')" ]; then
        patience=300
        hardened="$hardened -e PQCHECK_DEADLINE=30s -e DATABASE_TIMEOUT=60"
    fi
    # The files are for the containers' users, and the folder above them for nobody else.
    mkdir -m 755 "$secrets"
    docker run --rm --network none --user "$(id -u):$(id -g)" -v "$secrets:/out" "$database_image" secrets /out >/dev/null
    docker network create "$mine" >/dev/null
}

# A service in the background: `begin NAME IMAGE [OPTION…]`.
begin() {
    begun=$1 begun_image=$2
    shift 2
    # shellcheck disable=SC2086 # the words are the options
    docker run --detach --name "$mine-$begun" --network "$mine" --network-alias "$begun" $hardened \
        -v "$secrets:/run/secrets:ro" "$@" "$begun_image" >/dev/null
}

begin_database() {
    begin database "$database_image" --tmpfs /run/postgresql:mode=1777 -v "$mine-database:/var/lib/postgresql"
    until_true "$1" answers_as_api || { docker logs "$mine-database" >&2; stop "the database does not come up within $1 s"; }
}

answers_as_api() { as_api 'SELECT' >/dev/null 2>&1; }

# SQL as the role `api`, over the network, with its password.
as_api() {
    docker exec -e "PGPASSWORD=$(cat "$secrets/db_password_api")" "$mine-database" \
        psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --host=127.0.0.1 --username=api --dbname=audit --command="$1"
}

# SQL as the owner; nothing stops him.
as_owner() {
    docker exec "$mine-database" psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 \
        --username=postgres --dbname=audit --command="SET session_replication_role = replica" --command="$1"
}

# Whether `pqcheck serve` in that container says this of itself: `measures NAME WORDS`.
measures() {
    docker exec "$mine-$1" python3 -c '
import urllib.request
print(urllib.request.urlopen("http://127.0.0.1:9464/metrics", timeout=5).read().decode())' >"$folder/output" 2>&1 || return 1
    grep -qE -- "$2" "$folder/output"
}

# Runs a command until it succeeds: `until_true SECONDS COMMAND…`.
until_true() {
    end=$(($(date +%s) + $1))
    shift
    until "$@"; do
        [ "$(date +%s)" -lt "$end" ] || return 1
        sleep 0.3
    done
}

# Whether a command ends with this code and says this: `ends CODE WORDS COMMAND…`; keeps the output for `holds`.
ends() {
    expected=$1 words=$2
    shift 2
    "$@" >"$folder/output" 2>&1 && code=0 || code=$?
    [ "$code" = "$expected" ] && grep -qE -- "$words" "$folder/output"
}

# The same in one line, because that is what is promised.
dies() {
    ends "$@" && [ "$(wc -l <"$folder/output")" = 1 ]
}

holds() {
    claim=$1
    shift
    : >"$folder/output"
    if "$@"; then
        echo "ok     $subject: $claim"
    else
        echo "WRONG  $subject: $claim"
        sed 's/^/         /' "$folder/output" | head -n 20
        wrong=1
    fi
}

take_away() {
    containers=$(docker ps --all --quiet --filter "name=^/$mine-")
    # shellcheck disable=SC2086 # the words are the containers
    if [ -n "$containers" ]; then docker rm --force --volumes $containers >/dev/null 2>&1 || true; fi
    volumes=$(docker volume ls --quiet --filter "name=^$mine-")
    # shellcheck disable=SC2086 # the words are the volumes
    if [ -n "$volumes" ]; then docker volume rm $volumes >/dev/null 2>&1 || true; fi
    docker network rm "$mine" >/dev/null 2>&1 || true
    rm -rf "$folder"
}

stop() { echo "$0: $*" >&2; exit 2; }
