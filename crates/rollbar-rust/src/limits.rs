//! The documented limits of an item's fields.

use std::fmt;

use crate::body::{Body, Trace};
use crate::data::Data;

/// What a field that must say something says when it said nothing.
const UNKNOWN: &str = "unknown";

/// An item that the API would refuse or change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct InvalidItem(Vec<Violation>);

impl InvalidItem {
    /// Everything that is wrong with it; at least one.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.0
    }
}

impl fmt::Display for InvalidItem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the item breaks limits of the API")?;
        self.0.iter().enumerate().try_for_each(|(index, violation)| {
            write!(formatter, "{}{violation}", if index == 0 { ": " } else { ", " })
        })
    }
}

/// A field that is outside of its limit. The value itself is not told, because it may be private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// Something must be there.
    #[error("`{0}` is empty")]
    Empty(&'static str),
    /// There is too much of it.
    #[error("`{field}` has {characters} characters, {limit} are allowed")]
    TooLong {
        /// The field.
        field: &'static str,
        /// What it has.
        characters: usize,
        /// What it may have.
        limit: usize,
    },
}

/// Says everything that is wrong. The list of fields lends them for writing, for the sake of [`enforce`]; nothing is
/// written here.
pub(crate) fn check(data: &mut Data) -> Result<(), InvalidItem> {
    let violations: Vec<Violation> = fields(data).iter().filter_map(Field::violation).collect();
    if violations.is_empty() { Ok(()) } else { Err(InvalidItem(violations)) }
}

/// Makes everything fit.
pub(crate) fn enforce(data: &mut Data) {
    for field in fields(data) {
        match field.violation() {
            None => {}
            Some(Violation::Empty(_)) => UNKNOWN.clone_into(field.text),
            Some(Violation::TooLong { .. }) => {
                *field.text = shorten(field.text, field.limit, field.shortened);
            }
        }
    }
}

/// One field with a limit.
struct Field<'a> {
    name: &'static str,
    text: &'a mut String,
    /// In characters.
    limit: usize,
    /// What happens to a text that is too long where it must not fail.
    shortened: Shortened,
    required: bool,
}

#[derive(Clone, Copy)]
enum Shortened {
    /// It is cut.
    Cut,
    /// It is cut, and a hash of the whole is put at its end: what is told apart by it must stay apart.
    Hashed,
}

impl<'a> Field<'a> {
    fn limited(name: &'static str, text: &'a mut String, limit: usize) -> Self {
        Self { name, text, limit, shortened: Shortened::Cut, required: false }
    }

    fn required(name: &'static str, text: &'a mut String, limit: usize) -> Self {
        Self { required: true, ..Self::limited(name, text, limit) }
    }

    fn telling_apart(name: &'static str, text: &'a mut String, limit: usize) -> Self {
        Self { shortened: Shortened::Hashed, ..Self::required(name, text, limit) }
    }

    fn violation(&self) -> Option<Violation> {
        if self.required && self.text.is_empty() {
            return Some(Violation::Empty(self.name));
        }
        // Counting is left out where no character could be too many.
        let characters = if self.text.len() > self.limit { self.text.chars().count() } else { 0 };
        let (field, limit) = (self.name, self.limit);
        (characters > limit).then_some(Violation::TooLong { field, characters, limit })
    }
}

/// Each field that has a limit.
fn fields(data: &mut Data) -> Vec<Field<'_>> {
    let mut fields = vec![Field::required("environment", &mut data.environment, 255)];
    fields.extend(data.title.as_mut().map(|text| Field::limited("title", text, 255)));
    fields.extend(data.code_version.as_mut().map(|text| Field::limited("code_version", text, 40)));
    fields.extend(data.fingerprint.as_mut().map(|text| Field::telling_apart("fingerprint", text, 40)));
    if let Some(person) = &mut data.person {
        fields.push(Field::telling_apart("person.id", &mut person.id, 40));
        fields.extend(person.username.as_mut().map(|text| Field::limited("person.username", text, 255)));
        fields.extend(person.email.as_mut().map(|text| Field::limited("person.email", text, 255)));
    }
    let server_version = data.server.as_mut().and_then(|server| server.code_version.as_mut());
    fields.extend(server_version.map(|text| Field::limited("server.code_version", text, 40)));
    match &mut data.body {
        Body::Trace(trace) => fields.extend(fields_of_trace(trace)),
        Body::TraceChain(chain) => fields.extend(chain.traces_mut().iter_mut().flat_map(fields_of_trace)),
        Body::Message(message) => {
            fields.push(Field::required("message.body", &mut message.body, usize::MAX));
        }
    }
    fields
}

fn fields_of_trace(trace: &mut Trace) -> impl Iterator<Item = Field<'_>> {
    let class = Field::required("exception.class", &mut trace.exception.class, usize::MAX);
    let files = trace.frames.iter_mut();
    let files = files.map(|frame| Field::required("frame.filename", &mut frame.filename, usize::MAX));
    std::iter::once(class).chain(files)
}

fn shorten(text: &str, limit: usize, shortened: Shortened) -> String {
    match shortened {
        Shortened::Cut => text.chars().take(limit).collect(),
        Shortened::Hashed => {
            let hash = format!("-{:016x}", fnv1a(text.as_bytes()));
            text.chars().take(limit - hash.len()).chain(hash.chars()).collect()
        }
    }
}

/// The hash FNV-1a in 64 bits: the same on every machine and in every release, which the standard library's is not.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv1a() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
