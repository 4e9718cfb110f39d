//! Every form of file, told by its content, and every way in which one can be bad.

use std::fs;

use expect_test::expect;

use super::*;
use crate::vector::{Answer, Task};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");

fn fixture(name: &str) -> String {
    fs::read_to_string(format!("{FIXTURES}/{name}")).unwrap()
}

/// Every case of what `text` holds, one a line, or the message.
fn described(path: &str, text: &str) -> String {
    match understand(Path::new(path), text) {
        Ok(contents) => contents.iter().map(content).collect(),
        Err(error) => format!("{error}\n"),
    }
}

fn content(content: &Content) -> String {
    match content {
        Content::Suite { name, cases, .. } => {
            let line = |case: &Case<'_>| {
                let bad = case.bad.map(|why| format!(" BAD: {why}")).unwrap_or_default();
                format!("  {} {} {} {}{bad}\n", case.name, case.algorithm, case.operation, case.class)
            };
            format!("{name}\n{}", cases.iter().map(line).collect::<String>())
        }
        Content::Half { part, .. } => format!("{part:?}\n"),
        Content::Foreign(algorithm) => format!("foreign: {algorithm}\n"),
        Content::NoVectors(what) => format!("no vectors: {what}\n"),
        Content::Damaged(error) => format!("{error}\n"),
    }
}

/// The cases of a file with one suite.
fn cases_of(text: &str) -> Vec<Case<'static>> {
    match understand(Path::new("x"), text).unwrap().swap_remove(0) {
        Content::Suite { cases, .. } => cases,
        _ => panic!("no suite"),
    }
}

/// Every fixture, by its path under the folder.
fn fixtures() -> Vec<(String, String)> {
    let found = open::find(&[FIXTURES]).unwrap();
    let name = |path: &Path| path.strip_prefix(FIXTURES).unwrap().to_str().unwrap().to_owned();
    found.iter().map(|source| (name(&source.path), open::load(&source.path).unwrap())).collect()
}

