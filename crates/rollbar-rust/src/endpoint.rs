//! Where the API is.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

/// Where the API is: Rollbar's own, unless it is made from another text.
///
/// The text may end at the host or go on to `/api/1`, with or without a slash at its end. A longer path stands before
/// the API's.
///
/// ```
/// use rollbar_rust::Endpoint;
///
/// let plain: Endpoint = "http://localhost:4318".parse()?;
/// let whole: Endpoint = "http://localhost:4318/api/1/".parse()?;
/// assert_eq!(plain, whole);
/// assert_eq!(plain.to_string(), "http://localhost:4318/api/1/");
/// # Ok::<(), rollbar_rust::InvalidEndpoint>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    pub(crate) fn items(&self) -> Url {
        self.join("item/")
    }

    pub(crate) fn deploys(&self) -> Url {
        self.join("deploy/")
    }

    pub(crate) fn deploy(&self, id: u64) -> Url {
        self.join(&format!("deploy/{id}"))
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    fn join(&self, path: &str) -> Url {
        self.0.join(path).expect("a relative path goes below a http URL")
    }
}

impl Default for Endpoint {
    fn default() -> Self {
        Self(Url::parse("https://api.rollbar.com/api/1/").expect("it is a URL"))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(text: &str) -> Result<Self, InvalidEndpoint> {
        let mut url = Url::parse(text.trim()).map_err(|_| InvalidEndpoint::NoUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidEndpoint::Scheme);
        }
        // They would be sent beside the token, and told wherever the endpoint is.
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidEndpoint::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidEndpoint::Query);
        }
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/api/1").unwrap_or(path).to_owned();
        url.set_path(&format!("{path}/api/1/"));
        Ok(Self(url))
    }
}

/// A text that is no endpoint. It does not tell the text, which may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidEndpoint {
    /// It cannot be read.
    #[error("the endpoint is no URL")]
    NoUrl,
    /// It is neither http nor https.
    #[error("the endpoint is neither http nor https")]
    Scheme,
    /// It has a user or a password.
    #[error("the endpoint has credentials")]
    Credentials,
    /// It has a query or a fragment.
    #[error("the endpoint has a query or a fragment")]
    Query,
    /// It is https, and this build cannot speak that.
    #[error("the endpoint is https, and this build is without the feature `tls`")]
    NoTls,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, items: &str) {
        assert_eq!(text.parse::<Endpoint>().unwrap().items().as_str(), items, "{text}");
    }

    #[test]
    fn the_path_of_the_api_may_be_left_out() {
        check("https://api.rollbar.com", "https://api.rollbar.com/api/1/item/");
        check("https://api.rollbar.com/", "https://api.rollbar.com/api/1/item/");
        check("https://api.rollbar.com/api/1", "https://api.rollbar.com/api/1/item/");
        check(" http://127.0.0.1:1/api/1/ ", "http://127.0.0.1:1/api/1/item/");
        check("http://proxy/rollbar", "http://proxy/rollbar/api/1/item/");
        check("http://proxy/rollbar/api/1", "http://proxy/rollbar/api/1/item/");
    }

    #[test]
    fn deploys_stand_beside_items() {
        let endpoint = Endpoint::default();

        assert_eq!(endpoint.items().as_str(), "https://api.rollbar.com/api/1/item/");
        assert_eq!(endpoint.deploys().as_str(), "https://api.rollbar.com/api/1/deploy/");
        assert_eq!(endpoint.deploy(7).as_str(), "https://api.rollbar.com/api/1/deploy/7");
    }

    #[test]
    fn what_cannot_be_an_endpoint_is_refused() {
        let refused = |text: &str| text.parse::<Endpoint>().unwrap_err();

        assert_eq!(refused(""), InvalidEndpoint::NoUrl);
        assert_eq!(refused("api.rollbar.com"), InvalidEndpoint::NoUrl);
        assert_eq!(refused("ftp://api.rollbar.com"), InvalidEndpoint::Scheme);
        assert_eq!(refused("https://user@api.rollbar.com"), InvalidEndpoint::Credentials);
        assert_eq!(refused("https://:secret@api.rollbar.com"), InvalidEndpoint::Credentials);
        assert_eq!(refused("https://api.rollbar.com/?access_token=1"), InvalidEndpoint::Query);
    }
}
