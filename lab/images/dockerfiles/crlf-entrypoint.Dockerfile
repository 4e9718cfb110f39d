# Checked out on Windows.
FROM debian:trixie-slim
COPY programs/crlf /entrypoint.sh
ENTRYPOINT ["/entrypoint.sh"]
