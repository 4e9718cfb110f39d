#!/bin/sh
# Builds the crypto libraries that the tests put into images: `libraries.sh [NAME…]`, all without a name.
#
# Each goes to target/images/libs/NAME/, from the liboqs sources that the crates `oqs-sys` carry, with just the
# sets that the tables' lines ask for: every one in liboqs-0.13.0-amd64, those of the health check in most others.
# What a library speaks is proved by its fingerprint before it counts as built. What is built already and was made by
# this same script is left alone. Knows nothing of pqcheck.
set -eu
cd "$(dirname "$0")/../.."

libs=target/images/libs
sources=target/images/sources
build=target/images/build
recipe=$(cat lab/images/libraries.sh lab/images/patches/* | sha256sum | cut -c 1-16)

# Name of the library, and the one thing about it.
all='liboqs-0.13.0-amd64 liboqs-0.12.0-amd64 liboqs-0.9.0-amd64 liboqs-0.8.0-amd64 liboqs-0.10.1-draft-amd64 liboqs-0.13.0-arm64
liboqs-0.13.0-musl-amd64 liboqs-0.13.0-musl-arm64 liboqs-0.13.0-newer-cpu-amd64 liboqs-0.13.0-newer-cpu-arm64
liboqs-0.13.0-wrong-constant-amd64 liboqs-0.13.0-wrong-avx2-amd64 liboqs-0.13.0-endless-amd64
liboqs-0.13.0-truncated-amd64 liboqs-0.8.0-wrong-constant-amd64'

main() {
    # shellcheck disable=SC2086 # the words are the names
    [ $# -gt 0 ] || set -- $all
    tools/need rust cc cmake ninja python3
    for name in "$@"; do
        out=$libs/$name
        if [ "$(cat "$out/recipe" 2>/dev/null)" = "$recipe" ]; then continue; fi
        rm -rf "$out"
        mkdir -p "$out"
        began=$(date +%s)
        # In a shell of its own, because each sets what the next must not find.
        (make_library "$name")
        echo "$recipe" >"$out/recipe"
        say "$name: $(($(date +%s) - began)) s"
    done
}

# shellcheck disable=SC2086 # the options in a variable are several words
make_library() {
    case $1 in
        # The final standards.
        liboqs-0.13.0-amd64) liboqs_0_13; sets=$every; compile; prove $final ;;
        liboqs-0.12.0-amd64) liboqs_0_12; compile; prove $final_core ;;
        liboqs-0.13.0-arm64) liboqs_0_13; compile $arm64 -DCMAKE_C_COMPILER="$(arm64_gcc)" ;;
        liboqs-0.13.0-musl-amd64)
            tools/need musl
            liboqs_0_13; compile -DCMAKE_C_COMPILER=musl-gcc ;;
        liboqs-0.13.0-musl-arm64) liboqs_0_13; compile $arm64 -DCMAKE_C_COMPILER="$(arm64_musl_gcc)" ;;

        # Kyber and Dilithium, round 3.
        liboqs-0.9.0-amd64)
            fetch 0.9.1+liboqs-0.9.0 afa79adc3c10f8e01d0b134c159254e5843ec3f91c0bd868e57777beb3329e17
            sets='KEM_kyber_512;KEM_kyber_768;KEM_kyber_1024;SIG_dilithium_5'
            compile
            prove OQS_KEM_kyber_512=06858b9e OQS_KEM_kyber_768=c2d05f0d1156faf4 OQS_KEM_kyber_1024=4917508a \
                OQS_SIG_dilithium_5=94f6ff8b ;;

        # As rosenpass has it: Kyber of round 3, and Classic McEliece before its next revision.
        liboqs-0.8.0-amd64) liboqs_0_8; compile; prove $rosenpass ;;
        # A wrong constant before the error vector where McEliece confirms it: in agreement with itself alone.
        liboqs-0.8.0-wrong-constant-amd64)
            liboqs_0_8
            files=$(cd "$source" && ls src/kem/classic_mceliece/pqclean_mceliece460896_*/operations.c)
            change '^    uint8_t two_e\[.*= {2};$' 's/{2};/{3};/' $files; compile; refute $rosenpass ;;

        # The drafts under the final names: a reconstruction of 0.10.1.
        liboqs-0.10.1-draft-amd64)
            liboqs_0_12
            cp -R "$source" "$source-draft"
            source=$source-draft
            lab/images/patches/draft.sh "$source"
            compile
            prove OQS_KEM_ml_kem_768_ipd=4639217b2bd1fd82 OQS_SIG_ml_dsa_87_ipd=e9a5b6f107f6fbbe ;;

        # Built for the machine of the one who builds, which is newer than the one it runs on.
        liboqs-0.13.0-newer-cpu-amd64)
            liboqs_0_13; compile -DOQS_DIST_BUILD=OFF -DOQS_OPT_TARGET=x86-64-v3 ;;
        liboqs-0.13.0-newer-cpu-arm64)
            liboqs_0_13
            compile $arm64 -DCMAKE_C_COMPILER="$(arm64_gcc)" -DOQS_DIST_BUILD=OFF -DOQS_OPT_TARGET=neoverse-v1 ;;

        # A wrong round constant of Keccak: in agreement with itself, so a round trip passes, and with nobody else.
        liboqs-0.13.0-wrong-constant-amd64)
            liboqs_0_13; change $constant 's/8003/8001/' $keccak $keccak_avx2; compile; refute $final_core ;;
        # The same in the four-fold AVX2 code alone, which processors without AVX2 never reach.
        liboqs-0.13.0-wrong-avx2-amd64) liboqs_0_13; change $constant 's/8003/8001/' $keccak_avx2; compile; refute $final_core ;;
        # A wrong zeta in ML-DSA's NTT: no signature ever satisfies the norm bounds, and signing does not end.
        liboqs-0.13.0-endless-amd64)
            liboqs_0_13; change ' 25847,' 's/ 25847,/ 25848,/' src/sig/ml_dsa/pqcrystals-dilithium-standard_ml-dsa-87_ref/ntt.c
            compile -DOQS_DIST_BUILD=OFF -DOQS_OPT_TARGET=x86-64 ;;

        # What an interrupted copy leaves.
        liboqs-0.13.0-truncated-amd64)
            (main liboqs-0.13.0-amd64)
            head -c 300000 "$libs/liboqs-0.13.0-amd64/liboqs.so.7" >"$out/liboqs.so.7" ;;
        *) say "no library \`$1\` is known here; known are: $all"; exit 2 ;;
    esac
}

