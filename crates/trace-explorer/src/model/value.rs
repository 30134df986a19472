//! Attribute values as text and as JSON.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::Value;

impl fmt::Display for Value {
    /// Text as it is; all else as its JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Double(value) => value.fmt(f),
            Self::Bytes(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Self::Array(_) | Self::Map(_) => {
                f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
            }
        }
    }
}

impl Serialize for Value {
    /// The natural JSON of the value. Bytes become hex; a number that JSON has no way to write becomes text.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Empty => serializer.serialize_none(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Double(value) if value.is_finite() => serializer.serialize_f64(*value),
            Self::Double(_) | Self::Bytes(_) => serializer.collect_str(self),
            Self::Array(values) => serializer.collect_seq(values),
            Self::Map(pairs) => serialize_attributes(pairs, serializer),
        }
    }
}

/// Attributes as one JSON object; of a key that was sent twice the last value counts.
pub(crate) fn serialize_attributes<S: Serializer>(
    pairs: &[(String, Value)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for (index, (key, value)) in pairs.iter().enumerate() {
        if !pairs[index + 1..].iter().any(|(later, _)| later == key) {
            map.serialize_entry(key, value)?;
        }
    }
    map.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_a_text_and_a_json() {
        let check = |value: Value, text: &str, json: &str| {
            assert_eq!(value.to_string(), text);
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
        };
        check(Value::Text("a\"b".into()), "a\"b", r#""a\"b""#);
        check(Value::Int(-3), "-3", "-3");
        check(Value::Double(0.5), "0.5", "0.5");
        check(Value::Double(f64::NAN), "NaN", r#""NaN""#);
        check(Value::Bytes(vec![1, 255]), "01ff", r#""01ff""#);
        check(Value::Empty, "", "null");
        check(Value::Array(vec![Value::Bool(true), Value::Empty]), "[true,null]", "[true,null]");
        check(Value::Map(vec![("k".into(), Value::Int(1))]), r#"{"k":1}"#, r#"{"k":1}"#);
    }

    #[test]
    fn of_a_repeated_key_the_last_value_counts() {
        let map = Value::Map(vec![("k".into(), Value::Int(1)), ("k".into(), Value::Int(2))]);

        assert_eq!(map.to_string(), r#"{"k":2}"#);
    }
}
