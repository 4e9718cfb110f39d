# The program was copied from its builder stage, the library was not.
FROM debian:trixie-slim
COPY programs/hello-oqs-amd64 /usr/local/bin/hello
ENTRYPOINT ["/usr/local/bin/hello"]
