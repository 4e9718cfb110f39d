//! JSON text to records, in one pass that borrows what it can. Knows the names `testGroups` and
//! `tests` and the ACVP wire wrapper, and no other field.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::super::field::quoted;
use super::{Document, Group, Record, Scalar};

/// No published record comes near this; a larger one would make the lookups slow.
const MOST_FIELDS: usize = 64;

/// Reads the objects of `text`: the one that it is, or all that are in its list. ACVP's wire form is such a list,
/// `[ {"acvVersion": "1.0"}, {a vector set} ]`, and a session has several sets in it.
pub(in super::super) fn parse(text: &str) -> Result<Vec<Document<'_>>, serde_json::Error> {
    serde_json::from_str::<Documents<'_>>(text).map(|documents| documents.0)
}

struct Documents<'a>(Vec<Document<'a>>);

impl<'a> Record<'a> {
    fn push<E: serde::de::Error>(&mut self, key: Cow<'a, str>, value: Scalar<'a>) -> Result<(), E> {
        if self.0.len() == MOST_FIELDS {
            return Err(E::custom(format_args!("more than {MOST_FIELDS} fields in one object")));
        }
        if self.0.iter().any(|(known, _)| *known == key) {
            return Err(E::custom(format_args!("field `{}` twice in one object", quoted(&key))));
        }
        if !matches!(value, Scalar::Null) {
            self.0.push((key, value));
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Documents<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = Documents<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a vector set")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Ok(Documents(vec![document(map)?]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut documents = Vec::new();
                while let Some(Element(document)) = seq.next_element()? {
                    documents.extend(document);
                }
                Ok(Documents(documents))
            }
        }
        deserializer.deserialize_any(Shape)
    }
}

/// An element of a list at the top, where it is an object.
struct Element<'a>(Option<Document<'a>>);

impl<'de> Deserialize<'de> for Element<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = Element<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a vector set")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Ok(Element(Some(document(map)?)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Element(None))
            }

            fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
                Ok(Element(None))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Element(None))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(Element(None))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
                Ok(Element(None))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(Element(None))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Element(None))
            }
        }
        deserializer.deserialize_any(Shape)
    }
}

fn document<'de, A: MapAccess<'de>>(mut map: A) -> Result<Document<'de>, A::Error> {
    let mut document = Document { head: Record::default(), groups: None };
    while let Some(Text(key)) = map.next_key()? {
        if key == "testGroups" {
            if document.groups.is_some() {
                return Err(A::Error::custom("field `testGroups` twice in one object"));
            }
            document.groups = Some(map.next_value()?);
        } else {
            document.head.push(key, map.next_value()?)?;
        }
    }
    Ok(document)
}

impl<'de> Deserialize<'de> for Group<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = Group<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a test group")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Record::default();
                let mut tests = None;
                while let Some(Text(key)) = map.next_key()? {
                    if key == "tests" {
                        if tests.is_some() {
                            return Err(A::Error::custom("field `tests` twice in one object"));
                        }
                        tests = Some(map.next_value()?);
                    } else {
                        fields.push(key, map.next_value()?)?;
                    }
                }
                let tests = tests.ok_or_else(|| A::Error::missing_field("tests"))?;
                Ok(Group { fields, tests })
            }
        }
        deserializer.deserialize_map(Shape)
    }
}

impl<'de> Deserialize<'de> for Record<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = Record<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a test case")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut record = Record::default();
                while let Some(Text(key)) = map.next_key()? {
                    record.push(key, map.next_value()?)?;
                }
                Ok(record)
            }
        }
        deserializer.deserialize_map(Shape)
    }
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = Scalar<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Scalar::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Scalar::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
                Ok(Scalar::Flag(flag))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Scalar::Number(number))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(Scalar::Other("a negative number"))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(Scalar::Other("a fraction"))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Scalar::Null)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut texts = Vec::new();
                let mut only_texts = true;
                while let Some(element) = seq.next_element()? {
                    match element {
                        Scalar::Text(text) => texts.push(text),
                        _ => only_texts = false,
                    }
                }
                Ok(if only_texts { Scalar::List(texts) } else { Scalar::Other("a list of other things") })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other("an object"))
            }
        }
        deserializer.deserialize_any(Shape)
    }
}

/// A string that borrows from the text wherever it holds no escape.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Shape)
    }
}
