//! One record of a spool file.
//!
//! ```text
//! marker 4 | sum 4 | length 4 | kind 1 | number 8 | size 8 | payload        (integers little-endian)
//! ```
//!
//! The length is that of an item's payload and one more, and 0 for a note, which has no payload. So no single damaged byte
//! makes an item look like a note, and a damage at the end of a file can tell what it hit.
//!
//! The marker is drawn at random for each run, and the sum begins with another such number. So whoever can put bytes of
//! their own into an item cannot make them pass for a record, when damage makes the reader search for the next one.

use super::crc32;

/// Bytes of a record without payload.
pub(super) const HEAD: usize = 29;

/// Bytes from the start of a record that the sum does not cover.
const UNSUMMED: usize = 8;

/// What a record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Here is item `number`; `size` is what it was offered with.
    Item = 1,
    /// Items below `number` are done; those below `size` have been written.
    Done = 2,
    /// `size` items from `number` on cannot be read, and have been counted.
    Gone = 3,
}

/// The random numbers of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) marker: [u8; 4],
    seed: u32,
}

impl From<u64> for Key {
    fn from(run: u64) -> Self {
        let half = |bits: u64| u32::try_from(bits & u64::from(u32::MAX)).unwrap_or_default();
        Self { marker: half(run).to_le_bytes(), seed: half(run >> 32) }
    }
}

/// A record that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) kind: Kind,
    pub(super) number: u64,
    pub(super) size: u64,
    pub(super) payload: &'a [u8],
}

/// Appends item `number` to `out`. `None` when it is too long.
pub(super) fn write_item(
    out: &mut Vec<u8>,
    key: Key,
    (number, size): (u64, u64),
    payload: &[u8],
) -> Option<()> {
    let length = u32::try_from(payload.len() + 1).ok()?;
    let start = begin(out, key, (Kind::Item, number, size));
    out.extend_from_slice(payload);
    end(out, start, key, length);
    Some(())
}

/// The record of a note.
pub(super) fn note(key: Key, kind: Kind, number: u64, size: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEAD);
    begin(&mut out, key, (kind, number, size));
    end(&mut out, 0, key, 0);
    out
}

fn begin(out: &mut Vec<u8>, key: Key, (kind, number, size): (Kind, u64, u64)) -> usize {
    let start = out.len();
    out.extend_from_slice(&key.marker);
    out.extend_from_slice(&[0; 8]);
    out.push(kind as u8);
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&size.to_le_bytes());
    start
}

fn end(out: &mut [u8], start: usize, key: Key, length: u32) {
    out[start + 8..start + 12].copy_from_slice(&length.to_le_bytes());
    let sum = crc32::sum(key.seed, &out[start + UNSUMMED..]);
    out[start + 4..start + 8].copy_from_slice(&sum.to_le_bytes());
}

/// Reads the record at the start of `bytes`; `None` when there is none, or a damaged one.
pub(super) fn read(bytes: &[u8], key: Key) -> Option<Record<'_>> {
    let bytes = bytes.strip_prefix(&key.marker)?;
    let (sum, summed) = bytes.split_first_chunk()?;
    let (length, rest) = summed.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let is_item = length > 0;
    let length = length.saturating_sub(1);
    let summed = summed.get(..HEAD - UNSUMMED + length)?;
    if crc32::sum(key.seed, summed) != u32::from_le_bytes(*sum) {
        return None;
    }
    let (kind, rest) = rest.split_first()?;
    let (number, rest) = rest.split_first_chunk()?;
    let (size, rest) = rest.split_first_chunk()?;
    Some(Record {
        kind: kind_of(*kind).filter(|kind| is_item == (*kind == Kind::Item))?,
        number: u64::from_le_bytes(*number),
        size: u64::from_le_bytes(*size),
        payload: rest.get(..length)?,
    })
}

/// What a damaged record seems to be: `None` where no record begins, and an item in case of doubt.
pub(super) fn guess(bytes: &[u8], key: Key) -> Option<Kind> {
    let rest = bytes.strip_prefix(&key.marker)?;
    let note = match rest.get(4..9) {
        Some([0, 0, 0, 0, kind]) => kind_of(*kind),
        _ => None,
    };
    Some(note.unwrap_or(Kind::Item))
}

fn kind_of(byte: u8) -> Option<Kind> {
    [Kind::Item, Kind::Done, Kind::Gone].into_iter().find(|kind| *kind as u8 == byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: fn() -> Key = || Key::from(0x0123_4567_89ab_cdef);

    fn record() -> Vec<u8> {
        let mut out = vec![];
        write_item(&mut out, KEY(), (7, 5), b"hello").unwrap();
        out
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let mut bytes = record();
        bytes.extend_from_slice(b"what follows");

        let expected = Record { kind: Kind::Item, number: 7, size: 5, payload: b"hello" };
        assert_eq!(read(&bytes, KEY()), Some(expected));
        assert_eq!(bytes.len(), HEAD + 5 + 12);
    }

    #[test]
    fn one_changed_bit_or_a_missing_byte_is_found() {
        for bit in 0..record().len() * 8 {
            let mut bytes = record();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read(&bytes, KEY()), None, "bit {bit}");
        }
        for length in 0..record().len() {
            assert_eq!(read(&record()[..length], KEY()), None, "{length} bytes");
        }
    }

    #[test]
    fn no_single_damaged_byte_makes_an_item_pass_for_a_note() {
        let mut empty = vec![];
        write_item(&mut empty, KEY(), (7, 5), b"").unwrap();
        for at in 4..empty.len() {
            for value in 0..=255 {
                let mut bytes = empty.clone();
                bytes[at] = value;
                assert_eq!(guess(&bytes, KEY()), Some(Kind::Item), "{value} at {at}");
            }
        }
        assert_eq!(guess(&note(KEY(), Kind::Done, 7, 8), KEY()), Some(Kind::Done));
    }

    #[test]
    fn a_record_of_another_run_is_none() {
        assert_eq!(read(&record(), Key::from(1)), None);
    }
}
