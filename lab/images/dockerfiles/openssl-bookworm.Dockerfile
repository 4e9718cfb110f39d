# OpenSSL 3.0: ChaCha20-Poly1305, no post-quantum algorithm.
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends libssl3 && rm -rf /var/lib/apt/lists/*
