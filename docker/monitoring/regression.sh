#!/bin/sh
# Compares two reports of pqcheck and writes what came of it for node-exporter's textfile collector.
#
#     docker/monitoring/regression.sh OLD.json NEW.json FILE.prom
#
# FILE.prom then holds pqcheck_bench_regression: 1 when `pqcheck compare` finds that the later report is worse, 0
# when not. When it cannot compare, the file is left as it is and grows stale (alert PqcheckStale). $PQCHECK names
# the program. Exit codes are those of `pqcheck compare`. Knows nothing of what is in a report.
set -eu

[ $# = 3 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
code=0
"${PQCHECK:-pqcheck}" compare "$1" "$2" || code=$?
case $code in
    0 | 1) ;;
    *) echo "docker/monitoring/regression.sh: nothing was compared, $3 stays as it was" >&2; exit "$code" ;;
esac
new=$(mktemp "$3.XXXXXX")
trap 'rm -f "$new"' EXIT
cat >"$new" <<END
# HELP pqcheck_bench_regression 1 if the later of the two reports that were compared last is worse.
# TYPE pqcheck_bench_regression gauge
pqcheck_bench_regression $code
END
chmod 644 "$new"
mv "$new" "$3"
exit "$code"
