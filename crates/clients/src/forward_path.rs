//! A path that may be handed on.

/// A path as it stands in a request line, still percent-encoded, without dot segments.
///
/// A URL resolves `..` and `%2e%2e`, and takes `\\` for `/`: a path with them would leave the part of the callee that
/// the caller's router has looked at, and reach whatever else the callee serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForwardPath<'p>(&'p str);

impl<'p> ForwardPath<'p> {
    /// `None` for a path with a dot segment, in whatever spelling. What is encoded twice is no dot segment: it is handed
    /// on as it came, and nobody decodes it twice.
    #[must_use]
    pub fn parse(path: &'p str) -> Option<Self> {
        // Encoded separators are plain text to a URL, but not to everybody behind it.
        let plain = path.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/").replace("%5c", "/");
        let dotted = plain.split(['/', '\\']).any(|segment| matches!(segment, "." | ".."));
        (path.starts_with('/') && !dotted).then_some(Self(path))
    }

    pub(crate) fn as_str(self) -> &'p str {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BaseUrl;

    const DOTS: [&str; 8] = [".", "..", "%2e", "%2E", "%2e%2e", "%2E%2e", ".%2e", "%2e."];

    #[test]
    fn a_dot_segment_is_refused_in_every_spelling_and_position() {
        for dots in DOTS {
            for separator in ["/", "\\", "%2f", "%2F", "%5c", "%5C"] {
                for path in [
                    format!("/api/users{separator}{dots}"),
                    format!("/api/users/{dots}{separator}telemetry"),
                    format!("/api/users/@worf{separator}{dots}{separator}{dots}/short"),
                    format!("/{dots}{separator}api/users/"),
                ] {
                    assert_eq!(ForwardPath::parse(&path), None, "{path}");
                }
            }
        }
    }

    #[test]
    fn other_paths_reach_the_callee_as_they_came() {
        let base: BaseUrl = "http://users".parse().unwrap();

        for path in
            ["/api/users/@worf", "/api/users/...", "/api/users/.a/b..", "/api/users/%252e%252e/x", "/api//x"]
        {
            let forwarded = ForwardPath::parse(path).unwrap();
            assert_eq!(base.path_and_query(forwarded, None).path(), path);
        }
    }
}
