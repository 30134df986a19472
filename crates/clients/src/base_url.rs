//! Where a service is.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

use crate::ForwardPath;

/// Address of a service: `http` or `https`, a host, perhaps a path, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// An address that no service can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Not a URL at all.
    #[error("not a URL, such as http://localhost:4568")]
    Malformed,
    /// Another scheme, or none: `localhost:4568` is read as scheme `localhost`.
    #[error("must begin with http:// or https://")]
    Scheme,
    /// Credentials, a query or a fragment: none of them belongs to a base.
    #[error("must have no user, password, query or fragment")]
    Surplus,
}

impl BaseUrl {
    /// The URL itself.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The URL of a path below the base.
    pub(crate) fn path<'s>(&self, segments: impl IntoIterator<Item = &'s str>) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// The URL of a path and query, given as they stand in a request line.
    pub(crate) fn path_and_query(&self, path: ForwardPath<'_>, query: Option<&str>) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{}", self.0.path().trim_end_matches('/'), path.as_str()));
        url.set_query(query);
        url
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| BaseUrlError::Malformed)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(BaseUrlError::Scheme);
        }
        let surplus = !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some();
        if surplus { Err(BaseUrlError::Surplus) } else { Ok(Self(url)) }
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_of_a_service_is_taken() {
        let check = |text: &str, expected: Result<&str, BaseUrlError>| {
            let parsed = text.parse::<BaseUrl>().map(|base| base.to_string());
            assert_eq!(parsed, expected.map(str::to_owned), "{text}");
        };

        check("http://localhost:4568", Ok("http://localhost:4568/"));
        check("https://users.example/base/", Ok("https://users.example/base/"));
        check("localhost:4568", Err(BaseUrlError::Scheme));
        check("users", Err(BaseUrlError::Malformed));
        check("http://me:secret@users", Err(BaseUrlError::Surplus));
        check("http://users/?a=b", Err(BaseUrlError::Surplus));
    }

    #[test]
    fn paths_stand_below_the_base_and_keep_the_at_sign() {
        let base: BaseUrl = "http://users/base/".parse().unwrap();
        let path = ForwardPath::parse("/api/x").unwrap();

        assert_eq!(base.path(["api", "users", "@worf"]).as_str(), "http://users/base/api/users/@worf");
        assert_eq!(base.path_and_query(path, Some("a=b")).as_str(), "http://users/base/api/x?a=b");
    }
}
