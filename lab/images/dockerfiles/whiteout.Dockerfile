# The library was there, in a layer below.
FROM debian:trixie-slim
COPY libs/liboqs-0.13.0-amd64/ /usr/local/lib/
COPY programs/hello-oqs-amd64 /usr/local/bin/hello
RUN ldconfig && rm /usr/local/lib/liboqs.so.*
ENTRYPOINT ["/usr/local/bin/hello"]
