FROM pqcheck-test/musl-arm64
COPY libs/liboqs-0.13.0-musl-arm64/ /usr/lib/aarch64-linux-musl/
