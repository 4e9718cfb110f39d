FROM pqcheck-test/musl
COPY libs/liboqs-0.13.0-musl-amd64/ /usr/lib/x86_64-linux-musl/
