/* Gives liboqs's own speed programs the inputs of `pqcheck bench`: linked into them with --wrap, it stands between the
 * program's loop and the library. The keys, ciphertexts and signatures are made when the program asks for the
 * algorithm, before anything is timed; what it adds to a timed call is a look into a table.
 *
 * PQCHECK_SEEDS, _COINS and _MESSAGES have the inputs in hex, one after the other; lab/measure/fidelity.py makes them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <oqs/oqs.h>

#define MOST 20
#define MESSAGE 50

static struct { uint8_t *pk, *sk, *c, *sig, *m, *seed; size_t sig_len; } inputs[MOST];
static size_t count, at;
static const uint8_t *tape;

/* What the library draws: the seed or the coins of the call, and zeros where it hedges a signature. */
static void draw(uint8_t *bytes, size_t length) {
	if (tape != NULL) {
		memcpy(bytes, tape, length);
	} else {
		memset(bytes, 0, length);
	}
}

/* The bytes of a variable, cut into pieces of a length; how many there are. */
static size_t read(const char *name, size_t length, uint8_t *pieces[MOST]) {
	const char *hex = getenv(name);
	size_t pieces_count = hex == NULL ? 0 : strlen(hex) / 2 / length;
	if (pieces_count == 0 || pieces_count > MOST) {
		fprintf(stderr, "%s: no inputs; lab/measure/fidelity.py gives them\n", name);
		exit(2);
	}
	for (size_t piece = 0; piece < pieces_count; piece++) {
		pieces[piece] = malloc(length);
		for (size_t byte = 0; byte < length; byte++, hex += 2) {
			sscanf(hex, "%2hhx", &pieces[piece][byte]);
		}
	}
	return pieces_count;
}

static void must(OQS_STATUS status) {
	if (status != OQS_SUCCESS) {
		fprintf(stderr, "the inputs could not be made\n");
		exit(2);
	}
}

static size_t next(void) {
	size_t input = at;
	at = at + 1 == count ? 0 : at + 1;
	return input;
}

OQS_STATUS __real_OQS_KEM_keypair(const OQS_KEM *, uint8_t *, uint8_t *);
OQS_STATUS __real_OQS_KEM_encaps(const OQS_KEM *, uint8_t *, uint8_t *, const uint8_t *);
OQS_STATUS __real_OQS_KEM_decaps(const OQS_KEM *, uint8_t *, const uint8_t *, const uint8_t *);
OQS_KEM *__real_OQS_KEM_new(const char *);

OQS_STATUS __wrap_OQS_KEM_keypair(const OQS_KEM *kem, uint8_t *pk, uint8_t *sk) {
	tape = inputs[next()].seed;
	return __real_OQS_KEM_keypair(kem, pk, sk);
}

OQS_STATUS __wrap_OQS_KEM_encaps(const OQS_KEM *kem, uint8_t *c, uint8_t *secret, const uint8_t *pk) {
	size_t input = next();
	(void)pk;
	tape = inputs[input].m;
	return __real_OQS_KEM_encaps(kem, c, secret, inputs[input].pk);
}

OQS_STATUS __wrap_OQS_KEM_decaps(const OQS_KEM *kem, uint8_t *secret, const uint8_t *c, const uint8_t *sk) {
	size_t input = next();
	(void)c;
	(void)sk;
	return __real_OQS_KEM_decaps(kem, secret, inputs[input].c, inputs[input].sk);
}

OQS_KEM *__wrap_OQS_KEM_new(const char *name) {
	OQS_KEM *kem = __real_OQS_KEM_new(name);
	uint8_t *seeds[MOST], *coins[MOST], secret[32];
	if (kem == NULL || count != 0) {
		return kem;
	}
	OQS_randombytes_custom_algorithm(draw);
	count = read("PQCHECK_SEEDS", 64, seeds);
	if (read("PQCHECK_COINS", 32, coins) != count) {
		exit(2);
	}
	for (size_t input = 0; input < count; input++) {
		inputs[input].seed = seeds[input];
		inputs[input].m = coins[input];
		inputs[input].pk = malloc(kem->length_public_key);
		inputs[input].sk = malloc(kem->length_secret_key);
		inputs[input].c = malloc(kem->length_ciphertext);
		tape = seeds[input];
		must(__real_OQS_KEM_keypair(kem, inputs[input].pk, inputs[input].sk));
		tape = coins[input];
		must(__real_OQS_KEM_encaps(kem, inputs[input].c, secret, inputs[input].pk));
	}
	return kem;
}

OQS_STATUS __real_OQS_SIG_keypair(const OQS_SIG *, uint8_t *, uint8_t *);
OQS_STATUS __real_OQS_SIG_sign(const OQS_SIG *, uint8_t *, size_t *, const uint8_t *, size_t, const uint8_t *);
OQS_STATUS __real_OQS_SIG_verify(const OQS_SIG *, const uint8_t *, size_t, const uint8_t *, size_t, const uint8_t *);
OQS_SIG *__real_OQS_SIG_new(const char *);

OQS_STATUS __wrap_OQS_SIG_keypair(const OQS_SIG *scheme, uint8_t *pk, uint8_t *sk) {
	tape = inputs[next()].seed;
	return __real_OQS_SIG_keypair(scheme, pk, sk);
}

OQS_STATUS __wrap_OQS_SIG_sign(const OQS_SIG *scheme, uint8_t *sig, size_t *sig_len, const uint8_t *m, size_t m_len,
                               const uint8_t *sk) {
	size_t input = next();
	(void)m;
	(void)m_len;
	(void)sk;
	tape = NULL;
	return __real_OQS_SIG_sign(scheme, sig, sig_len, inputs[input].m, MESSAGE, inputs[input].sk);
}

OQS_STATUS __wrap_OQS_SIG_verify(const OQS_SIG *scheme, const uint8_t *m, size_t m_len, const uint8_t *sig,
                                 size_t sig_len, const uint8_t *pk) {
	size_t input = next();
	(void)m;
	(void)m_len;
	(void)sig;
	(void)sig_len;
	(void)pk;
	return __real_OQS_SIG_verify(scheme, inputs[input].m, MESSAGE, inputs[input].sig, inputs[input].sig_len,
	                             inputs[input].pk);
}

OQS_SIG *__wrap_OQS_SIG_new(const char *name) {
	OQS_SIG *scheme = __real_OQS_SIG_new(name);
	uint8_t *seeds[MOST], *messages[MOST];
	if (scheme == NULL || count != 0) {
		return scheme;
	}
	OQS_randombytes_custom_algorithm(draw);
	count = read("PQCHECK_SEEDS", 32, seeds);
	if (read("PQCHECK_MESSAGES", MESSAGE, messages) != count) {
		exit(2);
	}
	for (size_t input = 0; input < count; input++) {
		inputs[input].seed = seeds[input];
		inputs[input].m = messages[input];
		inputs[input].pk = malloc(scheme->length_public_key);
		inputs[input].sk = malloc(scheme->length_secret_key);
		inputs[input].sig = malloc(scheme->length_signature);
		tape = seeds[input];
		must(__real_OQS_SIG_keypair(scheme, inputs[input].pk, inputs[input].sk));
		tape = NULL;
		must(__real_OQS_SIG_sign(scheme, inputs[input].sig, &inputs[input].sig_len, messages[input], MESSAGE,
		                         inputs[input].sk));
	}
	return scheme;
}
