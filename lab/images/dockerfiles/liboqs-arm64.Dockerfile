FROM arm64v8/debian:trixie-slim
COPY libs/liboqs-0.13.0-arm64/ /usr/local/lib/
RUN ["ldconfig"]
