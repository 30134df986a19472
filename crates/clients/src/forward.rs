//! Handing a request on as it came.

use bytes::Bytes;
use reqwest::Method;

use crate::call::Callee;
use crate::{ClientError, ForwardPath};

/// A request to hand on: what the callee needs of it, and nothing else, so that no cookie or other header of the
/// caller reaches a service that did not ask for it.
#[derive(Debug, Clone)]
pub struct ForwardRequest<'r> {
    /// The method, of any name.
    pub method: &'r str,
    /// The path, still percent-encoded.
    pub path: ForwardPath<'r>,
    /// The query, still percent-encoded, without `?`.
    pub query: Option<&'r str>,
    /// The route in the caller's router, for the span's name.
    pub template: &'static str,
    /// Headers to hand on, by name.
    pub headers: Vec<(&'static str, &'r [u8])>,
    /// The body.
    pub body: Bytes,
}

/// The answer to hand back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forwarded {
    /// The status.
    pub status: u16,
    /// `Content-Type`, when there was one.
    pub content_type: Option<Vec<u8>>,
    /// `Allow`, which a 405 needs.
    pub allow: Option<Vec<u8>>,
    /// The body.
    pub body: Bytes,
}

impl ForwardRequest<'_> {
    pub(crate) async fn send(self, callee: &Callee) -> Result<Forwarded, ClientError> {
        let method = Method::from_bytes(self.method.as_bytes())
            .expect("a method that reached a router is a token, and a token is a method");
        let url = callee.base.path_and_query(self.path, self.query);
        let request = || {
            let request = callee.client.request(method.clone(), url.clone()).body(self.body.clone());
            self.headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
        };
        let response = if method.is_safe() {
            callee.read(request, self.template).await?
        } else {
            callee.send(request(), self.template).await?
        };
        let status = response.status();
        // Neither has a place in this contract, so something else answers at the address of the service.
        if status.is_informational() || status.is_redirection() {
            return Err(ClientError::Status { service: callee.service, status });
        }
        let header = |name| response.headers().get(name).map(|value| value.as_bytes().to_vec());
        let (content_type, allow) = (header("content-type"), header("allow"));
        let body = callee.body(response).await?;
        Ok(Forwarded { status: status.as_u16(), content_type, allow, body })
    }
}
