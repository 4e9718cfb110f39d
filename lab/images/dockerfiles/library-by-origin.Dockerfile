FROM debian:trixie-slim
COPY libs/liboqs-0.13.0-amd64/ /opt/hello/lib/
COPY programs/hello-oqs-origin-amd64 /opt/hello/bin/hello
ENTRYPOINT ["/opt/hello/bin/hello"]
