//! What reports are grouped by.

use super::Report;

/// 32 hexadecimal digits, the same for two reports that differ in data only: the constant message, the route, the types of
/// the errors and the functions of the stack. Lines are left out, as Rollbar does, so that a change above a failure does not
/// make a new item of it.
pub(super) fn of(report: &Report) -> String {
    let route = report.request.as_ref().and_then(|request| request.route.as_deref());
    let mut hash = Hash::new();
    hash.add(&report.message);
    hash.add(route.unwrap_or_default());
    for cause in &report.causes {
        hash.add(&cause.class);
    }
    for frame in &report.frames {
        hash.add(&frame.filename);
        hash.add(frame.method.as_deref().unwrap_or_default());
    }
    format!("{:032x}", hash.0)
}

/// FNV-1a in 128 bits: the same on every machine and in every version, which the hashes of the standard library are not.
/// <http://www.isthe.com/chongo/tech/comp/fnv/>
struct Hash(u128);

impl Hash {
    const fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn add(&mut self, text: &str) {
        // A byte that no text holds ends each part.
        for byte in text.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_its_authors() {
        let mut hash = Hash::new();
        for byte in *b"foobar" {
            hash.0 = (hash.0 ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
        assert_eq!(hash.0, 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let of = |parts: [&str; 2]| {
            let mut hash = Hash::new();
            for part in parts {
                hash.add(part);
            }
            hash.0
        };
        assert_ne!(of(["ab", "c"]), of(["a", "bc"]));
    }
}
