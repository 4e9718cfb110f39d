FROM debian:trixie-slim
COPY programs/no-interpreter /usr/local/bin/hello
ENTRYPOINT ["/usr/local/bin/hello"]
