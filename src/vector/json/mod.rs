//! The shape that ACVP and Wycheproof files share: a head, groups, and cases, each of them a flat
//! record of fields. One pass over the text, which the records borrow. Knows no field's meaning.

use std::borrow::Cow;

use super::field::{FETCH, Fault, hex};

mod parse;

pub(super) use parse::parse;

/// A vector file: the head's own fields, and the groups if there are any.
#[derive(Debug)]
pub(super) struct Document<'a> {
    /// Everything at the top but `testGroups`.
    pub(super) head: Record<'a>,
    /// `testGroups`.
    pub(super) groups: Option<Vec<Group<'a>>>,
}

/// A group of cases.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// Everything in the group but `tests`.
    pub(super) fields: Record<'a>,
    /// `tests`.
    pub(super) tests: Vec<Record<'a>>,
}

/// The fields of a JSON object that are not null, in their order.
#[derive(Debug, Default)]
pub(super) struct Record<'a>(Vec<(Cow<'a, str>, Scalar<'a>)>);

/// What a field holds.
#[derive(Debug)]
pub(super) enum Scalar<'a> {
    /// A string.
    Text(Cow<'a, str>),
    /// A list of strings.
    List(Vec<Cow<'a, str>>),
    /// `true` or `false`.
    Flag(bool),
    /// A number from 0 up.
    Number(u64),
    /// `null`.
    Null,
    /// What no field of interest holds, in words.
    Other(&'static str),
}

/// A case with its group: looks fields up and says where they fail.
#[derive(Clone, Copy)]
pub(super) struct Row<'d, 'a> {
    group: &'d Record<'a>,
    test: &'d Record<'a>,
}

impl Document<'_> {
    /// Every case with its group, in the order of the file.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_, '_>> {
        let groups = self.groups.as_deref().unwrap_or_default();
        groups.iter().flat_map(|group| group.tests.iter().map(|test| Row { group: &group.fields, test }))
    }

    /// The same, independent of the text.
    pub(super) fn into_owned(self) -> Document<'static> {
        let groups = self.groups.map(|groups| {
            let owned = |group: Group<'_>| Group {
                fields: group.fields.into_owned(),
                tests: group.tests.into_iter().map(Record::into_owned).collect(),
            };
            groups.into_iter().map(owned).collect()
        });
        Document { head: self.head.into_owned(), groups }
    }
}

impl<'a> Record<'a> {
    /// The field of this name.
    pub(super) fn get(&self, name: &str) -> Option<&Scalar<'a>> {
        self.0.iter().find_map(|(key, value)| (key == name).then_some(value))
    }

    /// Whether there is a field of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The string in this field of the head of a file.
    pub(super) fn text(&self, name: &str) -> Result<&str, Fault> {
        match self.get(name) {
            Some(Scalar::Text(text)) => Ok(text),
            Some(other) => Err(Fault::new("", name, mistyped(other, "a string"))),
            None => Err(Fault::new("", name, format!("missing; {FETCH}"))),
        }
    }

    /// The number in this field, if it is one.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        match self.get(name) {
            Some(Scalar::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// Takes over from `other` the fields that are not here.
    pub(super) fn complete(&mut self, other: Self) {
        for (key, value) in other.0 {
            if !self.has(&key) {
                self.0.push((key, value));
            }
        }
    }

    fn into_owned(self) -> Record<'static> {
        let owned =
            |(key, value): (Cow<'_, str>, Scalar<'_>)| (Cow::Owned(key.into_owned()), value.into_owned());
        Record(self.0.into_iter().map(owned).collect())
    }
}

impl Scalar<'_> {
    fn into_owned(self) -> Scalar<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        match self {
            Self::Text(text) => Scalar::Text(owned(text)),
            Self::List(texts) => Scalar::List(texts.into_iter().map(owned).collect()),
            Self::Flag(flag) => Scalar::Flag(flag),
            Self::Number(number) => Scalar::Number(number),
            Self::Null => Scalar::Null,
            Self::Other(words) => Scalar::Other(words),
        }
    }
}

