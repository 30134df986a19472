//! Two shapes that serde's derive does not offer: "an object and nothing else" and "the thing, or `{}`".

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// A body that must be a JSON object. A derived `Deserialize` also takes an array for a struct, field by field; a
/// client that sends one has made a mistake and should hear so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// The thing, or `{}` where the front end expects an empty object instead of a 404.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OrEmpty<T> {
    /// The thing itself.
    Found(T),
    /// Written as `{}`.
    Missing {},
}

impl<T> From<Option<T>> for OrEmpty<T> {
    fn from(found: Option<T>) -> Self {
        found.map_or(Self::Missing {}, Self::Found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CreateReply;

    #[test]
    fn an_array_is_not_an_object() {
        let from_object = serde_json::from_str::<Object<CreateReply>>(r#"{"message": "a", "other": 1}"#);
        assert_eq!(from_object.unwrap().0.message.as_deref(), Some("a"));

        for other in [r#"["a"]"#, "[]", "null", r#""a""#, "1"] {
            assert!(serde_json::from_str::<Object<CreateReply>>(other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_missing_thing_is_written_as_an_empty_object() {
        assert_eq!(serde_json::to_string(&OrEmpty::from(None::<u8>)).unwrap(), "{}");
        assert_eq!(serde_json::to_string(&OrEmpty::from(Some(1))).unwrap(), "1");
    }
}
