//! Texts, cut at characters by the length that they have in JSON.

use serde_json::Value;

/// Stands at the end of a text that was cut.
pub(super) const MARK: char = '…';

/// What names or groups an item: it is within limits of its own, and a part of it would be something else.
pub(super) const WHOLE: [&str; 5] = ["environment", "fingerprint", "code_version", "uuid", "level"];

/// Cuts every text below an item's `data`, except for those that name or group it.
pub(super) fn shorten_all(data: &mut Value, limit: usize) {
    let Some(data) = data.as_object_mut() else { return };
    for (_, value) in data.iter_mut().filter(|(key, _)| !WHOLE.contains(&key.as_str())) {
        shorten_below(value, limit);
    }
}

fn shorten_below(value: &mut Value, limit: usize) {
    match value {
        Value::String(text) => shorten(text, limit),
        Value::Array(values) => values.iter_mut().for_each(|value| shorten_below(value, limit)),
        Value::Object(members) => members.values_mut().for_each(|value| shorten_below(value, limit)),
        _ => {}
    }
}

/// Cuts a text so that it takes no more than `limit` bytes of JSON, without its quotes.
pub(super) fn shorten(text: &mut String, limit: usize) {
    if fits(text, limit) {
        return;
    }
    let mut room = limit - MARK.len_utf8();
    let end = text.char_indices().find(|(_, character)| {
        let cost = cost(*character);
        let fits = cost <= room;
        room = room.saturating_sub(cost);
        !fits
    });
    text.truncate(end.map_or(text.len(), |(index, _)| index));
    text.push(MARK);
}

/// Whether a text takes no more than `limit` bytes of JSON, without its quotes.
pub(super) fn fits(text: &str, limit: usize) -> bool {
    // No character takes less in JSON than by itself, so a text that is too long as it is needs no look at each.
    text.len() <= limit && text.chars().map(cost).sum::<usize>() <= limit
}

/// The bytes of a character in a text of JSON.
fn cost(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        other => other.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        let check = |text: &str, limit, expected: &str| {
            let mut cut = text.to_owned();
            shorten(&mut cut, limit);
            assert_eq!(cut, expected);
        };

        check("abcdef", 6, "abcdef");
        check("abcdefg", 6, "abc…");
        check("ääää", 6, "ä…");
        check("\"\"\"\"", 6, "\"…");
        check("\0\0", 11, "\0…");
        check("\0\0", 8, "…");
    }

    proptest! {
        #[test]
        fn the_cost_of_a_character_is_what_it_takes_in_json(character: char) {
            let json = serde_json::to_string(&character.to_string()).unwrap();
            prop_assert_eq!(cost(character), json.len() - 2);
        }

        #[test]
        fn a_cut_text_fits_and_is_the_beginning_of_the_whole(text: String, limit in 3_usize..100) {
            let mut cut = text.clone();
            shorten(&mut cut, limit);

            prop_assert!(fits(&cut, limit));
            if fits(&text, limit) {
                prop_assert_eq!(cut, text);
            } else {
                prop_assert!(text.starts_with(cut.strip_suffix(MARK).unwrap()));
            }
        }
    }
}
