//! Every stable name in one place: a rename shows up in review.

use std::fmt::Write as _;

use expect_test::expect_file;
use serde_json::Value;

use crate::command::{json, pqcheck};

#[test]
fn stable_names_stay() {
    let list = json(&pqcheck(["list", "--format", "json"]));
    let mut text = String::new();
    for (key, field) in [
        ("backends", "id"),
        ("formats", "id"),
        ("vector_formats", "id"),
        ("algorithms", ""),
        ("operations", ""),
        ("skip_reasons", "id"),
        ("exit_codes", "code"),
        ("faults", "id"),
        ("rules", "id"),
        ("causes", "id"),
    ] {
        for entry in list[key].as_array().unwrap_or_else(|| panic!("no `{key}` in {list:#}")) {
            let name = match entry {
                Value::Object(entry) if !field.is_empty() => entry[field].to_string(),
                entry => entry.to_string(),
            };
            writeln!(text, "{key}: {}", name.trim_matches('"')).unwrap();
        }
    }
    expect_file!["names.txt"].assert_eq(&text);
}
