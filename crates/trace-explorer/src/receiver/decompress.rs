//! Undoes `Content-Encoding`, with a limit on what comes out.

use std::io::Read;

use flate2::read::MultiGzDecoder;

/// How the body of a request is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    Identity,
    Gzip,
}

impl Compression {
    /// Reads a `Content-Encoding` header; `None` for one that is not supported.
    pub(crate) fn of_header(header: Option<&str>) -> Option<Self> {
        match header.map(|value| value.trim().to_ascii_lowercase()).as_deref() {
            None | Some("" | "identity") => Some(Self::Identity),
            Some("gzip" | "x-gzip") => Some(Self::Gzip),
            Some(_) => None,
        }
    }
}

/// Why there is no plain body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum DecompressError {
    /// It is longer than the limit, however much longer: reading stopped there.
    TooLarge,
    /// Not gzip, cut off, or its checksum is wrong.
    Broken,
}

/// The plain body.
pub(crate) fn decompress(
    body: Vec<u8>,
    compression: Compression,
    limit: usize,
) -> Result<Vec<u8>, DecompressError> {
    // OTLP: a request without a body is empty, whatever its headers say.
    if compression == Compression::Identity || body.is_empty() {
        return Ok(body);
    }
    // Room for the usual ratio, so that a batch is not copied as it grows.
    let mut plain = Vec::with_capacity((body.len() * 6).min(limit));
    let mut decoder = MultiGzDecoder::new(&body[..]).take(limit as u64 + 1);
    decoder.read_to_end(&mut plain).map_err(|_| DecompressError::Broken)?;
    if plain.len() > limit { Err(DecompressError::TooLarge) } else { Ok(plain) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzip_is_undone_up_to_the_limit() {
        let body = gzip(&[0; 1000]);

        assert_eq!(decompress(body.clone(), Compression::Gzip, 1000), Ok(vec![0; 1000]));
        assert_eq!(decompress(body, Compression::Gzip, 999), Err(DecompressError::TooLarge));
    }

    #[test]
    fn gzip_that_is_cut_off_or_damaged_is_refused() {
        let mut body = gzip(b"some telemetry");

        assert_eq!(
            decompress(body[..body.len() - 1].to_vec(), Compression::Gzip, 99),
            Err(DecompressError::Broken)
        );
        let crc = body.len() - 8;
        body[crc] ^= 1;
        assert_eq!(decompress(body, Compression::Gzip, 99), Err(DecompressError::Broken));
        assert_eq!(decompress(b"plain".to_vec(), Compression::Gzip, 99), Err(DecompressError::Broken));
    }
}
