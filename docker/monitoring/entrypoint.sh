#!/bin/sh
# pqcheck for the metrics of this container, then Prometheus in place of this script. Knows nothing of what is
# asked for: that is prometheus.yml.
set -eu

/pqcheck serve --listen 0.0.0.0:9464 --interval 30s --installed --backend liboqs,pqclean,rustcrypto,libcrux \
    --require ML-KEM-768,ML-DSA-87,ChaCha20-Poly1305 --answers http://127.0.0.1:9090/-/ready &

exec prometheus --config.file=/etc/prometheus/prometheus.yml --web.listen-address=0.0.0.0:9090 \
    --storage.tsdb.path=/prometheus --storage.tsdb.retention.time="${PROMETHEUS_RETENTION:-7d}" \
    --storage.tsdb.retention.size="${PROMETHEUS_RETENTION_SIZE:-256MB}" --log.level=warn
