# Many programs that bring places of their own for their libraries.
FROM debian:trixie-slim
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        git openssl perl postgresql-17 python3 samba-libs systemd wine64 && \
    rm -rf /var/lib/apt/lists/*
