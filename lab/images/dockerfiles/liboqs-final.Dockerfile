# The final standards, where the loader's cache names them.
FROM debian:trixie-slim
COPY libs/liboqs-0.13.0-amd64/ /usr/local/lib/
RUN ["ldconfig"]
