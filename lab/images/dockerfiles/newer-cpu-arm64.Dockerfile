# Built for a Neoverse V1; the processor is chosen by QEMU_CPU.
FROM arm64v8/debian:trixie-slim
COPY libs/liboqs-0.13.0-newer-cpu-arm64/ /usr/local/lib/
RUN ["ldconfig"]
