/* The calls that `pqcheck kat --algorithm ML-KEM-768 --accumulated N` makes of a liboqs, made by a C program:
 * prints the nanoseconds of processor time. For lab/measure/figures.py.
 *
 *     direct LIBRARY N
 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef int (*keypair_fn)(uint8_t *, uint8_t *);
typedef int (*encaps_fn)(uint8_t *, uint8_t *, const uint8_t *);
typedef int (*decaps_fn)(uint8_t *, const uint8_t *, const uint8_t *);

static void bytes(uint8_t *to, size_t length) { memset(to, 0x5a, length); }

static void *symbol(void *library, const char *name) {
    void *found = dlsym(library, name);
    if (!found) {
        fprintf(stderr, "direct: %s\n", dlerror());
        exit(2);
    }
    return found;
}

int main(int argc, char **argv) {
    static uint8_t ek[1184], dk[2400], c[1088], other[1088], secret[32];
    void *library = argc == 3 ? dlopen(argv[1], RTLD_NOW) : NULL;
    if (!library) {
        fprintf(stderr, "direct: LIBRARY N: %s\n", argc == 3 ? dlerror() : "two arguments");
        return 2;
    }
    keypair_fn keypair = (keypair_fn)symbol(library, "OQS_KEM_ml_kem_768_keypair");
    encaps_fn encaps = (encaps_fn)symbol(library, "OQS_KEM_ml_kem_768_encaps");
    decaps_fn decaps = (decaps_fn)symbol(library, "OQS_KEM_ml_kem_768_decaps");
    void (*draw)(void (*)(uint8_t *, size_t)) =
        (void (*)(void (*)(uint8_t *, size_t)))symbol(library, "OQS_randombytes_custom_algorithm");
    draw(bytes);
    long rounds = atol(argv[2]);
    struct timespec from, to;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    for (long round = 0; round < rounds; round++) {
        if (keypair(ek, dk) || encaps(c, secret, ek) || decaps(secret, c, dk) || decaps(secret, other, dk))
            return 1;
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    printf("%lld\n", (to.tv_sec - from.tv_sec) * 1000000000LL + (to.tv_nsec - from.tv_nsec));
    return 0;
}
