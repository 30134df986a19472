//! Log groups and their streams. They are names and dates; the events refer to them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// So many of each, so that one client cannot fill the memory with names.
const MAX_GROUPS: usize = 1_000;
const MAX_STREAMS: usize = 10_000;

/// Why something is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogError {
    NoSuchGroup,
    NoSuchStream,
    GroupExists,
    StreamExists,
    /// There is no room for another group or stream.
    TooMany,
}

/// All groups, by name.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    groups: BTreeMap<Arc<str>, Group>,
    streams: usize,
}

#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) created_ms: u64,
    pub(crate) retention_days: Option<u64>,
    pub(crate) streams: BTreeMap<Arc<str>, Stream>,
}

#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_field_names, reason = "the unit belongs to the name")]
pub(crate) struct Stream {
    pub(crate) created_ms: u64,
    /// Of all events that were ever taken.
    pub(crate) first_ms: Option<u64>,
    pub(crate) last_ms: Option<u64>,
    pub(crate) last_ingested_ms: Option<u64>,
}

impl Group {
    /// Events from before this time are not told any more.
    pub(crate) fn expired_before(&self, now_ms: u64) -> u64 {
        const DAY_MS: u64 = 24 * 60 * 60 * 1000;
        self.retention_days.map_or(0, |days| now_ms.saturating_sub(days.saturating_mul(DAY_MS)))
    }
}

impl Groups {
    pub(crate) fn create(&mut self, name: &str, now_ms: u64) -> Result<(), LogError> {
        let full = self.groups.len() >= MAX_GROUPS;
        match self.groups.entry(name.into()) {
            Entry::Occupied(_) => Err(LogError::GroupExists),
            Entry::Vacant(_) if full => Err(LogError::TooMany),
            Entry::Vacant(place) => {
                place.insert(Group { created_ms: now_ms, retention_days: None, streams: BTreeMap::new() });
                Ok(())
            }
        }
    }

    pub(crate) fn create_stream(&mut self, group: &str, name: &str, now_ms: u64) -> Result<(), LogError> {
        let full = self.streams >= MAX_STREAMS;
        let group = self.groups.get_mut(group).ok_or(LogError::NoSuchGroup)?;
        match group.streams.entry(name.into()) {
            Entry::Occupied(_) => Err(LogError::StreamExists),
            Entry::Vacant(_) if full => Err(LogError::TooMany),
            Entry::Vacant(place) => {
                place.insert(Stream { created_ms: now_ms, ..Stream::default() });
                self.streams += 1;
                Ok(())
            }
        }
    }

    /// Makes what is missing of a group and its stream.
    pub(super) fn ensure(&mut self, group: &str, stream: &str, now_ms: u64) -> Result<(), LogError> {
        for made in [self.create(group, now_ms), self.create_stream(group, stream, now_ms)] {
            if made == Err(LogError::TooMany) {
                return made;
            }
        }
        Ok(())
    }

    pub(crate) fn set_retention(&mut self, group: &str, days: Option<u64>) -> Result<(), LogError> {
        self.groups.get_mut(group).ok_or(LogError::NoSuchGroup)?.retention_days = days;
        Ok(())
    }

    pub(crate) fn group(&self, name: &str) -> Result<&Group, LogError> {
        self.groups.get(name).ok_or(LogError::NoSuchGroup)
    }

    pub(crate) fn stream(&self, group: &str, name: &str) -> Result<&Stream, LogError> {
        self.group(group)?.streams.get(name).ok_or(LogError::NoSuchStream)
    }

    /// By name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Group)> {
        self.groups.iter()
    }

    /// Notes events of these times, and hands out the names of their group and stream.
    pub(super) fn put(
        &mut self,
        group: &str,
        stream: &str,
        times: impl Iterator<Item = u64> + Clone,
        now_ms: u64,
    ) -> Result<(Arc<str>, Arc<str>), LogError> {
        let (group, streams) = self.groups.get_key_value(group).ok_or(LogError::NoSuchGroup)?;
        let (stream, _) = streams.streams.get_key_value(stream).ok_or(LogError::NoSuchStream)?;
        let names = (group.clone(), stream.clone());
        let known = self.groups.get_mut(&names.0).and_then(|group| group.streams.get_mut(&names.1));
        if let (Some(stream), Some(first), Some(last)) = (known, times.clone().min(), times.max()) {
            stream.first_ms = Some(stream.first_ms.map_or(first, |known| known.min(first)));
            stream.last_ms = Some(stream.last_ms.map_or(last, |known| known.max(last)));
            stream.last_ingested_ms = Some(now_ms);
        }
        Ok(names)
    }
}
