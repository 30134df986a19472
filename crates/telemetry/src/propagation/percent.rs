//! Percent-encoding of baggage values: [W3C Baggage](https://www.w3.org/TR/baggage/), section 3.3.1.3.

use std::borrow::Cow;
use std::fmt::Write;

/// The text behind `%xx`; `None` when that is not UTF-8. A stray `%` stands for itself.
pub(crate) fn decode(text: &str) -> Option<String> {
    String::from_utf8(bytes(text)).ok()
}

/// The text behind `%xx`. What is not UTF-8 becomes U+FFFD, as the specification of baggage asks.
pub(super) fn decode_lossy(text: &str) -> Cow<'_, str> {
    if text.contains('%') {
        Cow::Owned(String::from_utf8_lossy(&bytes(text)).into_owned())
    } else {
        Cow::Borrowed(text)
    }
}

fn bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let decoded = (*first == b'%').then(|| tail.get(..2).and_then(hex_pair)).flatten();
        bytes.push(decoded.unwrap_or(*first));
        rest = if decoded.is_some() { &tail[2..] } else { tail };
    }
    bytes
}

fn hex_pair(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()
}

/// `text` with every byte outside of the baggage octets, and `%` itself, as `%XX`.
pub(super) fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if is_octet(byte) && byte != b'%' {
            encoded.push(byte.into());
        } else {
            write!(encoded, "%{byte:02X}").expect("writing into a String cannot fail");
        }
        encoded
    })
}

/// A byte that a value may be made of: visible ASCII without quote, comma, semicolon and backslash.
pub(super) fn is_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)
}
