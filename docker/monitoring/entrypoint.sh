#!/bin/sh
# pqcheck for the metrics of this container, then Prometheus in place of this script. Knows nothing of what is
# asked for: that is prometheus.yml.
set -eu

[ -w /prometheus ] || { echo "monitoring: /prometheus: cannot be written by user $(id -u); give the container a volume or a tmpfs there" >&2; exit 1; }
ready=http://127.0.0.1:9090/-/ready

# The first verdict is to be about a Prometheus that had the time to start.
{
    for _ in $(seq 40); do
        if /pqcheck health --require ChaCha20-Poly1305 --backend rustcrypto --answers "$ready" >/dev/null; then break; fi
        sleep 0.5
    done
    exec /pqcheck serve --listen 0.0.0.0:9464 --interval 30s --require ML-KEM-768,ML-DSA-87,ChaCha20-Poly1305 --answers "$ready"
} &

exec prometheus --config.file=/etc/prometheus/prometheus.yml --web.listen-address=0.0.0.0:9090 \
    --storage.tsdb.path=/prometheus --storage.tsdb.retention.time="${PROMETHEUS_RETENTION:-7d}" \
    --storage.tsdb.retention.size="${PROMETHEUS_RETENTION_SIZE:-256MB}" --log.level=warn
