//! The frame around the one message of a call: a flag, the length, the message.

use crate::receiver::decompress::Compression;

/// Bytes of the flag and the length.
pub(super) const PREFIX_BYTES: usize = 5;

/// The message in the body of a call, and how it is compressed. The error is a sentence.
///
/// `encoding` is what the sender names for all messages; each says whether it makes use of it.
pub(super) fn of_body(
    mut body: Vec<u8>,
    encoding: Compression,
) -> Result<(Vec<u8>, Compression), &'static str> {
    let Some((&[flag, ref length @ ..], message)) = body.split_first_chunk::<PREFIX_BYTES>() else {
        return Err("the call ended before its message began");
    };
    if u32::from_be_bytes(*length) as usize != message.len() {
        return Err("the call is not one message of the length that it says");
    }
    let compression = match (flag, encoding) {
        (0, _) => Compression::Identity,
        (1, Compression::Gzip) => Compression::Gzip,
        (1, Compression::Identity) => {
            return Err("the message is compressed, and grpc-encoding does not say how");
        }
        _ => return Err("the message has an unknown flag"),
    };
    body.drain(..PREFIX_BYTES);
    Ok((body, compression))
}

/// A message, uncompressed, as the body of an answer.
pub(super) fn into_body(message: &[u8]) -> Vec<u8> {
    // An answer is a sentence at most.
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0], &length.to_be_bytes()[..], message].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for compression in [Compression::Identity, Compression::Gzip] {
            let read = of_body(into_body(b"message"), compression);

            assert_eq!(read, Ok((b"message".to_vec(), Compression::Identity)));
        }
    }

    #[test]
    fn a_message_is_compressed_when_it_says_so() {
        let mut body = into_body(b"gzip");
        body[0] = 1;

        assert_eq!(of_body(body.clone(), Compression::Gzip), Ok((b"gzip".to_vec(), Compression::Gzip)));
        assert!(of_body(body.clone(), Compression::Identity).is_err());
        body[0] = 2;
        assert!(of_body(body, Compression::Gzip).is_err());
    }

    #[test]
    fn a_call_is_one_whole_message() {
        let body = into_body(b"message");
        let two = [&body[..], &body[..]].concat();

        for broken in [&body[..0], &body[..4], &body[..11], &two[..]] {
            assert!(of_body(broken.to_vec(), Compression::Identity).is_err(), "{broken:?}");
        }
    }
}
