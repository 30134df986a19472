use super::*;

const KEY: fn() -> Key = || Key::from(0xfeed_f00d_dead_beef);

/// Three items of 10 bytes each, numbered from 5 on.
fn file() -> Vec<u8> {
    let mut out = vec![];
    (5..8).for_each(|number| item(&mut out, number));
    out
}

const ITEM: usize = record::HEAD + 10;

fn item(out: &mut Vec<u8>, number: u64) {
    record::write_item(out, KEY(), (number, 10), &[b'x'; 10]).unwrap();
}

fn note(out: &mut Vec<u8>, kind: Kind, number: u64, size: u64) {
    out.extend(record::note(KEY(), kind, number, size));
}

/// Expects the numbers that can be read, and those that are missing.
fn check(bytes: &[u8], next: Option<u64>, items: &[u64], missing: &[u64]) {
    let scan = scan(bytes, KEY(), 5, next);

    assert_eq!(scan.items.iter().map(|item| item.number).collect::<Vec<_>>(), items);
    assert_eq!(scan.missing.into_iter().flatten().collect::<Vec<_>>(), missing);
    for item in scan.items {
        assert_eq!(bytes[item.payload], [b'x'; 10]);
    }
}

#[test]
fn a_sound_file_is_read_whole() {
    check(&file(), None, &[5, 6, 7], &[]);
    check(&file(), Some(8), &[5, 6, 7], &[]);
    check(&[], None, &[], &[]);
}

#[test]
fn what_is_done_is_not_read_again() {
    let mut bytes = file();
    note(&mut bytes, Kind::Done, 7, 8);
    check(&bytes, None, &[7], &[]);

    note(&mut bytes, Kind::Done, 8, 8);
    check(&bytes, None, &[], &[]);
}

#[test]
fn any_one_damaged_byte_costs_one_item_and_is_known() {
    for at in 0..file().len() {
        let mut bytes = file();
        bytes[at] ^= 0x55;
        let hit = 5 + (at / ITEM) as u64;
        let left: Vec<u64> = (5..8).filter(|number| *number != hit).collect();
        check(&bytes, None, &left, &[hit]);
    }
}

#[test]
fn a_cut_in_a_record_is_known_and_one_between_records_by_what_follows() {
    for length in 1..file().len() {
        let whole = 5 + (length / ITEM) as u64;
        let torn = u64::from(length % ITEM > 0);
        let left: Vec<u64> = (5..whole).collect();
        check(&file()[..length], None, &left, &(whole..whole + torn).collect::<Vec<_>>());
        check(&file()[..length], Some(8), &left, &(whole..8).collect::<Vec<_>>());
    }
}

#[test]
fn a_later_note_tells_how_much_was_there() {
    let mut bytes = file();
    bytes[ITEM..3 * ITEM].fill(0);
    check(&bytes, None, &[5], &[6]);

    note(&mut bytes, Kind::Done, 6, 8);
    check(&bytes, None, &[], &[6, 7]);
}

#[test]
fn what_was_counted_is_not_counted_again() {
    let mut bytes = file();
    bytes[ITEM + 20] ^= 1;
    bytes.truncate(3 * ITEM - 1);
    check(&bytes, None, &[5], &[6, 7]);

    note(&mut bytes, Kind::Gone, 6, 2);
    check(&bytes, None, &[5], &[]);
}

#[test]
fn an_item_that_was_counted_as_gone_is_not_read_again() {
    let mut bytes = file();
    note(&mut bytes, Kind::Gone, 6, 1);

    check(&bytes, None, &[5, 7], &[]);
}

#[test]
fn a_torn_note_costs_no_item() {
    let mut bytes = file();
    note(&mut bytes, Kind::Done, 6, 8);
    bytes.pop();

    check(&bytes, None, &[5, 6, 7], &[]);
}

#[test]
fn an_item_behind_a_damaged_note_is_missed() {
    let mut bytes = file();
    note(&mut bytes, Kind::Done, 6, 8);
    item(&mut bytes, 8);
    let end = 3 * ITEM + record::HEAD;
    bytes[end - 10..end + 2].fill(0);

    check(&bytes, None, &[5, 6, 7], &[8]);
}

#[test]
fn bytes_inside_an_item_never_pass_for_a_record() {
    let mut stranger = vec![];
    record::write_item(&mut stranger, Key::from(1), (6, 1), b"!").unwrap();
    let mut bytes = vec![];
    record::write_item(&mut bytes, KEY(), (5, 10), &stranger).unwrap();
    bytes[4] ^= 1;

    check(&bytes, None, &[], &[5]);
}

#[test]
fn a_gap_of_any_size_is_one_range() {
    let mut bytes = file();
    item(&mut bytes, u64::MAX);

    let scan = scan(&bytes, KEY(), 5, None);

    assert_eq!((scan.missing.len(), scan.missing[0].clone()), (1, 8..u64::MAX));
}
