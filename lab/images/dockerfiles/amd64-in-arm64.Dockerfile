# Built without --platform.
FROM arm64v8/debian:trixie-slim
COPY programs/hello-glibc-amd64 /usr/local/bin/hello
ENTRYPOINT ["/usr/local/bin/hello"]
