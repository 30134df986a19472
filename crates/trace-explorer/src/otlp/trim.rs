//! Shortens a message to the limits: too many attributes, too long a text. What is left out is counted in the
//! message's own `dropped_…_count`, where every OTLP backend looks for it.

use super::limits::{MAX_VALUE_BYTES, cut};
use super::schema::{Message, Shape, shape};
use crate::wire::{Fields, Wire, put};

/// Writes `bytes`, which [`check`](super::check::check) has passed, within the limits to `out`.
pub(super) fn trim(message: &'static Message, bytes: &[u8], out: &mut Vec<u8>) {
    let mut counts = [0_usize; 16];
    for (number, value) in Fields::of(bytes).flatten() {
        match (shape(message, number), value) {
            (Shape::Text, Wire::Len(text)) => put_text(out, number, text),
            (Shape::Bytes, Wire::Len(bytes)) => {
                put(out, number, Wire::Len(&bytes[..bytes.len().min(MAX_VALUE_BYTES)]));
            }
            (Shape::Message(inner), Wire::Len(bytes)) => put_message(out, number, inner, bytes),
            (Shape::Repeated { of, most, .. }, Wire::Len(bytes)) => {
                let count = &mut counts[number as usize - 1];
                *count += 1;
                if *count <= most {
                    put_message(out, number, of, bytes);
                }
            }
            (_, value) => put(out, number, value),
        }
    }
    put_dropped_counts(message, bytes, &counts, out);
}

fn put_text(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    match std::str::from_utf8(bytes).ok().and_then(cut) {
        Some(cut) => put(out, number, Wire::Len(cut.as_bytes())),
        None => put(out, number, Wire::Len(bytes)),
    }
}

fn put_message(out: &mut Vec<u8>, number: u32, message: &'static Message, bytes: &[u8]) {
    let mut inner = Vec::with_capacity(bytes.len().min(2 * MAX_VALUE_BYTES));
    trim(message, bytes, &mut inner);
    put(out, number, Wire::Len(&inner));
}

/// Of a field that comes twice the last one counts, so the larger count simply goes to the end.
fn put_dropped_counts(message: &'static Message, bytes: &[u8], counts: &[usize; 16], out: &mut Vec<u8>) {
    for (index, &count) in counts.iter().enumerate() {
        let Some(&Shape::Repeated { most, counted_in: Some(counter), .. }) = message.get(index) else {
            continue;
        };
        if count > most {
            let before = Fields::of(bytes).flatten().filter_map(|(number, value)| match value {
                Wire::Varint(before) if number == counter => Some(before),
                _ => None,
            });
            let dropped = before.last().unwrap_or(0).saturating_add((count - most) as u64);
            put(out, counter, Wire::Varint(dropped.min(u64::from(u32::MAX))));
        }
    }
}