every='KEM_ml_kem_512;KEM_ml_kem_768;KEM_ml_kem_1024;SIG_ml_dsa_44;SIG_ml_dsa_65;SIG_ml_dsa_87'
sets='KEM_ml_kem_768;SIG_ml_dsa_87'
final_core='OQS_KEM_ml_kem_768=44e1a1bc922dc324 OQS_SIG_ml_dsa_87=648f7336b336480f'
final="$final_core OQS_KEM_ml_kem_512=4dfc0763671ffc6f OQS_KEM_ml_kem_1024=27afc271af270f79
OQS_SIG_ml_dsa_44=d19584e024776014 OQS_SIG_ml_dsa_65=398351aef50dce93"
rosenpass='OQS_KEM_kyber_512=06858b9e03cb56d2 OQS_KEM_classic_mceliece_460896=3f242d5a71e85797'
arm64='-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64'
xkcp=src/common/sha3/xkcp_low
keccak="$xkcp/KeccakP-1600/plain-64bits/KeccakP-1600-opt64.c $xkcp/KeccakP-1600/avx2/KeccakP-1600-AVX2.S"
keccak_avx2=$xkcp/KeccakP-1600times4/avx2/KeccakP-1600-times4-SIMD256.c
constant=0x8000000000008003

liboqs_0_13() { fetch 0.11.0+liboqs-0.13.0 ac6d66ee528a895ce5cc08851698d109c5d7ee5d7a0b3b40d61550eda91e414f; }
liboqs_0_12() { fetch 0.10.0+liboqs-0.12.0 13a5ba992d8a152252e11fb8ebb859923fa8b941f5e374d3b6c21b18d24fff81; }

liboqs_0_8() {
    fetch 0.8.0 7fa114149fb6e5362b9cf539de9305a6a3cf1556fbfa93b5053b4f70cf3adfb9
    sets='KEM_kyber_512;KEM_classic_mceliece_460896'
}

