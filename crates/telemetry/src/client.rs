//! The reqwest side: one CLIENT span an attempt, the context sent along, and a time limit on everything.
//!
//! ```no_run
//! use telemetry::client::{self, ClientSettings, UrlTemplate};
//!
//! # async fn call() -> Result<(), Box<dyn std::error::Error>> {
//! let users = "http://users:4568/".parse()?;
//! let client = client::traced(&ClientSettings::calling([&users]))?;
//! client.get("http://users:4568/api/users/@londo")
//!     .with_extension(UrlTemplate("/api/users/@{handle}"))
//!     .send()
//!     .await?;
//! # Ok(())
//! # }
//! ```

mod propagate;
mod spans;

use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
pub use reqwest_middleware::ClientWithMiddleware as Client;
use reqwest_middleware::{ClientBuilder, Middleware};
use reqwest_tracing::TracingMiddleware;

/// How long an idle connection is kept. actix-web closes one after 5 s; a client that keeps it longer now and then sends a
/// request into a connection that is just being closed.
const IDLE: Duration = Duration::from_secs(4);

/// The route of a request without its values, `/api/users/@{handle}`; given to a request as an extension, it becomes
/// `url.template` and stands in the span's name.
#[derive(Debug, Clone, Copy)]
pub struct UrlTemplate(pub &'static str);

/// How often a request was sent before this attempt; it becomes `http.request.resend_count`. Attempts that a middleware makes
/// (see [`traced_within`]) are counted by themselves. Whoever sends a request again by building it again gives the number as
/// an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resends(pub u32);

/// How a traced client calls.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// Limit of opening a connection. Default 1 s: the callee is near.
    pub connect_timeout: Duration,
    /// Limit of a whole attempt, body included. Default 3 s.
    pub timeout: Duration,
    /// Hosts that trace context and baggage are sent to, each as `host:port`, or as `host` for all of its ports. Any
    /// other host gets neither: ids and baggage are nobody else's business.
    pub propagate_to: Vec<String>,
}

impl ClientSettings {
    /// The default limits, sending context to the hosts of `callees`.
    pub fn calling<'u>(callees: impl IntoIterator<Item = &'u Url>) -> Self {
        Self {
            connect_timeout: Duration::from_secs(1),
            timeout: Duration::from_secs(3),
            propagate_to: callees.into_iter().filter_map(propagate::host_and_port).collect(),
        }
    }
}

/// A client whose every attempt is a CLIENT span. It follows no redirects: a service does not send its callers
/// elsewhere, and a redirect would carry the context to a host that nobody allowed.
///
/// # Errors
/// When the HTTP client cannot be built: with TLS compiled in, that is a system without any CA certificate.
pub fn traced(settings: &ClientSettings) -> Result<Client, reqwest::Error> {
    traced_within(settings, [])
}

/// The same, inside of other middleware, the outermost first: one that retries gets a span an attempt, each with its
/// `http.request.resend_count`. Middleware that is added to a client later runs inside of the span.
///
/// # Errors
/// As [`traced`].
pub fn traced_within(
    settings: &ClientSettings,
    outer: impl IntoIterator<Item = Arc<dyn Middleware>>,
) -> Result<Client, reqwest::Error> {
    let client = reqwest::Client::builder()
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.timeout)
        .pool_idle_timeout(IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
        .build()?;
    let builder = outer.into_iter().fold(ClientBuilder::new(client), ClientBuilder::with_arc);
    Ok(builder
        .with(TracingMiddleware::<spans::ClientSpans>::new())
        .with(propagate::Propagate::to(&settings.propagate_to))
        .build())
}
