//! Ids as hexadecimal text. The standard library's parsers take a sign and any number of digits, so they cannot tell an
//! id of the wrong length from a right one.

/// `N` bytes of exactly `2 * N` lower-case hexadecimal digits.
pub(super) fn bytes<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

/// Writes bytes as lower-case digits, two for each.
pub(super) fn write(bytes: &[u8], digits: &mut [u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (byte, pair) in bytes.iter().zip(digits.chunks_exact_mut(2)) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 0xf)];
    }
}

/// The number behind one to 32 lower-case digits, as the formats write it that leave leading zeros out.
pub(super) fn number(digits: &str) -> Option<u128> {
    let fits = (1..=32).contains(&digits.len());
    fits.then(|| digits.bytes().try_fold(0, |number, byte| Some(number << 4 | u128::from(digit(byte)?))))?
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lower_case_digits_of_the_right_number_are_an_id() {
        assert_eq!(bytes(b"00ff"), Some([0, 255]));
        for text in ["00f", "00ff0", "00fF", "+0ff", "0x0f", "", "00g0"] {
            assert_eq!(bytes::<2>(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_number_may_leave_its_leading_zeros_out() {
        assert_eq!(number("1"), Some(1));
        assert_eq!(number(&"f".repeat(32)), Some(u128::MAX));
        for text in ["", "+1", "A", &"0".repeat(33)] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
