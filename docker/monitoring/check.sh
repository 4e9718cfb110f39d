#!/bin/sh
# Shows that the monitoring of a running stack sees every service, and that its alerts fire when they should.
#
#     docker/monitoring/check.sh [--files] [CONTAINER]
set -eu
cd "$(dirname "$0")/../.."
tools/need python3
exec python3 docker/monitoring/check.py "$@"
