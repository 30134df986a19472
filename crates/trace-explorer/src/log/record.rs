//! One record of the log: a marker, a length, a checksum, a kind, the payload.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | marker, the same in each record, where a reader takes up again after damage |
//! | 4 | length of the payload, little endian |
//! | 4 | CRC-32C of kind and payload, little endian |
//! | 1 | kind |
//! | … | payload |

use bytes::Bytes;

use crate::ids::TraceId;

/// No UTF-8 text holds these bytes, so a marker within a payload is rare.
const MARKER: [u8; 4] = [0xf5, 0xfe, 0xc1, 0xff];

/// Bytes before the payload.
pub(crate) const HEADER: usize = 13;

const KIND_SPANS: u8 = 1;
const KIND_DROPPED: u8 = 2;
const KIND_ITEM: u8 = 3;
const KIND_DEPLOY: u8 = 4;

/// What the log remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    /// Spans that were accepted, as `ExportTraceServiceRequest` in protobuf.
    Spans(Bytes),
    /// Traces that were dropped to make room: whatever earlier records hold of them is void.
    Dropped(Vec<TraceId>),
    /// An error report that was accepted, in the form of `errors::Item`.
    Item(Bytes),
    /// A deploy, or a change of one, in the form of `errors::Deploy`.
    Deploy(Bytes),
}

/// What a payload that is appended as it came is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Spans,
    Item,
    Deploy,
}

/// The bytes before `payload` in its record.
pub(crate) fn header_of(kind: Kind, payload: &[u8]) -> Option<[u8; HEADER]> {
    let kind = match kind {
        Kind::Spans => KIND_SPANS,
        Kind::Item => KIND_ITEM,
        Kind::Deploy => KIND_DEPLOY,
    };
    header(kind, payload)
}

/// A whole record that says that `traces` are gone.
pub(crate) fn dropped_record(traces: &[TraceId]) -> Option<Vec<u8>> {
    let payload: Vec<u8> = traces.iter().flat_map(TraceId::as_bytes).copied().collect();
    Some([&header(KIND_DROPPED, &payload)?[..], &payload].concat())
}

fn header(kind: u8, payload: &[u8]) -> Option<[u8; HEADER]> {
    let mut header = [0; HEADER];
    header[..4].copy_from_slice(&MARKER);
    header[4..8].copy_from_slice(&u32::try_from(payload.len()).ok()?.to_le_bytes());
    header[8..12].copy_from_slice(&checksum(kind, payload).to_le_bytes());
    header[12] = kind;
    Some(header)
}

fn checksum(kind: u8, payload: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&[kind]), payload)
}

/// What the bytes of a segment held.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Scan {
    /// The records that are intact, in order.
    pub(crate) records: Vec<Record>,
    /// Where damaged bytes were skipped, and how many.
    pub(crate) damaged: Vec<(usize, usize)>,
    /// After this offset there is no intact record.
    pub(crate) end: usize,
}

/// Reads all intact records of `bytes`, which start with a record; never fails.
pub(crate) fn scan(bytes: &Bytes) -> Scan {
    let mut scan = Scan::default();
    let mut offset = 0;
    while let Some((start, record, end)) = next_record(bytes, offset) {
        if start > offset {
            scan.damaged.push((offset, start - offset));
        }
        scan.records.extend(record);
        (offset, scan.end) = (end, end);
    }
    scan
}

/// The first intact record at or after `from`: its start, itself (`None` for a kind of a later version), its end.
fn next_record(bytes: &Bytes, from: usize) -> Option<(usize, Option<Record>, usize)> {
    let mut start = from;
    loop {
        if let Some((record, end)) = record_at(bytes, start) {
            return Some((start, record, end));
        }
        let rest = bytes.get(start + 1..)?;
        start += 1 + rest.windows(MARKER.len()).position(|window| window == MARKER)?;
    }
}

fn record_at(bytes: &Bytes, start: usize) -> Option<(Option<Record>, usize)> {
    let header = bytes.get(start..start + HEADER)?;
    if header[..4] != MARKER {
        return None;
    }
    let length = u32::from_le_bytes(header[4..8].try_into().ok()?) as usize;
    let end = (start + HEADER).checked_add(length).filter(|&end| end <= bytes.len())?;
    let (kind, payload) = (header[12], bytes.slice(start + HEADER..end));
    if header[8..12] != checksum(kind, &payload).to_le_bytes() {
        return None;
    }
    let record = match kind {
        KIND_SPANS => Some(Record::Spans(payload)),
        KIND_DROPPED => Some(Record::Dropped(
            payload.chunks_exact(16).filter_map(|id| TraceId::from_bytes(id).ok()).collect(),
        )),
        KIND_ITEM => Some(Record::Item(payload)),
        KIND_DEPLOY => Some(Record::Deploy(payload)),
        _ => None,
    };
    Some((record, end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spans(payload: &[u8]) -> Vec<u8> {
        [&header_of(Kind::Spans, payload).unwrap()[..], payload].concat()
    }

    #[test]
    fn records_come_back_as_they_were_written() {
        let id = TraceId::from_bytes(&[7; 16]).unwrap();
        let bytes = [spans(b"one"), dropped_record(&[id]).unwrap(), spans(b"")].concat();

        let scan = scan(&bytes.clone().into());

        let records = [Record::Spans("one".into()), Record::Dropped(vec![id]), Record::Spans(Bytes::new())];
        assert_eq!(scan.records, records);
        assert_eq!((scan.damaged, scan.end), (vec![], bytes.len()));
    }

    #[test]
    fn a_record_after_damage_is_found() {
        let mut bytes = [spans(b"one"), spans(b"two"), spans(b"three")].concat();
        bytes[HEADER + 3 + 4] ^= 0xff;

        let scan = scan(&bytes.into());

        assert_eq!(scan.records, [Record::Spans("one".into()), Record::Spans("three".into())]);
        assert_eq!(scan.damaged, [(HEADER + 3, HEADER + 3)]);
    }

    proptest! {
        #[test]
        fn cutting_the_end_keeps_every_record_before_it(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..8),
            cut in any::<prop::sample::Index>(),
        ) {
            let whole: Vec<u8> = payloads.iter().flat_map(|payload| spans(payload)).collect();
            let cut = cut.index(whole.len() + 1);

            let scan = scan(&whole[..cut].to_vec().into());

            let mut end = 0;
            let intact: Vec<_> = payloads.into_iter().map(Bytes::from).take_while(|payload| {
                end += HEADER + payload.len();
                end <= cut
            }).map(Record::Spans).collect();
            prop_assert_eq!(scan.records, intact);
        }

        #[test]
        fn a_flipped_bit_costs_one_record_at_most(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..8),
            flip in any::<prop::sample::Index>(),
            bit in 0_u8..8,
        ) {
            let mut bytes: Vec<u8> = payloads.iter().flat_map(|payload| spans(payload)).collect();
            bytes[flip.index(payloads.iter().map(|payload| payload.len() + HEADER).sum())] ^= 1 << bit;

            let kept = scan(&bytes.into()).records;

            prop_assert_eq!(kept.len(), payloads.len() - 1);
            let sent: Vec<_> = payloads.into_iter().map(|payload| Record::Spans(payload.into())).collect();
            prop_assert!(kept.iter().all(|record| sent.contains(record)));
        }
    }
}
