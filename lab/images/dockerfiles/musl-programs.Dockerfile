# Found by musl's path, found by RUNPATH, and nowhere to be found.
FROM pqcheck-test/musl
COPY programs/hello-musl-amd64 /usr/bin/hello
COPY programs/hello-oqs-musl-amd64 /usr/bin/hello-oqs
COPY programs/hello-oqs-origin-musl-amd64 /opt/hello/bin/hello-oqs
COPY libs/liboqs-0.13.0-musl-amd64/ /opt/hello/lib/
ENTRYPOINT ["/opt/hello/bin/hello-oqs"]
