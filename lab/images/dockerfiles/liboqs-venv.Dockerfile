# A library that only a Python package would find.
FROM debian:trixie-slim
COPY libs/liboqs-0.13.0-amd64/ /opt/venv/lib/python3.13/site-packages/oqs/
