//! What a spool file holds, whatever happened to its bytes.

use std::iter;
use std::ops::Range;

use super::record::{self, Key, Kind};

/// The content of one file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// Items that can be read and are not done.
    pub(super) items: Vec<Found>,
    /// Numbers of items that cannot be read, are not known to be done, and have not been counted.
    pub(super) missing: Vec<Range<u64>>,
    /// Bytes that belong to no readable record.
    pub(super) damaged_bytes: usize,
    /// The number after the last item that the file is known to have held.
    pub(super) end: u64,
}

/// One item, and where its bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) number: u64,
    pub(super) size: u64,
    pub(super) payload: Range<usize>,
}

/// Reads all records in `bytes`. Items are numbered without gaps from `first` on, over all files of a run; `next` is the
/// first of the file that follows, if it is there. So what is missing is known to the item, but at the end of the last
/// file: there, a damage counts as the records that seem to begin in it, and as one at least.
pub(super) fn scan(bytes: &[u8], key: Key, first: u64, next: Option<u64>) -> Scan {
    let mut reader = Reader { end: first, ..Reader::default() };
    let mut position = 0;
    while let Some(rest) = bytes.get(position..).filter(|rest| !rest.is_empty()) {
        if let Some(record) = record::read(rest, key) {
            let length = record::HEAD + record.payload.len();
            reader.take(&record, position + record::HEAD..position + length);
            position += length;
        } else {
            let length = to_next_record(rest, key);
            reader.damage(&rest[..length], key);
            position += length;
        }
    }
    reader.finish(next)
}

/// How many bytes there are before the next readable record.
fn to_next_record(bytes: &[u8], key: Key) -> usize {
    let starts = bytes.windows(key.marker.len()).enumerate().skip(1);
    let mut records =
        starts.filter(|(at, window)| *window == key.marker && record::read(&bytes[*at..], key).is_some());
    records.next().map_or(bytes.len(), |(at, _)| at)
}

#[derive(Default)]
struct Reader {
    items: Vec<Found>,
    missing: Vec<Range<u64>>,
    gone: Vec<Range<u64>>,
    done_below: u64,
    end: u64,
    /// Items that the damage since the last readable item seems to have hit.
    suspected: u64,
    damaged_bytes: usize,
}

impl Reader {
    fn take(&mut self, record: &record::Record<'_>, payload: Range<usize>) {
        match record.kind {
            Kind::Item if record.number >= self.end => {
                self.expect(record.number);
                self.items.push(Found { number: record.number, size: record.size, payload });
                self.end = record.number.saturating_add(1);
            }
            Kind::Item => {}
            Kind::Done => {
                self.done_below = self.done_below.max(record.number);
                self.expect(record.size);
            }
            Kind::Gone => self.forget(record.number, record.number.saturating_add(record.size)),
        }
    }

    fn forget(&mut self, start: u64, end: u64) {
        match self.gone.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => self.gone.push(start..end),
        }
    }

    /// All items below `number` have been written; those that were not seen are missing.
    fn expect(&mut self, number: u64) {
        if number > self.end {
            self.missing.push(self.end..number);
            self.end = number;
        }
        self.suspected = 0;
    }

    fn damage(&mut self, bytes: &[u8], key: Key) {
        self.damaged_bytes += bytes.len();
        // As if a note stood before the damage: what follows it, but no marker, is an item that has lost its own.
        let mut note_ends = Some(0);
        for at in 0..bytes.len() {
            let Some(kind) = record::guess(&bytes[at..], key) else { continue };
            self.suspected +=
                u64::from(note_ends.is_some_and(|end| at > end)) + u64::from(kind == Kind::Item);
            note_ends = (kind != Kind::Item).then_some(at + record::HEAD);
        }
        self.suspected += u64::from(note_ends.is_some_and(|end| bytes.len() > end));
    }

    fn finish(mut self, next: Option<u64>) -> Scan {
        self.expect(next.unwrap_or(self.end.saturating_add(self.suspected)));
        let open =
            |number: u64| number >= self.done_below && !self.gone.iter().any(|range| range.contains(&number));
        let missing =
            self.missing.iter().flat_map(|range| without(range, self.done_below, &self.gone)).collect();
        let items = self.items.into_iter().filter(|item| open(item.number)).collect();
        Scan { items, missing, damaged_bytes: self.damaged_bytes, end: self.end }
    }
}

/// `range` from `done_below` on, without what is `gone`.
fn without(range: &Range<u64>, done_below: u64, gone: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut left: Vec<Range<u64>> = iter::once(range.start.max(done_below)..range.end).collect();
    for gone in gone {
        let cut =
            |part: Range<u64>| [part.start..part.end.min(gone.start), part.start.max(gone.end)..part.end];
        left = left.into_iter().flat_map(cut).filter(|part| !part.is_empty()).collect();
    }
    left.retain(|part| !part.is_empty());
    left
}

#[cfg(test)]
mod tests;
