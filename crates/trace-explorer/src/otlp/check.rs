//! The strict walk: is this the message that it says it is, and is it within the limits?

use super::DecodeError;
use super::limits::{MAX_DEPTH, MAX_VALUE_BYTES};
use super::schema::{Message, Shape, shape};
use crate::wire::{Fields, Wire, WireError};

/// Checks wire types, UTF-8 and depth of `bytes`, all the way down. True if nothing is beyond the limits.
pub(super) fn check(message: &'static Message, bytes: &[u8]) -> Result<bool, DecodeError> {
    check_at(message, bytes, 0)
}

/// The recursion ends at [`MAX_DEPTH`].
fn check_at(message: &'static Message, bytes: &[u8], depth: usize) -> Result<bool, DecodeError> {
    if depth > MAX_DEPTH {
        return Err(DecodeError::TooDeep);
    }
    let mut within = true;
    // No message has more than three repeated fields, nor any field number above 16.
    let mut counts = [0_usize; 16];
    for field in Fields::of(bytes) {
        let (number, value) = field?;
        within &= match (shape(message, number), value) {
            (Shape::Unknown, _)
            | (Shape::Varint, Wire::Varint(_))
            | (Shape::Fixed32, Wire::Fixed32(_))
            | (Shape::Fixed64, Wire::Fixed64(_)) => true,
            (Shape::Bytes, Wire::Len(bytes)) => bytes.len() <= MAX_VALUE_BYTES,
            (Shape::Text, Wire::Len(bytes)) => {
                std::str::from_utf8(bytes).map_err(|_| DecodeError::Utf8)?;
                bytes.len() <= MAX_VALUE_BYTES
            }
            (Shape::Message(inner), Wire::Len(bytes)) => check_at(inner, bytes, depth + 1)?,
            (Shape::Repeated { of, most, .. }, Wire::Len(bytes)) => {
                let count = &mut counts[number as usize - 1];
                *count += 1;
                check_at(of, bytes, depth + 1)? && (*count <= most)
            }
            _ => return Err(WireError::WireType.into()),
        };
    }
    Ok(within)
}
