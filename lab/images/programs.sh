#!/bin/sh
# Compiles the small programs that the tests put into images where they start, and where they do not.
#
# Each says `hello` and goes to target/images/programs/, named by the C library and the processor it is for.
# Knows nothing of pqcheck.
set -eu
cd "$(dirname "$0")/../.."

out=target/images/programs
libs=target/images/libs

main() {
    tools/need cc arm64-cc musl
    mkdir -p "$out"
    echo '#include <stdio.h>
int main(void) { return puts("hello") < 0; }' >"$out/hello.c"
    echo '#include <stdio.h>
const char *OQS_version(void);
int main(void) { return puts(OQS_version()) < 0; }' >"$out/hello-oqs.c"

    cc -o "$out/hello-glibc-amd64" "$out/hello.c"
    cc -static -o "$out/hello-static-amd64" "$out/hello.c"
    musl-gcc -o "$out/hello-musl-amd64" "$out/hello.c"
    aarch64-linux-gnu-gcc -o "$out/hello-glibc-arm64" "$out/hello.c"
    # Needs liboqs.so.7, and finds it only where the loader looks.
    cc -o "$out/hello-oqs-amd64" "$out/hello-oqs.c" "$libs/liboqs-0.13.0-amd64/liboqs.so"
    # Brings the place of its library along.
    cc -Wl,-rpath,\$ORIGIN/../lib -o "$out/hello-oqs-origin-amd64" "$out/hello-oqs.c" "$libs/liboqs-0.13.0-amd64/liboqs.so"
    musl-gcc -o "$out/hello-oqs-musl-amd64" "$out/hello-oqs.c" "$libs/liboqs-0.13.0-musl-amd64/liboqs.so"
    musl-gcc -Wl,-rpath,\$ORIGIN/../lib -o "$out/hello-oqs-origin-musl-amd64" "$out/hello-oqs.c" "$libs/liboqs-0.13.0-musl-amd64/liboqs.so"

    printf '#!/bin/sh\r\necho hello\r\n' >"$out/crlf"
    printf '#!/usr/bin/python3.99\nprint("hello")\n' >"$out/no-interpreter"
    chmod +x "$out/crlf" "$out/no-interpreter"
}

main
