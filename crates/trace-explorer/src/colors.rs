//! A colour for each service: the same on every page and in every trace, and after a restart.

use std::collections::HashMap;

/// Slots of the palette; the style sheet has a colour for each, `c0` to `c9`, and none of them is red.
pub const SLOTS: usize = 10;

/// The slot of each service in the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Colors {
    slots: HashMap<String, usize>,
}

impl Colors {
    /// Gives each service the slot that its name hashes to, or the next free one. Free means: not taken by a service
    /// before it in the order of names, so the outcome depends on the names alone.
    pub fn assign<'a>(services: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names: Vec<&str> = services.into_iter().collect();
        names.sort_unstable();
        names.dedup();
        let mut taken = [0_usize; SLOTS];
        let mut slots = HashMap::with_capacity(names.len());
        for name in names {
            let home = home(name);
            // When all are taken the palette begins again.
            let least = taken.iter().min().copied().unwrap_or(0);
            let free = (0..SLOTS).map(|step| (home + step) % SLOTS).find(|&slot| taken[slot] == least);
            let slot = free.unwrap_or(home);
            taken[slot] += 1;
            slots.insert(name.to_owned(), slot);
        }
        Self { slots }
    }

    /// The slot of a service; of an unknown one, the slot that its name hashes to.
    #[must_use]
    pub fn slot(&self, service: &str) -> usize {
        self.slots.get(service).copied().unwrap_or_else(|| home(service))
    }
}

/// FNV-1a: fixed for all time, unlike the hash of a map.
fn home(name: &str) -> usize {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    usize::try_from(hash % SLOTS as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn services_have_different_colors_as_long_as_there_are_some() {
        let names: Vec<String> = (0..SLOTS).map(|n| format!("service-{n}")).collect();

        let colors = Colors::assign(names.iter().map(String::as_str));

        let slots: HashSet<usize> = names.iter().map(|name| colors.slot(name)).collect();
        assert_eq!(slots.len(), SLOTS);
    }

    #[test]
    fn the_order_of_arrival_does_not_matter() {
        let there = Colors::assign(["activities", "users", "notifications"]);
        let back = Colors::assign(["notifications", "users", "activities", "users"]);

        assert_eq!(there, back);
    }

    #[test]
    fn more_services_than_colors_share_evenly() {
        let names: Vec<String> = (0..3 * SLOTS).map(|n| format!("service-{n}")).collect();

        let colors = Colors::assign(names.iter().map(String::as_str));

        for slot in 0..SLOTS {
            assert_eq!(names.iter().filter(|name| colors.slot(name) == slot).count(), 3);
        }
    }
}
