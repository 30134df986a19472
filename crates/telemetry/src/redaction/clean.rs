//! Texts that were looked through and hold no secret: the same few queries and URLs come again and again.

use std::cell::RefCell;
use std::collections::HashSet;

use foldhash::fast::RandomState;

use super::names;

/// No more texts than these are remembered by a thread, and no longer ones.
const TEXTS: usize = 1024;
const BYTES: usize = 512;

thread_local! {
    static CLEAN: RefCell<HashSet<Box<str>, RandomState>> = RefCell::default();
}

pub(super) fn is_known(text: &str) -> bool {
    text.len() <= BYTES && CLEAN.with_borrow(|clean| clean.contains(text))
}

/// Before [`init`](crate::init) nothing is remembered, because it may add to the names of secrets.
pub(super) fn remember(text: &str) {
    if text.len() <= BYTES && names::are_complete() {
        CLEAN.with_borrow_mut(|clean| {
            if clean.len() < TEXTS {
                clean.insert(text.into());
            }
        });
    }
}