#[test]
fn every_form_is_told_by_its_content() {
    let mut text = String::new();
    for (name, content) in fixtures() {
        // The name says nothing: only the suite is called after it.
        text += &format!("{name}: {}", described("some/file.json", &content));
    }
    expect![[r#"
        acvp/older/ML-KEM-encapDecap-FIPS203/internalProjection.json: acvp/ML-KEM-encapDecap-FIPS203
          tc1 ML-KEM-512 encaps encapsulation/AFT
          tc76 ML-KEM-512 decaps decapsulation/no modification
          tc77 ML-KEM-512 decaps decapsulation/modify ciphertext
        acvp/pair/ML-DSA-sigVer-FIPS204/expectedResults.json: Results
        acvp/pair/ML-DSA-sigVer-FIPS204/prompt.json: Prompt
        acvp/pair/ML-KEM-encapDecap-FIPS203/expectedResults.json: Results
        acvp/pair/ML-KEM-encapDecap-FIPS203/prompt.json: Prompt
        acvp/pair/ML-KEM-keyGen-FIPS203/expectedResults.json: Results
        acvp/pair/ML-KEM-keyGen-FIPS203/prompt.json: Prompt
        acvp/projection/ML-DSA-sigGen-FIPS204/internalProjection.json: acvp/ML-DSA-sigGen-FIPS204
          tc16 ML-DSA-44 sign external/preHash/SHA2-512/256/deterministic BAD: the published signature does not verify under its own public key
          tc91 ML-DSA-44 sign internal/externalMu/deterministic
          tc182 ML-DSA-44 sign external/pure/hedged
        acvp/projection/ML-KEM-keyGen-FIPS203/internalProjection.json: acvp/ML-KEM-keyGen-FIPS203
          tc1 ML-KEM-512 keygen keyGen/AFT
        acvp/tr1/ML-DSA-sigGen-FIPS204-tr1/internalProjection.json: acvp/ML-DSA-sigGen-FIPS204-tr1
          tc1 ML-DSA-44 sign external/pure/deterministic/seed
        acvp/tr1/ML-KEM-encapDecap-FIPS203-tr1/internalProjection.json: acvp/ML-KEM-encapDecap-FIPS203-tr1
          tc1 ML-KEM-512 decaps decapsulation/seed/modified ciphertext
          tc2 ML-KEM-512 decaps decapsulation/valid decapsulation
          tc3 ML-KEM-512 decaps decapsulationKeyCheck/valid decapsulation key
        acvp/wire/ML-DSA-keyGen-FIPS204/internalProjection.json: acvp/ML-DSA-keyGen-FIPS204
          tc1 ML-DSA-44 keygen keyGen/AFT
        rsp/kat_MLDSA_44_det_pure.rsp: rsp/file
          count0 ML-DSA-44 sign external/pure/deterministic
        rsp/kat_MLKEM_512.rsp: rsp/file
          count0 ML-KEM-512 decaps keygen+encaps+decaps/implicit rejection
          count1 ML-KEM-512 decaps keygen+encaps+decaps/implicit rejection
        wycheproof/chacha20_poly1305_test.json: wycheproof/file
          tc1 ChaCha20-Poly1305 seal seal/Ktv
          tc146 ChaCha20-Poly1305 open open/ModifiedTag
          tc317 ChaCha20-Poly1305 open open/InvalidNonceSize
        wycheproof/mldsa_44_sign_noseed_test.json: wycheproof/file
          tc1 ML-DSA-44 sign sign/ValidSignature
          tc52 ML-DSA-44 sign sign/InvalidPrivateKey
        wycheproof/mldsa_44_sign_seed_test.json: wycheproof/file
          tc5 ML-DSA-44 sign sign/InvalidContext
          tc84 ML-DSA-44 sign sign/IncorrectPrivateKeyLength
          tc88 ML-DSA-44 sign sign/ValidSignature+Internal
          tc90 ML-DSA-44 sign sign/Randomized+ValidSignature
        wycheproof/mldsa_44_verify_test.json: wycheproof/file
          tc1 ML-DSA-44 verify verify/ValidSignature
          tc8 ML-DSA-44 verify verify/ModifiedSignature
        wycheproof/mlkem_512_encaps_test.json: wycheproof/file
          tc2 ML-KEM-512 encaps encaps/ModulusOverflow
          tc10 ML-KEM-512 encaps encaps/valid
        wycheproof/mlkem_512_keygen_seed_test.json: wycheproof/file
          tc1 ML-KEM-512 keygen keygen/valid
        wycheproof/mlkem_512_semi_expanded_decaps_test.json: wycheproof/file
          tc6 ML-KEM-512 decaps decaps/InvalidDecapsulationKey
          tc8 ML-KEM-512 decaps decaps/MalleableCiphertext
        wycheproof/mlkem_512_test.json: wycheproof/file
          tc102 ML-KEM-512 decaps decaps/invalid
          tc194 ML-KEM-512 decaps decaps/MalleableCiphertext
        wycheproof/xchacha20_poly1305_test.json: foreign: XCHACHA20-POLY1305
    "#]].assert_eq(&text);
}

#[test]
fn a_folder_is_read_whole_and_names_are_unique() {
    let mut notes = Vec::new();
    let suites = read_noting(&[FIXTURES], &mut |path, why| {
        notes.push(format!("{}: {why}", path.strip_prefix(FIXTURES).unwrap().display()));
    })
    .unwrap();
    let lines: Vec<_> = suites
        .iter()
        .map(|suite| format!("{} {}", suite.name.replace(FIXTURES, "…"), suite.cases.len()))
        .collect();
    expect![[r#"
        …/acvp/older/ML-KEM-encapDecap-FIPS203/internalProjection.json 3
        acvp/ML-DSA-sigVer-FIPS204 4
        …/acvp/pair/ML-KEM-encapDecap-FIPS203/prompt.json 6
        …/acvp/pair/ML-KEM-keyGen-FIPS203/prompt.json 1
        acvp/ML-DSA-sigGen-FIPS204 3
        …/acvp/projection/ML-KEM-keyGen-FIPS203/internalProjection.json 1
        acvp/ML-DSA-sigGen-FIPS204-tr1 1
        acvp/ML-KEM-encapDecap-FIPS203-tr1 3
        acvp/ML-DSA-keyGen-FIPS204 1
        rsp/kat_MLDSA_44_det_pure 1
        rsp/kat_MLKEM_512 2
        wycheproof/chacha20_poly1305_test 3
        wycheproof/mldsa_44_sign_noseed_test 2
        wycheproof/mldsa_44_sign_seed_test 4
        wycheproof/mldsa_44_verify_test 2
        wycheproof/mlkem_512_encaps_test 2
        wycheproof/mlkem_512_keygen_seed_test 1
        wycheproof/mlkem_512_semi_expanded_decaps_test 2
        wycheproof/mlkem_512_test 2"#]]
    .assert_eq(&lines.join("\n"));
    assert_eq!(notes, ["wycheproof/xchacha20_poly1305_test.json: `XCHACHA20-POLY1305` is not tested"]);
}

#[test]
fn a_named_file_of_another_algorithm_is_an_error() {
    let path = format!("{FIXTURES}/wycheproof/xchacha20_poly1305_test.json");
    let error = read(&[&path]).unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "{path}: `XCHACHA20-POLY1305` is not an algorithm that pqcheck tests (ML-KEM, ML-DSA, ChaCha20-Poly1305); leave the file out"
        )
    );
}

#[test]
fn a_misspelt_algorithm_is_an_error_even_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let text = fixture("wycheproof/mlkem_512_test.json").replace("\"ML-KEM\"", "\"ML-KEM-2048\"");
    fs::write(folder.path().join("x.json"), text).unwrap();
    let error = read(&[folder.path()]).unwrap_err().to_string();
    assert!(
        error.contains("x.json: field `algorithm`: unknown value `ML-KEM-2048`; known: ML-KEM-512, "),
        "{error}"
    );
}

#[test]
fn nothing_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    assert!(read(&[folder.path()]).unwrap().is_empty());
    fs::write(folder.path().join("README.md"), "x").unwrap();
    assert!(read(&[folder.path()]).unwrap().is_empty());
}

