//! Which names are secrets, remembered: every attribute of every span is asked for, and there are few names.

use std::cell::RefCell;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::redaction;

/// Names beyond this are worked out each time: a caller that makes up names must not fill the memory.
const REMEMBERED: usize = 1024;

thread_local! {
    static KNOWN: RefCell<HashMap<Box<str>, bool, RandomState>> = RefCell::default();
}

/// [`redaction::is_secret`], faster.
pub(crate) fn is_secret(name: &str) -> bool {
    KNOWN.with_borrow_mut(|known| {
        if let Some(answer) = known.get(name) {
            return *answer;
        }
        let answer = redaction::is_secret(name);
        if known.len() < REMEMBERED {
            known.insert(name.into(), answer);
        }
        answer
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_answered_alike_at_any_time() {
        for _ in 0..2 {
            assert!(is_secret("password") && !is_secret("http.route"));
        }
        for made_up in 0..2 * REMEMBERED {
            assert!(!is_secret(&format!("name{made_up}")));
        }
        assert!(is_secret("password") && is_secret("api_key"));
        assert!(KNOWN.with_borrow(HashMap::len) <= REMEMBERED);
    }
}
