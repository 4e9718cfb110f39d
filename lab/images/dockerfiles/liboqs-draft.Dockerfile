# The drafts, under the final names.
FROM debian:trixie-slim
COPY libs/liboqs-0.10.1-draft-amd64/ /usr/local/lib/
RUN ["ldconfig"]
