//! Characters that are no text.

/// Whether terminals, or readers of lines, obey a character instead of showing it: control characters, the two line separators
/// of Unicode, and those that turn the direction of writing round, so that a line reads as what it is not.
pub(super) fn is_obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
