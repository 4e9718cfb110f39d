#!/bin/sh
# Starts the service, with pqcheck beside it.
set -eu

# In a shell that ends at once, so that it becomes a child of PID 1.
(/pqcheck serve --installed --require ML-KEM-768,ML-DSA-87 --answers http://127.0.0.1:8000/healthz &)
exec client-api "$@"
