#!/bin/sh
# Changes liboqs 0.12.0 back to what 0.10.1 speaks: the drafts (ipd) of FIPS 203 and FIPS 204, under the
# symbols of that time. `draft.sh LIBOQS_SOURCES`
#
# A reconstruction, because no registry carries liboqs 0.10 or 0.11. That it is right is proved by its
# fingerprints (fingerprint.py), which are those of the real builds.
set -eu
cd "$1"

main() {
    # FIPS 204 ipd, Algorithm 1: the seed alone is hashed; the dimensions k and l are not appended.
    edit 6 '/seedbuf\[SEEDBYTES+[01]\] = [KL];/d' src/sig/ml_dsa/*/sign.c
    edit 6 's/\(shake256(seedbuf, 2\*SEEDBYTES + CRHBYTES, seedbuf, SEEDBYTES\)+2)/\1)/' src/sig/ml_dsa/*/sign.c
    # FIPS 204 ipd, Algorithms 2 and 3: the message is hashed as it is, without a domain separator and context.
    edit 6 's/^ *shake256_inc_absorb(&state, pre, prelen);$/  (void)pre; (void)prelen;/' src/sig/ml_dsa/*/sign.c
    # FIPS 204 ipd, Algorithms 2 and 3: the challenge comes from the first 256 bits of c-tilde alone.
    edit 6 's/shake256_inc_absorb(&state, seed, CTILDEBYTES);/shake256_inc_absorb(\&state, seed, 32);/' src/sig/ml_dsa/*/poly.c
    # FIPS 203 ipd, Algorithm 12: G(d) without the dimension k.
    edit 6 's/^\( *hash_g(buf, buf, KYBER_SYMBYTES\)+1);/\1);/' src/kem/ml_kem/*/indcpa.c

    # The draft knows no context strings.
    edit 3 's/sig_with_ctx_support = true/sig_with_ctx_support = false/; s/\(->[a-z]*_with_ctx_str =\) .*/\1 NULL;/' src/sig/ml_dsa/sig_ml_dsa_*.c
    edit 4 '/^OQS_API OQS_STATUS OQS_SIG_[a-z0-9_]*_with_ctx_str(/,/^}$/d' src/sig/ml_dsa/sig_ml_dsa_*.c src/sig/sig.c
    edit 2 '/^OQS_API .*_with_ctx_str(/d' src/sig/ml_dsa/sig_ml_dsa.h src/sig/sig.h

    # The names of the time. The names by which a program asks, "ML-DSA-87", stay.
    edit 3 's/"FIPS204"/"https:\/\/csrc.nist.gov\/pubs\/fips\/204\/ipd"/' src/sig/ml_dsa/sig_ml_dsa_*.c
    edit 3 's/"FIPS203"/"https:\/\/csrc.nist.gov\/pubs\/fips\/203\/ipd"/' src/kem/ml_kem/kem_ml_kem_*.c
    names='s/\(OQS_SIG_ml_dsa\|OQS_KEM_ml_kem\|pqcrystals_ml_dsa\|pqcrystals_ml_kem\)_\([0-9]\{2,4\}\)_/\1_\2_ipd_/g'
    # shellcheck disable=SC2046 # no name in there has a space
    sed -i "$names" $(grep -rlE '(OQS_SIG|pqcrystals)_ml_dsa_|(OQS_KEM|pqcrystals)_ml_kem_' src)
    edit 1 's/^set(OQS_VERSION_MINOR 12)$/set(OQS_VERSION_MINOR 10)/; s/^set(OQS_VERSION_PATCH 0)$/set(OQS_VERSION_PATCH 1)/' CMakeLists.txt
    edit 1 's/SOVERSION 7/SOVERSION 5/' src/CMakeLists.txt
}

# Applies a sed script, and demands how many files it changes: `edit FILES SCRIPT FILE…`.
edit() {
    expected=$1 script=$2 changed=0
    shift 2
    for file in "$@"; do
        cp "$file" "$file.before"
        sed -i "$script" "$file"
        cmp -s "$file" "$file.before" || changed=$((changed + 1))
        rm "$file.before"
    done
    if [ "$changed" != "$expected" ]; then
        echo "patches/draft.sh: \`$script\` changed $changed files, not $expected" >&2
        exit 1
    fi
}

main
