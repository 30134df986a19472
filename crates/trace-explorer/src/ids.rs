//! The two identifiers of a span, as OpenTelemetry defines them: never all zero, written in lower-case hex.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// Text or bytes that are not an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not the right number of bytes or hex digits.
    #[error("wrong length")]
    Length,
    /// A character that is not a hex digit.
    #[error("not hexadecimal")]
    Digit,
    /// All bytes are zero, which OpenTelemetry reserves for "no identifier".
    #[error("all zero")]
    Zero,
}

/// The id that all spans of one trace share: 16 bytes, 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId([u8; 16]);

/// The id of a span within its trace: 8 bytes, 16 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId([u8; 8]);

macro_rules! identifier {
    ($name:ident, $length:literal) => {
        impl $name {
            /// Takes the bytes as OTLP carries them; fails on another length and on all zero.
            pub fn from_bytes(bytes: &[u8]) -> Result<Self, IdError> {
                let bytes: [u8; $length] = bytes.try_into().map_err(|_| IdError::Length)?;
                if bytes == [0; $length] { Err(IdError::Zero) } else { Ok(Self(bytes)) }
            }

            /// The lowest id, for the start of a range.
            #[allow(dead_code, reason = "of one of the two only")]
            pub(crate) const LOWEST: Self = Self([0; $length]);

            /// The highest id, for the end of a range.
            #[allow(dead_code, reason = "of one of the two only")]
            pub(crate) const HIGHEST: Self = Self([255; $length]);

            /// The bytes as OTLP carries them.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            /// Reads hex digits of either case.
            fn from_str(text: &str) -> Result<Self, IdError> {
                let mut bytes = [0; $length];
                decode_hex(text, &mut bytes)?;
                Self::from_bytes(&bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut digits = [0; $length * 2];
                f.write_str(encode_hex(&self.0, &mut digits))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut digits = [0; $length * 2];
                serializer.serialize_str(encode_hex(&self.0, &mut digits))
            }
        }
    };
}

identifier!(TraceId, 16);
identifier!(SpanId, 8);

/// Fills `bytes` from exactly twice as many hex digits.
pub(crate) fn decode_hex(text: &str, bytes: &mut [u8]) -> Result<(), IdError> {
    if text.len() != bytes.len() * 2 {
        return Err(IdError::Length);
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = (digit(pair[0])? << 4) | digit(pair[1])?;
    }
    Ok(())
}

fn digit(character: u8) -> Result<u8, IdError> {
    match character {
        b'0'..=b'9' => Ok(character - b'0'),
        b'a'..=b'f' => Ok(character - b'a' + 10),
        b'A'..=b'F' => Ok(character - b'A' + 10),
        _ => Err(IdError::Digit),
    }
}

/// Writes two digits for each byte.
pub(crate) fn encode_hex<'a>(bytes: &[u8], digits: &'a mut [u8]) -> &'a str {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    for (byte, pair) in bytes.iter().zip(digits.chunks_exact_mut(2)) {
        pair[0] = HEX[usize::from(byte >> 4)];
        pair[1] = HEX[usize::from(byte & 15)];
    }
    std::str::from_utf8(digits).expect("hex digits are ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_of_either_case_is_read_and_lower_case_is_written() {
        let id: TraceId = "5B8EFFF798038103D269B633813FC60C".parse().unwrap();

        assert_eq!(id.to_string(), "5b8efff798038103d269b633813fc60c");
    }

    #[test]
    fn what_is_not_an_id_says_why() {
        assert_eq!("12".parse::<SpanId>(), Err(IdError::Length));
        assert_eq!("é000000000000000".parse::<SpanId>(), Err(IdError::Length));
        assert_eq!("g000000000000000".parse::<SpanId>(), Err(IdError::Digit));
        assert_eq!("0000000000000000".parse::<SpanId>(), Err(IdError::Zero));
        assert_eq!(SpanId::from_bytes(&[1; 7]), Err(IdError::Length));
    }
}