impl<'d, 'a> Row<'d, 'a> {
    /// Where this is in the file.
    pub(super) fn place(&self) -> String {
        let id = |record: &Record<'_>, name| record.number(name).map(|number| format!("{name} {number}"));
        [id(self.group, "tgId"), id(self.test, "tcId")].into_iter().flatten().collect::<Vec<_>>().join("/")
    }

    /// A fault of a field of this case.
    pub(super) fn fault(&self, name: &str, what: impl Into<String>) -> Fault {
        Fault::new(self.place(), name, what)
    }

    /// The field of this name, of the case or else of its group.
    pub(super) fn get(&self, name: &str) -> Option<&'d Scalar<'a>> {
        self.test.get(name).or_else(|| self.group.get(name))
    }

    /// Whether the case itself has this field.
    pub(super) fn has_own(&self, name: &str) -> bool {
        self.test.has(name)
    }

    /// The case's number.
    pub(super) fn number(&self, name: &str) -> Result<u64, Fault> {
        match self.get(name) {
            Some(Scalar::Number(number)) => Ok(*number),
            Some(other) => Err(self.fault(name, mistyped(other, "a number from 0"))),
            None => Err(self.missing(name)),
        }
    }

    /// The string in this field, if there is one.
    pub(super) fn optional_text(&self, name: &str) -> Result<Option<&'d str>, Fault> {
        match self.get(name) {
            Some(Scalar::Text(text)) => Ok(Some(text)),
            Some(other) => Err(self.fault(name, mistyped(other, "a string"))),
            None => Ok(None),
        }
    }

    /// The string in this field.
    pub(super) fn text(&self, name: &str) -> Result<&'d str, Fault> {
        self.optional_text(name)?.ok_or_else(|| self.missing(name))
    }

    /// The string in this field, which is one of `known`.
    pub(super) fn choice(&self, name: &str, known: &[&str]) -> Result<&'d str, Fault> {
        let text = self.text(name)?;
        if known.contains(&text) { Ok(text) } else { Err(Fault::unknown(self.place(), name, text, known)) }
    }

    /// The truth value in this field, if there is one.
    pub(super) fn optional_flag(&self, name: &str) -> Result<Option<bool>, Fault> {
        match self.get(name) {
            Some(Scalar::Flag(flag)) => Ok(Some(*flag)),
            Some(other) => Err(self.fault(name, mistyped(other, "`true` or `false`"))),
            None => Ok(None),
        }
    }

    /// The truth value in this field.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Fault> {
        self.optional_flag(name)?.ok_or_else(|| self.missing(name))
    }

    /// The strings in this field; none if it is not there.
    pub(super) fn list(&self, name: &str) -> Result<&'d [Cow<'a, str>], Fault> {
        match self.get(name) {
            Some(Scalar::List(texts)) => Ok(texts),
            Some(other) => Err(self.fault(name, mistyped(other, "a list of strings"))),
            None => Ok(&[]),
        }
    }

    /// The bytes in this field, if it is there.
    pub(super) fn optional_bytes(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let Some(digits) = self.optional_text(name)? else { return Ok(None) };
        hex(digits).map(Some).map_err(|what| self.fault(name, what))
    }

    /// The bytes in this field, however many.
    pub(super) fn bytes(&self, name: &str) -> Result<Vec<u8>, Fault> {
        self.optional_bytes(name)?.ok_or_else(|| self.missing(name))
    }

    /// The bytes in this field, which are as many as the standard says.
    pub(super) fn exactly(&self, name: &str, len: usize) -> Result<Vec<u8>, Fault> {
        let bytes = self.bytes(name)?;
        if bytes.len() == len {
            Ok(bytes)
        } else {
            Err(self.fault(name, format!("length {}, the standard says {len} bytes; {FETCH}", bytes.len())))
        }
    }

    fn missing(&self, name: &str) -> Fault {
        self.fault(name, format!("missing; {FETCH}"))
    }
}

fn mistyped(found: &Scalar<'_>, wanted: &str) -> String {
    let found = match found {
        Scalar::Text(_) => "a string",
        Scalar::List(_) => "a list",
        Scalar::Flag(_) => "a truth value",
        Scalar::Number(_) => "a number",
        Scalar::Null => "null",
        Scalar::Other(words) => words,
    };
    format!("is {found}, must be {wanted}; {FETCH}")
}
