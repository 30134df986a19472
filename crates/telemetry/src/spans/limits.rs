//! Limits of what is recorded: OpenTelemetry SDK specification, "Span Limits" and "Attribute Limits".

use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::SpanLimits;

use crate::settings;

/// How much of a span or a log record is kept.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Limits {
    /// Attributes, events and links.
    pub(crate) counts: SpanLimits,
    /// Characters of a text value; `None` for no limit.
    pub(crate) value_chars: Option<usize>,
}

impl From<settings::SpanLimits> for Limits {
    fn from(limits: settings::SpanLimits) -> Self {
        let counts = SpanLimits {
            max_events_per_span: limits.events,
            max_attributes_per_span: limits.attributes,
            max_links_per_span: limits.links,
            max_attributes_per_event: limits.event_attributes,
            max_attributes_per_link: limits.link_attributes,
        };
        Self { counts, value_chars: limits.value_chars }
    }
}

/// Cuts what is beyond `limit` attributes, and each text at `chars` characters. Answers how many attributes were cut.
pub(crate) fn cut(attributes: &mut Vec<KeyValue>, limit: u32, chars: Option<usize>) -> u32 {
    let beyond = attributes.len().saturating_sub(limit as usize);
    attributes.truncate(limit as usize);
    for attribute in attributes.iter_mut() {
        cut_value(&mut attribute.value, chars);
    }
    u32::try_from(beyond).unwrap_or(u32::MAX)
}

/// Cuts a text, or each text of an array, at `chars` characters.
pub(crate) fn cut_value(value: &mut Value, chars: Option<usize>) {
    let Some(chars) = chars else { return };
    match value {
        Value::String(text) => cut_text(text, chars),
        Value::Array(Array::String(texts)) => texts.iter_mut().for_each(|text| cut_text(text, chars)),
        _ => {}
    }
}

fn cut_text(text: &mut StringValue, chars: usize) {
    if let Some((end, _)) = text.as_str().char_indices().nth(chars) {
        *text = text.as_str()[..end].to_owned().into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_a_character() {
        let cut = |text: &str, chars| {
            let mut value = Value::from(text.to_owned());
            cut_value(&mut value, chars);
            value.as_str().into_owned()
        };

        assert_eq!(cut("grüße", Some(3)), "grü");
        assert_eq!(cut("grüße", Some(5)), "grüße");
        assert_eq!(cut("grüße", Some(0)), "");
        assert_eq!(cut("grüße", None), "grüße");
    }

    #[test]
    fn texts_of_an_array_are_cut_and_numbers_are_not() {
        let mut attributes = vec![
            KeyValue::new("a", Value::Array(vec![StringValue::from("long"), StringValue::from("x")].into())),
            KeyValue::new("b", 12_345),
            KeyValue::new("c", "gone"),
        ];

        let dropped = cut(&mut attributes, 2, Some(2));

        assert_eq!(dropped, 1);
        assert_eq!(attributes[0].value.as_str(), r#"["lo","x"]"#);
        assert_eq!(attributes[1].value, Value::I64(12_345));
    }
}