# Sets `source` to the liboqs inside a crate, wherever cargo is configured to take crates from.
fetch() {
    project=$sources/$1
    mkdir -p "$project"
    cat >"$project/Cargo.toml" <<END
[package]
name = "sources"
version = "0.0.0"
[lib]
path = "none.rs"
[dependencies]
oqs-sys = { version = "=$1", default-features = false }
[workspace]
END
    if [ ! -e "$project/liboqs" ]; then
        tools/retry cargo fetch --quiet --manifest-path "$project/Cargo.toml"
        if ! grep -q "^checksum = \"$2\"" "$project/Cargo.lock"; then
            say "oqs-sys $1 has not the checksum $2 (see $project/Cargo.lock)"
            exit 2
        fi
        manifest=$(cargo metadata --offline --format-version 1 --manifest-path "$project/Cargo.toml" |
            python3 -c 'import json, sys; print(*(p["manifest_path"] for p in json.load(sys.stdin)["packages"] if p["name"] == "oqs-sys"))')
        ln -s "$(dirname "$manifest")/liboqs" "$project/liboqs"
    fi
    # In a copy, whose files faults are planted in; what the last library had changed is put right.
    source=$project/tree
    if [ ! -e "$source" ]; then
        cp -RL "$project/liboqs" "$source"
        chmod -R u+w "$source"
    fi
    for file in $(cat "$source/changed" 2>/dev/null); do cp "$project/liboqs/$file" "$source/$file"; done
    rm -f "$source/changed"
}

# Changes the lines that say LINES in every FILE of `source`, which must have one: `change LINES SED FILE…`.
change() {
    lines=$1 edit=$2
    shift 2
    for file in "$@"; do
        grep -q "$lines" "$source/$file" || { say "$name: $file has no line with $lines"; exit 2; }
        echo "$file" >>"$source/changed"
        sed -i "/$lines/$edit" "$source/$file"
    done
}

# Builds the shared library from `source` with `sets`: `compile OPTION…`; options given later count. What another library
# was built from in the same way is not compiled again.
compile() {
    objects=$build/$(echo "$source $sets $*" | sha256sum | cut -c 1-16)
    mkdir -p "$build"
    if ! {
        cmake -G Ninja -S "$source" -B "$objects" -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON \
            -DOQS_BUILD_ONLY_LIB=ON -DOQS_USE_OPENSSL=OFF -DOQS_DIST_BUILD=ON -DOQS_MINIMAL_BUILD="$sets" "$@" &&
            ninja -C "$objects"
    } >"$build/$name.log" 2>&1; then
        tail -n 20 "$build/$name.log" >&2
        say "$name does not build; all of it: $build/$name.log"
        exit 2
    fi
    cp -P "$objects"/lib/liboqs.so* "$out/"
}

# The library speaks what the fingerprints say.
prove() { case $name in *-"$machine") python3 lab/images/fingerprint.py "$out/liboqs.so" "$@" ;; esac; }
machine=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')

# The library does not, and yet agrees with itself.
refute() {
    # 1: a digest differs. Anything else is not the fault that was planted.
    case $name in *-"$machine") ;; *) return ;; esac
    python3 lab/images/fingerprint.py "$out/liboqs.so" "$@" >/dev/null && code=0 || code=$?
    if [ "$code" != 1 ]; then say "$name is not wrong in the way that was planted (fingerprint.py: $code)"; exit 2; fi
}

arm64_gcc() {
    tools/need arm64-cc
    if [ "$machine" = arm64 ]; then echo cc; else echo aarch64-linux-gnu-gcc; fi
}

# Debian's musl for arm64 around the compiler for arm64, as `musl-gcc` is for the machine's own.
arm64_musl_gcc() {
    tools/need mmdebstrap
    root=$PWD/$sources/musl-arm64
    if [ ! -e "$root/gcc" ]; then
        rm -rf "$root"
        mkdir -p "$root"
        # In a session of its own, because on failure it sends a SIGHUP to the whole process group.
        tools/debian-sources trixie >"$root.list"
        [ -s "$root.list" ] && mirror=$root.list || mirror=
        tools/retry setsid --wait mmdebstrap --quiet --variant=extract --architectures=arm64 --include=musl-dev \
            trixie "$root.tar" ${mirror:+"$mirror"}
        tar -xf "$root.tar" -C "$root" --exclude='./dev/*'
        rm "$root.tar"
        specs=$(find "$root" -name musl-gcc.specs)
        sed -i "s|/usr/|$root/usr/|g; s|$root/usr/lib/gcc|/usr/lib/gcc|g" "$specs"
        # The kernel's headers are the same for every C library.
        headers='-idirafter /usr/aarch64-linux-gnu/include -idirafter /usr/include/aarch64-linux-gnu'
        printf '#!/bin/sh\nexec %s "$@" -specs %s %s\n' "$(arm64_gcc)" "$specs" "$headers" >"$root/gcc"
        chmod +x "$root/gcc"
    fi
    echo "$root/gcc"
}

say() { echo "lab/images/libraries.sh: $*" >&2; }

main "$@"
rm -rf "$build" "$sources"/*/tree*
