# Built on Alpine, copied into Debian.
FROM debian:trixie-slim
COPY programs/hello-musl-amd64 /usr/local/bin/hello
ENTRYPOINT ["/usr/local/bin/hello"]
