//! The cases of ACVP's ML-KEM sets. Knows the fields of one case and its group.

use super::super::field::Fault;
use super::super::json::Row;
use super::super::{Answer, Encapsulation, KemKeys, PrivateKey, Task};
use super::{Question, Read, reason, seeded, value};
use crate::spec::{Algorithm, Operation, ml_kem};

/// The modes, each with its reader.
pub(super) const MODES: [(&str, Read); 2] = [("keyGen", keygen), ("encapDecap", encap_decap)];

/// Of one revision NIST published key checks without the keys.
const KEYLESS: &str = "published without its key";

const FUNCTIONS: [&str; 4] =
    ["encapsulation", "decapsulation", "encapsulationKeyCheck", "decapsulationKeyCheck"];

fn keygen(row: Row<'_, '_>) -> Result<(Algorithm, Question), Fault> {
    let set = parameter_set(row)?;
    let task = Task::KemKeygen {
        seed: seed(row)?.into(),
        answer: Answer::Accept(KemKeys {
            ek: Some(value(row, "ek", set.ek)?),
            dk: Some(value(row, "dk", set.dk)?),
        }),
    };
    let class = format!("keyGen/{}", row.choice("testType", &["AFT"])?);
    Ok((set.algorithm, Question { operation: Operation::Keygen, class, bad: None, task }))
}

fn encap_decap(row: Row<'_, '_>) -> Result<(Algorithm, Question), Fault> {
    let set = parameter_set(row)?;
    let function = row.choice("function", &FUNCTIONS)?;
    let mut class = function.to_owned();
    let names = if function == "encapsulationKeyCheck" { &["ek"][..] } else { &["dk", "d", "z"] };
    let keyless = function != "encapsulation" && !names.iter().any(|name| row.get(name).is_some());
    let key = |class: &mut String| match keyless {
        true => Ok(PrivateKey::Expanded(Vec::new().into())),
        false => private_key(row, class),
    };
    let (operation, task) = match function {
        "encapsulation" => {
            // The published reason is that of a decapsulation with these keys.
            class = format!("{class}/{}", row.choice("testType", &["AFT"])?);
            let task = Task::KemEncaps {
                ek: row.bytes("ek")?.into(),
                m: row.exactly("m", ml_kem::M)?.into(),
                answer: Answer::Accept(Encapsulation {
                    c: value(row, "c", set.c)?,
                    shared_secret: value(row, "k", ml_kem::SHARED_SECRET)?,
                }),
            };
            (Operation::Encaps, task)
        }
        "decapsulation" => {
            let task = Task::KemDecaps {
                key: key(&mut class)?,
                ek: None,
                c: row.bytes("c")?.into(),
                answer: Answer::Accept(value(row, "k", ml_kem::SHARED_SECRET)?),
            };
            (Operation::Decaps, task)
        }
        "encapsulationKeyCheck" => {
            let ek = if keyless { Vec::new() } else { row.bytes("ek")? };
            let task = Task::KemCheckEk { ek: ek.into(), valid: row.flag("testPassed")? };
            (Operation::Encaps, task)
        }
        _ => {
            let key = key(&mut class)?;
            (Operation::Decaps, Task::KemCheckDk { key, valid: row.flag("testPassed")? })
        }
    };
    if function != "encapsulation" {
        class = format!("{class}/{}", reason(row)?);
    }
    Ok((set.algorithm, Question { operation, class, bad: keyless.then_some(KEYLESS), task }))
}

/// `dk`, of the case or of its group, or else `d` and `z`; a seed is named in the class.
fn private_key(row: Row<'_, '_>, class: &mut String) -> Result<PrivateKey<'static>, Fault> {
    if seeded(row)? {
        class.push_str("/seed");
        Ok(PrivateKey::Seed(seed(row)?.into()))
    } else {
        Ok(PrivateKey::Expanded(row.bytes("dk")?.into()))
    }
}

fn seed(row: Row<'_, '_>) -> Result<Vec<u8>, Fault> {
    let mut seed = row.exactly("d", ml_kem::SEED)?;
    seed.extend(row.exactly("z", ml_kem::SEED)?);
    Ok(seed)
}

fn parameter_set(row: Row<'_, '_>) -> Result<&'static ml_kem::ParameterSet, Fault> {
    let known = ml_kem::ALL.each_ref().map(|set| set.algorithm.name());
    let name = row.choice("parameterSet", &known)?;
    let set = ml_kem::ALL.iter().find(|set| set.algorithm.name() == name);
    set.ok_or_else(|| Fault::unknown(row.place(), "parameterSet", name, &known))
}