#[test]
fn a_packed_file_is_the_same_suite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlkem_512_test.json.gz");
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, fixture("wycheproof/mlkem_512_test.json").as_bytes()).unwrap();
    fs::write(&path, encoder.finish().unwrap()).unwrap();
    let packed = read(&[path]).unwrap();
    let plain = read(&[format!("{FIXTURES}/wycheproof/mlkem_512_test.json")]).unwrap();
    assert_eq!((&packed[0].name, &packed[0].cases), (&plain[0].name, &plain[0].cases));
}

#[test]
fn files_that_hold_no_vectors_are_passed_over_in_a_folder_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registration.json");
    fs::write(&path, r#"{"vsId": 42, "algorithm": "ML-KEM", "mode": "keyGen", "revision": "FIPS203"}"#)
        .unwrap();
    assert!(read(&[folder.path()]).unwrap().is_empty());
    assert!(matches!(read(&[path]), Err(Error::Unknown { .. })));
    fs::write(folder.path().join("package.json"), "{}").unwrap();
    assert!(read(&[folder.path()]).unwrap().is_empty());
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let sig_gen = "acvp/projection/ML-DSA-sigGen-FIPS204/internalProjection.json";
    let key_gen = "acvp/wire/ML-DSA-keyGen-FIPS204/internalProjection.json";
    let older = "acvp/older/ML-KEM-encapDecap-FIPS203/internalProjection.json";
    let tr1 = "acvp/tr1/ML-KEM-encapDecap-FIPS203-tr1/internalProjection.json";
    let wycheproof = "wycheproof/mlkem_512_test.json";
    // A text in a fixture, and what is written in its place.
    let faults = [
        (sig_gen, r#""ML-DSA""#, r#""ML-DSA-9""#),
        (sig_gen, r#""ML-DSA""#, "null"),
        (sig_gen, r#""sigGen""#, r#""sigGun""#),
        (sig_gen, r#""FIPS204""#, r#""FIPS203""#),
        (sig_gen, r#""preHash": "preHash""#, r#""preHash": "after""#),
        (sig_gen, r#""deterministic": true"#, r#""deterministic": "yes""#),
        (sig_gen, r#""SHA2-512/256""#, r#""SHA-1""#),
        (sig_gen, r#""tcId": 16"#, r#""tcId": "16""#),
        (sig_gen, r#""tcId": 16"#, r#""tcId": -16"#),
        (sig_gen, r#""signature""#, r#""signatur""#),
        (sig_gen, r#""parameterSet": "ML-DSA-44""#, r#""parameterSet": "ML-KEM-512""#),
        (sig_gen, r#""testType": "AFT""#, r#""testType": "GDT""#),
        (key_gen, r#""seed": ""#, r#""seed": "0"#),
        (key_gen, r#""seed": ""#, r#""seed": "00"#),
        (key_gen, r#""pk": ""#, r#""pk": "\n0"#),
        (key_gen, r#""pk": ""#, r#""pk": 5, "pc": ""#),
        (key_gen, r#""acvVersion": "1.0""#, r#""testGroups": []"#),
        (older, r#""encapsulation""#, r#""encryption""#),
        (older, r#""m": ""#, r#""m": null, "n": ""#),
        (tr1, r#""keyFormat": "seed""#, r#""keyFormat": "pem""#),
        (tr1, r#""tcId": 2"#, r#""tcId": 1"#),
        (wycheproof, r#""valid""#, r#""maybe""#),
        (wycheproof, r#""MLKEMTest""#, r#""MLKEMRest""#),
        (wycheproof, r#""MLKEMTest""#, r#""AeadTest""#),
        (wycheproof, r#""numberOfTests": 2"#, r#""numberOfTests": 3"#),
        (wycheproof, r#""testGroups": ["#, r#""testGroups": [{},"#),
        (wycheproof, r#""testGroups": ["#, r#""testGroups": 5, "rest": ["#),
        (wycheproof, r#""algorithm""#, r#""algorithm": "ML-KEM", "algorithm""#),
        (wycheproof, "{", "["),
    ];
    let mut text = String::new();
    for (name, from, to) in faults {
        let content = fixture(name);
        assert!(content.contains(from), "{from}");
        text += &described("x.json", &content.replacen(from, to, 1));
    }
    expect![[r#"
        x.json: field `algorithm`: unknown value `ML-DSA-9`; known: ML-KEM, ML-DSA
        x.json: field `algorithm`: missing; fetch the file again from its publisher
        x.json: field `mode`: unknown value `sigGun`; known: keyGen, sigGen, sigVer
        x.json: field `revision`: unknown value `FIPS203`; known: FIPS204, FIPS204-tr1
        x.json: tgId 2/tcId 16: field `preHash`: unknown value `after`; known: pure, preHash
        x.json: tgId 2/tcId 16: field `deterministic`: is a string, must be `true` or `false`; fetch the file again from its publisher
        x.json: tgId 2/tcId 16: field `hashAlg`: unknown value `SHA-1`; known: SHA2-256, SHA2-384, SHA2-512, SHA2-224, SHA2-512/224, SHA2-512/256, SHA3-224, SHA3-256, SHA3-384, SHA3-512, SHAKE-128, SHAKE-256
        x.json: tgId 2: field `tcId`: is a string, must be a number from 0; fetch the file again from its publisher
        x.json: tgId 2: field `tcId`: is a negative number, must be a number from 0; fetch the file again from its publisher
        x.json: tgId 2/tcId 16: field `signature`: missing; fetch the file again from its publisher
        x.json: tgId 2/tcId 16: field `parameterSet`: unknown value `ML-KEM-512`; known: ML-DSA-44, ML-DSA-65, ML-DSA-87
        x.json: tgId 2/tcId 16: field `testType`: unknown value `GDT`; known: AFT
        x.json: tgId 1/tcId 1: field `seed`: odd number of hexadecimal digits (65); fetch the file again from its publisher
        x.json: tgId 1/tcId 1: field `seed`: length 33, the standard says 32 bytes; fetch the file again from its publisher
        x.json: tgId 1/tcId 1: field `pk`: `\n` at digit 0 is not hexadecimal; fetch the file again from its publisher
        x.json: tgId 1/tcId 1: field `pk`: is a number, must be a string; fetch the file again from its publisher
        acvp/ML-DSA-keyGen-FIPS204
          tc1 ML-DSA-44 keygen keyGen/AFT
        x.json: tgId 1/tcId 1: field `function`: unknown value `encryption`; known: encapsulation, decapsulation, encapsulationKeyCheck, decapsulationKeyCheck
        x.json: tgId 1/tcId 1: field `m`: missing; fetch the file again from its publisher
        x.json: tgId 1/tcId 1: field `keyFormat`: unknown value `pem`; known: seed, expanded, none
        x.json: tgId 2/tcId 1: field `tcId`: given to two cases; fetch the file again from its publisher
        x.json: tcId 194: field `result`: unknown value `maybe`; known: valid, invalid, acceptable
        x.json: tcId 102: field `type`: unknown value `MLKEMRest`; known: MLKEMTest, MLKEMEncapsTest, MLKEMKeyGen, MLKEMDecapsValidationTest, MlDsaSign, MlDsaVerify, AeadTest
        x.json: tcId 102: field `type`: does not go with ML-KEM-512; fetch the file again from its publisher
        x.json: field `numberOfTests`: says 3, the file has 2; fetch the file again from its publisher
        x.json: line 11, column 19: malformed JSON: missing field `tests`; fetch the file again
        x.json: line 11, column 17: malformed JSON: invalid type: integer `5`, expected a sequence; fetch the file again
        x.json: line 2, column 46: malformed JSON: field `algorithm` twice in one object; fetch the file again
        x.json: line 2, column 14: malformed JSON: expected `,` or `]`; fetch the file again
    "#]].assert_eq(&text);
}

#[test]
fn an_acceptable_case_may_go_either_way() {
    let text = fixture("wycheproof/mlkem_512_test.json").replacen("\"valid\"", "\"acceptable\"", 1);
    let cases = cases_of(&text);
    let either = |case: &Case<'_>| matches!(case.task, Task::KemDecaps { answer: Answer::Either(_), .. });
    assert_eq!(cases.iter().filter(|case| either(case)).count(), 1);
    let text = fixture("wycheproof/mldsa_44_verify_test.json").replacen("\"valid\"", "\"acceptable\"", 1);
    assert!(described("x.json", &text).ends_with("unknown value `acceptable`; known: valid, invalid\n"));
}

#[test]
fn trailing_garbage_is_malformed() {
    let text = fixture("wycheproof/mlkem_512_test.json") + "x";
    assert!(
        described("x.json", &text).contains(": malformed JSON: trailing characters; fetch the file again")
    );
}

#[test]
fn one_value_is_enough_to_know_the_bad_vector() {
    let name = "acvp/projection/ML-DSA-sigGen-FIPS204/internalProjection.json";
    let renumbered = fixture(name).replace("\"tcId\": 16", "\"tcId\": 17000");
    assert!(
        described("x", &renumbered)
            .contains("tc17000 ML-DSA-44 sign external/preHash/SHA2-512/256/deterministic BAD")
    );
    let repaired = fixture(name).replace("\"signature\": \"209CE9D0", "\"signature\": \"209CE9D1");
    assert!(!described("x", &repaired).contains("BAD"));
}

#[test]
fn no_cut_and_no_flipped_byte_leads_to_a_panic() {
    for (name, content) in fixtures() {
        let path = Path::new(&name);
        for cut in (0..content.len()).step_by(97) {
            let _ = understand(path, &content[..cut]);
        }
        let mut bytes = content.into_bytes();
        for at in (0..bytes.len()).step_by(61) {
            let was = bytes[at];
            for mask in [0x01, 0x20, 0x5f] {
                bytes[at] = was ^ mask;
                if let Ok(text) = std::str::from_utf8(&bytes) {
                    let _ = understand(path, text);
                }
            }
            bytes[at] = was;
        }
    }
}

/// The derived `-tr1` fixtures hold real values: d before z, and the seed for the key.
#[test]
#[cfg(feature = "rustcrypto")]
fn a_seed_is_d_and_z_in_that_order() {
    use ml_kem::kem::{Decapsulate as _, KeyExport as _};

    use crate::spec::Algorithm;
    use crate::vector::{Expected, PrivateKey};

    let text = fixture("acvp/tr1/ML-KEM-encapDecap-FIPS203-tr1/internalProjection.json");
    let cases = cases_of(&text);
    let Task::KemDecaps { key: PrivateKey::Seed(seed), c, answer, .. } = &cases[0].task else { panic!() };
    let dk = ml_kem::DecapsulationKey512::from_seed((&**seed).try_into().unwrap());
    let shared_secret = dk.decapsulate((&**c).try_into().unwrap());
    assert_eq!(*answer, Answer::Accept(Expected::Value(shared_secret.to_vec().into())));

    let text = fixture("acvp/projection/ML-KEM-keyGen-FIPS203/internalProjection.json");
    let cases = cases_of(&text);
    assert_eq!(cases[0].algorithm, Algorithm::MlKem512);
    let Task::KemKeygen { seed, answer: Answer::Accept(keys) } = &cases[0].task else { panic!() };
    let dk = ml_kem::DecapsulationKey512::from_seed((&**seed).try_into().unwrap());
    assert_eq!(keys.ek, Some(Expected::Value(dk.encapsulation_key().to_bytes().to_vec().into())));
}

/// A copy of a fixture with some texts replaced.
#[track_caller]
fn altered(name: &str, pairs: &[(&str, &str)]) -> String {
    let mut text = fixture(name);
    for (from, to) in pairs {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    text
}

#[test]
fn a_folder_as_its_publisher_has_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let many: Vec<String> = (0..70).map(|number| format!("\"KEM-{number}\": \"00\"")).collect();
    let jwk = r#"{"numberOfTests": 1, "schema": "json_web_crypto_schema_v1.json", "testGroups": [{"type": "JsonWebCrypto", "tests": [{"tcId": 1}]}]}"#;
    let composite = r#"{"algorithm": "ML-DSA-44-Ed25519", "numberOfTests": 0, "testGroups": []}"#;
    let broken = r#"{"algorithm": "LMS", "vsId": 0, "mode": "keyGen",}"#;
    let nameless = r#"[{"acvVersion": "1.0"}, {"vsId": 7, "testGroups": [{"tgId": 1, "tests": [{"tcId": 1, "md": "00"}]}]}]"#;
    put("accumulated.json", r#"["BUS7IAZWYOZ4JHJQYDWRTJL4V7", 5, -1, 0.5, true, null, [1], {"a": 1}]"#);
    put("broken.json", broken);
    put("composite.json", composite);
    put("digests.rsp", "# SHA\n\ncount = 0\nmsg = 00\nmd = 00\n");
    put("jwk.json", jwk);
    put("kats.json", &format!("{{{}}}", many.join(",")));
    put("nameless.json", nameless);
    put(
        "none.json",
        r#"{"vsId": 1, "algorithm": "ML-KEM", "mode": "keyGen", "revision": "FIPS203", "testGroups": []}"#,
    );
    put("notes.json", "no JSON at all");
    put("schema.json", r#"{"type": "object", "properties": {"tcId": {"type": "integer"}}}"#);
    put("trailing.json", r#"{"a": 1,}"#);
    put(
        "verdict.json",
        r#"[{"acvVersion": "1.0"}, {"vsId": 1, "disposition": "passed", "tests": [{"tcId": 1, "result": "passed"}]}]"#,
    );
    put("z.json", &fixture("wycheproof/mlkem_512_keygen_seed_test.json"));
    let mut notes = Vec::new();
    let suites = read_noting(&[folder.path()], &mut |path, why| {
        notes.push(format!("{}: {why}\n", path.file_name().unwrap().to_str().unwrap()));
    });
    assert_eq!(suites.unwrap().iter().map(|suite| suite.cases.len()).collect::<Vec<_>>(), [1]);
    notes.sort();
    expect![[r#"
        accumulated.json: JSON with neither `vsId` (ACVP) nor `numberOfTests` and `testGroups` (Wycheproof)
        broken.json: `LMS` is not tested
        composite.json: `ML-DSA-44-Ed25519` is not tested
        digests.rsp: `SHA` is not tested
        jwk.json: `JsonWebCrypto` is not tested
        kats.json: JSON with neither `vsId` (ACVP) nor `numberOfTests` and `testGroups` (Wycheproof)
        nameless.json: answers of an algorithm that it does not name, without their prompt
        none.json: no cases
        notes.json: neither JSON nor `count = …` records
        schema.json: JSON with neither `vsId` (ACVP) nor `numberOfTests` and `testGroups` (Wycheproof)
        trailing.json: malformed JSON that speaks of no vectors
        verdict.json: ACVP without `testGroups`, such as a registration
    "#]]
    .assert_eq(&notes.concat());
    // Each of them is refused by its name, also beside one that has cases.
    for note in &notes {
        let path = folder.path().join(note.split(':').next().unwrap());
        let error = read(&[path, folder.path().join("z.json")]).unwrap_err().to_string();
        assert!(!error.contains("fetch the file again") || note.contains("malformed"), "{error}");
    }
}

#[test]
fn what_came_in_place_of_a_file_is_an_error_in_a_folder_too() {
    for (text, words) in [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "a pointer of Git LFS"),
        ("<!DOCTYPE html><title>404</title>", "HTML or XML"),
        (r#"{"vsId": 1, "testGroups": ["#, "malformed JSON"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x.json"), text).unwrap();
        let error = read(&[folder.path()]).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_session_has_several_sets_and_its_answers_need_no_mode() {
    let pair = |name: &str, part: &str| fixture(&format!("acvp/pair/{name}/{part}.json"));
    let numbered = |text: String, set: &str| {
        let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let object = match &mut value {
            serde_json::Value::Array(list) => list.pop().unwrap(),
            other => other.take(),
        };
        let serde_json::Value::Object(mut object) = object else { panic!() };
        object.insert("vsId".to_owned(), set.parse::<u64>().unwrap().into());
        object
    };
    let header = r#"{"url": "acvp/v1/testSessions/1", "vectorSetUrls": ["a", "b", "c"]}"#;
    let kem = ["ML-KEM-keyGen-FIPS203", "ML-KEM-encapDecap-FIPS203", "ML-KEM-keyGen-FIPS203"];
    let list = |part: &str, without: &[&str]| {
        let sets = kem.iter().zip(["11", "12", "13"]).map(|(name, set)| {
            let mut object = numbered(pair(name, part), set);
            without.iter().for_each(|field| drop(object.remove(*field)));
            serde_json::Value::Object(object).to_string()
        });
        format!("[{header}, {}]", sets.collect::<Vec<_>>().join(","))
    };
    for without in [&[][..], &["mode", "revision"], &["algorithm", "mode", "revision"]] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ML-KEM-vectors.json"), list("prompt", &[])).unwrap();
        fs::write(folder.path().join("ML-KEM-expected.json"), list("expectedResults", without)).unwrap();
        for paths in [
            folder.path().to_owned(),
            folder.path().join("ML-KEM-vectors.json"),
            folder.path().join("ML-KEM-expected.json"),
        ] {
            let suites = read(&[&paths]).unwrap();
            let names: Vec<_> = suites.iter().map(|suite| (&*suite.name, suite.cases.len())).collect();
            let file = folder.path().join("ML-KEM-vectors.json");
            let [first, third] = [11, 13].map(|set| format!("{} vsId {set}", file.display()));
            assert_eq!(
                names,
                [(&*first, 1), ("acvp/ML-KEM-encapDecap-FIPS203", 6), (&*third, 1)],
                "{without:?}"
            );
        }
    }
}

#[test]
fn a_key_check_without_its_key_is_a_counted_skip() {
    let name = "acvp/tr1/ML-KEM-encapDecap-FIPS203-tr1/internalProjection.json";
    let mut value: serde_json::Value = serde_json::from_str(&fixture(name)).unwrap();
    fn strip(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Array(list) => list.iter_mut().for_each(strip),
            serde_json::Value::Object(object) => {
                if object.get("function").is_some_and(|it| it == "decapsulationKeyCheck") {
                    object.insert("keyFormat".to_owned(), "none".into());
                    for test in object["tests"].as_array_mut().unwrap() {
                        ["dk", "d", "z", "ek"]
                            .iter()
                            .for_each(|field| drop(test.as_object_mut().unwrap().remove(*field)));
                    }
                }
                object.values_mut().for_each(strip);
            }
            _ => {}
        }
    }
    strip(&mut value);
    let cases = cases_of(&value.to_string());
    let bad: Vec<_> = cases.iter().map(|case| case.bad).collect();
    assert_eq!(bad, [None, None, Some("published without its key")]);
}

#[test]
fn the_wycheproof_files_of_2025_and_2026_are_read() {
    let name = "wycheproof/mlkem_512_semi_expanded_decaps_test.json";
    let mut value: serde_json::Value = serde_json::from_str(&fixture(name)).unwrap();
    let test = &mut value["testGroups"][0]["tests"][0];
    test["result"] = "valid".into();
    test.as_object_mut().unwrap().remove("K");
    let cases = cases_of(&value.to_string());
    assert!(matches!(
        cases[0].task,
        Task::KemDecaps { answer: Answer::Accept(crate::vector::Expected::Unpublished), .. }
    ));
    let text = altered("wycheproof/mldsa_44_sign_seed_test.json", &[("\"rnd\"", "\"randomness\"")]);
    let with = cases_of(&text);
    assert_eq!(with, cases_of(&fixture("wycheproof/mldsa_44_sign_seed_test.json")));
}
