//! Words as a user types them: other spellings are understood, and slips of the pen are pointed out.

use std::fs;

use crate::command::{folder, json, pqcheck};

#[test]
fn slips_of_the_pen_are_pointed_out() {
    for (arguments, word, meant) in [
        (&["helth"][..], "helth", "health"),
        (&["kat", "--algoritm", "ML-KEM-768"], "--algoritm", "--algorithm"),
        (&["kat", "--algorithm", "ML-KEM-769"], "ML-KEM-769", "ML-KEM-768"),
        (&["kat", "--operation", "decap"], "decap", "decaps"),
        (&["kat", "--operation", "encapsulate"], "encapsulate", "encaps"),
        (&["kat", "--algorithm", "ML-KEM 768"], "ML-KEM 768", "ML-KEM-768"),
        (&["doctor", "--explain", "libc-mismtach"], "libc-mismtach", "libc-mismatch"),
        (&["kat", "--format", "jnuit"], "jnuit", "junit"),
        (&["kat", "--backend", "rustcrypo"], "rustcrypo", "rustcrypto"),
        (&["kat", "--backend", "broken:draft-g-of"], "draft-g-of", "broken:draft-g-of-d"),
        (&["kat", "--force-path=rustcrypto/outo"], "rustcrypto/outo", "rustcrypto/auto"),
        (&["bench", "--backend", "rustcrypto/outo"], "rustcrypto/outo", "rustcrypto/auto"),
        (&["bench", "--algorithm", "ML-DSA-88"], "ML-DSA-88", "ML-DSA-87"),
        (&["man", "heath"], "heath", "health"),
        (&["completions", "bsh"], "bsh", "bash"),
    ] {
        let run = pqcheck(arguments);
        assert_eq!(run.code, 2, "{}", run.everything());
        assert_eq!(run.stdout, "", "{}", run.everything());
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.everything());
        let meant = format!("did you mean `{meant}`?");
        assert!(run.stderr.contains(word) && run.stderr.contains(&meant), "{}", run.everything());
    }
}

#[test]
fn a_health_check_with_a_wrong_word_is_one_line_and_exit_code_1() {
    for arguments in [
        &["health", "--require", "ML-KEM-769"][..],
        &["health", "--backend", "rustcrypo"],
        &["health", "--requier", "ML-KEM-768"],
        &["--require", "ML-KEM-769"],
    ] {
        let run = pqcheck(arguments);
        assert_eq!((run.code, run.stderr.as_str()), (1, ""), "{}", run.everything());
        assert_eq!(run.stdout.lines().count(), 1, "{}", run.everything());
        assert!(
            run.stdout.starts_with("unhealthy: ") && run.stdout.contains("did you mean `"),
            "{}",
            run.everything()
        );
    }
}

#[test]
fn words_are_understood_in_any_case() {
    for arguments in [
        &["kat", "--backend", "LIBCRUX", "--case", "*tc1", "--operation", "Keygen", "--format", "JSON"][..],
        &["doctor", "--explain", "GLIBC-TOO-OLD"],
        &["list", "--format", "Json"],
    ] {
        let run = pqcheck(arguments);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.everything());
    }
    let page = json(&pqcheck(["doctor", "--explain", "glibc-too-old", "--format", "json"]));
    assert_eq!(page["id"], "glibc-too-old");
}

#[test]
fn an_algorithm_is_understood_as_libraries_write_it() {
    let cases = |algorithm| {
        let run = pqcheck([
            "kat",
            "--backend",
            "libcrux",
            "--case",
            "*tc1",
            "--algorithm",
            algorithm,
            "--format",
            "json",
        ]);
        assert_eq!(run.code, 0, "{algorithm}: {}", run.everything());
        let cases = json(&run)["cases"].as_array().unwrap().clone();
        cases
            .into_iter()
            .map(|case| format!("{} {} {}", case["algorithm"], case["suite"], case["case"]))
            .collect::<Vec<_>>()
    };
    let published = cases("ML-KEM-768");
    assert!(
        published.len() > 1 && published.iter().all(|case| case.starts_with("\"ML-KEM-768\" ")),
        "{published:?}"
    );
    for spelling in ["mlkem768", "MLKEM768", "ml_kem_768", "id-alg-ml-kem-768"] {
        assert_eq!(cases(spelling), published, "{spelling}");
    }
    let run = pqcheck(["health", "--backend", "libcrux", "--require", "mldsa87,CHACHA20_POLY1305"]);
    assert_eq!(run.code, 0, "{}", run.everything());
    assert!(
        run.stdout.contains("ML-DSA-87") && run.stdout.contains("ChaCha20-Poly1305"),
        "{}",
        run.everything()
    );
}

#[test]
fn a_file_that_is_not_there_has_its_neighbour_named() {
    let folder = folder("neighbours");
    for name in ["prompt.json", "liboqs.so.7"] {
        fs::write(folder.join(name), "").unwrap();
    }
    for (option, name, meant) in
        [("--vectors", "promt.json", "prompt.json"), ("--library", "liboqs.so.8", "liboqs.so.7")]
    {
        let run = pqcheck(["kat", option, folder.join(name).to_str().unwrap()]);
        assert_eq!(run.code, 2, "{}", run.everything());
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.everything());
        let meant = format!("did you mean `{}`?", folder.join(meant).display());
        assert!(run.stderr.contains(&meant), "{}", run.everything());
    }
}
