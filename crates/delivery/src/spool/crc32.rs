//! CRC-32 (IEEE 802.3), which finds every damage of up to 32 bits in a row, and others but for one in four billion.
//! Thirty lines, so that the crate needs nothing but the standard library.

const TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    let mut number = 0;
    while byte < table.len() {
        let mut value = number;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { 0xEDB8_8320 ^ (value >> 1) } else { value >> 1 };
            bit += 1;
        }
        table[byte] = value;
        byte += 1;
        number += 1;
    }
    table
}

/// The sum of `bytes`, going on from the sum `before`; 0 begins.
pub(super) fn sum(before: u32, bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| TABLE[usize::from(sum.to_le_bytes()[0] ^ byte)] ^ (sum >> 8);
    !bytes.iter().fold(!before, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_the_known_ones() {
        assert_eq!(sum(0, b""), 0);
        assert_eq!(sum(0, b"123456789"), 0xCBF4_3926);
        assert_eq!(sum(sum(0, b"1234"), b"56789"), 0xCBF4_3926);
    }
}
