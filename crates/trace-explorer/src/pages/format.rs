//! Numbers and strangers' text on their way into a page.

use std::borrow::Cow;

use maud::{Markup, html};

use crate::text::clean;

/// `a` of `whole` in percent, with two decimals.
#[expect(clippy::cast_precision_loss, reason = "a hundredth of a percent is less than a pixel")]
pub(super) fn percent(a: u64, whole: u64) -> f64 {
    let percent = a as f64 * 100.0 / whole.max(1) as f64;
    (percent * 100.0).round() / 100.0
}

/// `1234567` as `1,234,567`.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Bytes in the largest unit that fits.
#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
pub(super) fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1_024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// Text of several lines: like [`clean`], but line breaks and tabs stay.
pub(super) fn clean_lines(text: &str) -> Cow<'_, str> {
    if !text.contains(['\n', '\t', '\r']) {
        return clean(text);
    }
    let lines = text.split('\n').map(|line| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        line.split('\t').map(clean).collect::<Vec<_>>().join("\t")
    });
    Cow::Owned(lines.collect::<Vec<_>>().join("\n"))
}

/// A dot in the colour of a service.
pub(super) fn dot(slot: usize) -> Markup {
    html! { i class={ "dot c" (slot) } {} }
}

/// A link to the page of a vendor, where there is one.
pub(super) fn elsewhere(name: &str, address: Option<String>) -> Markup {
    html! { @if let Some(address) = address { a href=(address) rel="noopener noreferrer" target="_blank" { (name) " ↗" } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_000), "1,000");
        assert_eq!(number(1_234_567), "1,234,567");
    }

    #[test]
    fn line_breaks_stay_and_other_control_characters_do_not() {
        assert_eq!(clean_lines("a\r\n\tb\x1b[2J\u{202e}c"), "a\n\tb\\u{1b}[2J\\u{202e}c");
    }
}
