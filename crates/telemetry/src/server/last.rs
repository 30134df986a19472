//! What was made last of a text that comes with each request. Most requests of a thread come from few callers and name one
//! host, so parsing and copying it once is enough.

use std::borrow::Borrow;
use std::cell::RefCell;

/// The last key that was asked for, and its value.
pub(super) struct Last<K: ToOwned + ?Sized, V>(RefCell<Option<(K::Owned, V)>>);

impl<K: ToOwned + Eq + ?Sized, V: Clone> Last<K, V> {
    pub(super) const fn new() -> Self {
        Self(RefCell::new(None))
    }

    /// The value of `key`: a copy of the last one, or a new one that `make` makes.
    pub(super) fn of(&self, key: &K, make: impl FnOnce(&K) -> V) -> V {
        if let Some((known, value)) = &*self.0.borrow()
            && known.borrow() == key
        {
            return value.clone();
        }
        let value = make(key);
        self.0.replace(Some((key.to_owned(), value.clone())));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_when_the_key_is_another() {
        let (last, mut made) = (Last::<str, usize>::new(), Vec::new());

        for key in ["a", "a", "bb", "bb", "a"] {
            let value = last.of(key, |key| {
                made.push(key.to_owned());
                key.len()
            });
            assert_eq!(value, key.len());
        }

        assert_eq!(made, ["a", "bb", "a"]);
    }
}
