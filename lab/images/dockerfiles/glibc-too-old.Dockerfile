# Built on a newer Debian than it runs on.
FROM debian:bookworm-slim
COPY --from=debian:trixie-slim /usr/bin/ls /usr/local/bin/hello
ENTRYPOINT ["/usr/local/bin/hello"]
