//! The protobuf wire format, as much of it as a walk over OTLP needs: fields are read in place, nothing is copied.
//!
//! A request is checked and indexed without being decoded into structs first. That keeps the cost of a span small, and
//! a body of a few megabytes of empty messages cannot become gigabytes of empty structs.

/// Bytes that are not protobuf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A field says that it is longer than the bytes that are left.
    #[error("the message ends in the middle of a field")]
    Truncated,
    /// A number of more than 64 bits.
    #[error("a varint is longer than ten bytes")]
    Varint,
    /// Field number zero, or beyond what protobuf allows.
    #[error("a field has an impossible number")]
    FieldNumber,
    /// Groups (removed from protobuf long ago) and undefined wire types.
    #[error("a field has an unknown wire type")]
    WireType,
}

/// The value of a field as it lies on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire<'a> {
    Varint(u64),
    Fixed64(u64),
    /// Text, bytes or an embedded message.
    Len(&'a [u8]),
    Fixed32(u32),
}

/// Walks over the fields of one message.
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(crate) fn of(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    fn read(&mut self) -> Result<(u32, Wire<'a>), WireError> {
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).map_err(|_| WireError::FieldNumber)?;
        if number == 0 || number >= 1 << 29 {
            return Err(WireError::FieldNumber);
        }
        let value = match key & 7 {
            0 => Wire::Varint(self.varint()?),
            1 => Wire::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| WireError::Truncated)?;
                Wire::Len(self.take(length)?)
            }
            5 => Wire::Fixed32(u32::from_le_bytes(self.array()?)),
            _ => return Err(WireError::WireType),
        };
        Ok((number, value))
    }

    fn varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0;
        for (index, &byte) in self.rest.iter().enumerate().take(10) {
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                // The tenth byte has room for one bit only.
                if index == 9 && byte > 1 {
                    return Err(WireError::Varint);
                }
                self.rest = &self.rest[index + 1..];
                return Ok(value);
            }
        }
        Err(if self.rest.len() < 10 { WireError::Truncated } else { WireError::Varint })
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Wire<'a>), WireError>;

    /// After the first error the walk is over.
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let item = self.read();
        if item.is_err() {
            self.rest = &[];
        }
        Some(item)
    }
}

/// The text in field `number`, the last one if there are several, as protobuf prescribes; empty if there is none.
///
/// For bytes that were checked when they came in: anything else reads as empty.
pub(crate) fn text(message: &[u8], number: u32) -> &str {
    let last = Fields::of(message).flatten().filter_map(|(n, value)| match value {
        Wire::Len(bytes) if n == number => Some(bytes),
        _ => None,
    });
    last.last().and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
}

/// The messages in the repeated field `number`.
pub(crate) fn messages(message: &[u8], number: u32) -> impl Iterator<Item = &[u8]> {
    Fields::of(message).flatten().filter_map(move |(n, value)| match value {
        Wire::Len(bytes) if n == number => Some(bytes),
        _ => None,
    })
}

/// Appends one field, tag included.
pub(crate) fn put(out: &mut Vec<u8>, number: u32, value: Wire<'_>) {
    let tag = |wire_type: u64| u64::from(number) << 3 | wire_type;
    match value {
        Wire::Varint(number) => {
            put_varint(out, tag(0));
            put_varint(out, number);
        }
        Wire::Fixed64(number) => {
            put_varint(out, tag(1));
            out.extend_from_slice(&number.to_le_bytes());
        }
        Wire::Len(bytes) => {
            put_varint(out, tag(2));
            put_varint(out, bytes.len() as u64);
            out.extend_from_slice(bytes);
        }
        Wire::Fixed32(number) => {
            put_varint(out, tag(5));
            out.extend_from_slice(&number.to_le_bytes());
        }
    }
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_read_back() {
        let fields = [
            (1, Wire::Varint(u64::MAX)),
            (2, Wire::Fixed64(7)),
            (300, Wire::Len(b"text")),
            (4, Wire::Fixed32(9)),
            (5, Wire::Varint(0)),
        ];
        let mut bytes = Vec::new();
        for (number, value) in fields {
            put(&mut bytes, number, value);
        }

        let read: Vec<_> = Fields::of(&bytes).collect::<Result<_, _>>().unwrap();

        assert_eq!(read, fields);
    }

    #[test]
    fn broken_bytes_end_the_walk_with_one_error() {
        let check = |bytes: &[u8], error| {
            assert_eq!(Fields::of(bytes).collect::<Vec<_>>(), [Err(error)], "{bytes:?}");
        };
        check(&[0x0a, 5, 1], WireError::Truncated);
        check(&[0x80], WireError::Truncated);
        check(&[0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2], WireError::Varint);
        check(&[0x00, 1], WireError::FieldNumber);
        check(&[0x0b], WireError::WireType);
        check(&[0x0a, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1], WireError::Truncated);
    }
}
