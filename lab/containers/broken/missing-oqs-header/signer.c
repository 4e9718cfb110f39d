// Makes a key pair of ML-DSA-87 and says how large its public key is.
#include <stdio.h>
#include <stdlib.h>

#include <oqs/oqs.h>

int main(void) {
    OQS_SIG *sig = OQS_SIG_new(OQS_SIG_alg_ml_dsa_87);
    if (sig == NULL) {
        return EXIT_FAILURE;
    }
    uint8_t *pk = malloc(sig->length_public_key), *sk = malloc(sig->length_secret_key);
    OQS_STATUS made = OQS_SIG_keypair(sig, pk, sk);
    printf("%zu\n", sig->length_public_key);
    OQS_SIG_free(sig);
    return made == OQS_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE;
}
