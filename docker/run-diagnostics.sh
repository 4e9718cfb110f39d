#!/bin/sh
# Says of every image of the stack what built, what is healthy and what is wrong, and writes a report.
#
#     docker/run-diagnostics.sh [--platform linux/amd64,linux/arm64] [--service NAME]… [--baseline REPORT.json]
#                               [--output DIR] [--once] [--deadline SECONDS]
#
# Exit code 0 fine, 1 something is wrong, 2 the work could not be done. The work is done by lab/stack/.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
command -v python3 >/dev/null 2>&1 || { echo "docker/run-diagnostics.sh: no python3 is here; tools/need python3 installs it" >&2; exit 2; }
exec python3 "$here/../lab/stack" diagnose "$@"
