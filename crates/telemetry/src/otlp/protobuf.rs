//! Protobuf, written from back to front.
//!
//! A message stands behind its length, which is known only when the message is written. Whoever writes forwards has to measure
//! each message first, those inside of it again and again, or to copy. Written backwards, each byte is written once.
//! See <https://protobuf.dev/programming-guides/encoding/>.

/// The type of a field's value on the wire.
#[derive(Clone, Copy)]
enum Wire {
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// A message on its way, the last byte first. To read like other encoders', a message has to write its fields in falling
/// order, and a list its last element first.
pub(crate) struct Writer {
    /// Filled from its end.
    buffer: Vec<u8>,
    begin: usize,
}

impl Writer {
    /// A writer with room for `bytes`; it takes more as it needs it.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { buffer: vec![0; bytes], begin: bytes }
    }

    /// What was written.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.buffer[self.begin..]
    }

    /// Begins again, in the same memory.
    pub(super) fn clear(&mut self) {
        self.begin = self.buffer.len();
    }

    fn len(&self) -> usize {
        self.buffer.len() - self.begin
    }

    /// A message in a field, also an empty one.
    pub(super) fn message(&mut self, field: u32, write: impl FnOnce(&mut Self)) {
        let behind = self.len();
        write(self);
        self.varint((self.len() - behind) as u64);
        self.tag(field, Wire::Bytes);
    }

    /// Bytes or text; none are the default, and not written.
    pub(super) fn bytes(&mut self, field: u32, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.some_bytes(field, bytes);
        }
    }

    /// Bytes or text that stand there though they are empty, as in a `oneof`.
    pub(super) fn some_bytes(&mut self, field: u32, bytes: &[u8]) {
        self.raw(bytes);
        self.varint(bytes.len() as u64);
        self.tag(field, Wire::Bytes);
    }

    /// A number as a varint; 0 is the default, and not written.
    pub(super) fn number(&mut self, field: u32, value: u64) {
        if value != 0 {
            self.some_number(field, value);
        }
    }

    /// A number that stands there though it is 0, as in a `oneof`.
    pub(super) fn some_number(&mut self, field: u32, value: u64) {
        self.varint(value);
        self.tag(field, Wire::Varint);
    }

    /// A `fixed64`; 0 is the default, and not written.
    pub(super) fn fixed64(&mut self, field: u32, value: u64) {
        if value != 0 {
            self.raw(&value.to_le_bytes());
            self.tag(field, Wire::Fixed64);
        }
    }

    /// A `double` that stands there though it is 0, as in a `oneof`.
    pub(super) fn some_double(&mut self, field: u32, value: f64) {
        self.raw(&value.to_le_bytes());
        self.tag(field, Wire::Fixed64);
    }

    /// A `fixed32`; 0 is the default, and not written.
    pub(super) fn fixed32(&mut self, field: u32, value: u32) {
        if value != 0 {
            self.raw(&value.to_le_bytes());
            self.tag(field, Wire::Fixed32);
        }
    }

    /// Bytes that are protobuf already, or that a length will stand before.
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        if self.begin < bytes.len() {
            self.grow(bytes.len());
        }
        let end = self.begin;
        self.begin -= bytes.len();
        self.buffer[self.begin..end].copy_from_slice(bytes);
    }

    fn tag(&mut self, field: u32, wire: Wire) {
        self.varint(u64::from(field << 3 | wire as u32));
    }

    fn varint(&mut self, mut value: u64) {
        // Nearly all are tags and lengths of less than 128.
        if let (Ok(byte @ ..0x80), 1..) = (u8::try_from(value), self.begin) {
            self.begin -= 1;
            self.buffer[self.begin] = byte;
            return;
        }
        let (mut bytes, mut length) = ([0; 10], 0);
        loop {
            // Seven bits a byte; the eighth says that there are more.
            bytes[length] = (value & 0x7f) as u8 | 0x80;
            length += 1;
            value >>= 7;
            if value == 0 {
                break;
            }
        }
        bytes[length - 1] &= 0x7f;
        self.raw(&bytes[..length]);
    }

    /// Makes room for `bytes` more, and as much again as there is.
    fn grow(&mut self, bytes: usize) {
        let mut larger = vec![0; 2 * self.buffer.len() + bytes];
        let begin = larger.len() - self.len();
        larger[begin..].copy_from_slice(self.as_bytes());
        (self.buffer, self.begin) = (larger, begin);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_as_the_guide_has_it() {
        // The examples of the encoding guide: 150 in field 1, inside of a message in field 3, and "testing" in field 2.
        let mut writer = Writer::with_capacity(0);
        writer.message(3, |inner| inner.number(1, 150));
        writer.bytes(2, b"testing");

        assert_eq!(writer.as_bytes(), b"\x12\x07testing\x1a\x03\x08\x96\x01");
    }

    #[test]
    fn the_largest_numbers_fit() {
        let mut writer = Writer::with_capacity(4);
        writer.number(16, u64::MAX);

        assert_eq!(writer.as_bytes(), [&[0x80, 0x01], &[0xff; 9][..], &[0x01]].concat());
    }

    #[test]
    fn defaults_are_not_written_unless_they_have_to_be() {
        let mut writer = Writer::with_capacity(64);
        writer.bytes(1, b"");
        writer.number(2, 0);
        writer.fixed64(3, 0);
        writer.fixed32(4, 0);
        assert!(writer.as_bytes().is_empty());

        writer.some_number(2, 0);
        writer.some_bytes(1, b"");
        assert_eq!(writer.as_bytes(), [0x0a, 0x00, 0x10, 0x00]);

        writer.clear();
        assert!(writer.as_bytes().is_empty());
    }
}
