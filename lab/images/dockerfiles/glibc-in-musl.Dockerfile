# Built on Debian, copied into Alpine.
FROM pqcheck-test/musl
COPY programs/hello-glibc-amd64 /usr/local/bin/hello
ENTRYPOINT ["/usr/local/bin/hello"]
