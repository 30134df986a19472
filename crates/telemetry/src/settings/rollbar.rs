//! Where reports of failures go, and which.

use std::fmt;
use std::time::Duration;

use rollbar_rust::{Endpoint, Level};
use secrecy::SecretString;

use super::short::EXPLORER;
use super::variables::Variables;

const TOKEN: &str = "ROLLBAR_ACCESS_TOKEN";
const ENDPOINT: &str = "ROLLBAR_ENDPOINT";
const ENVIRONMENT: &str = "ROLLBAR_ENVIRONMENT";
const CODE_VERSION: &str = "ROLLBAR_CODE_VERSION";
const LEVEL: &str = "ROLLBAR_LEVEL";
const IGNORE: &str = "ROLLBAR_IGNORE";
const RATE: &str = "ROLLBAR_ITEMS_PER_MINUTE";
const TEAM: &str = "HONEYCOMB_TEAM";
const PUBLIC: &str = "EXPLORER_PUBLIC_URL";

/// Our variables.
pub(super) const NAMES: [&str; 9] =
    [TOKEN, ENDPOINT, ENVIRONMENT, CODE_VERSION, LEVEL, IGNORE, RATE, TEAM, PUBLIC];

/// The explorer takes any token, and refuses none as Rollbar does.
const EXPLORER_TOKEN: &str = "explorer";

/// Items of one kind that are sent one by one in a minute.
const ITEMS_PER_MINUTE: usize = 60;

/// Which failures are reported, and where.
#[derive(Debug, Clone)]
pub struct ReportsSettings {
    /// Each destination has a queue of its own. Empty: failures are logged, and nothing else.
    pub destinations: Vec<RollbarDestination>,
    /// `environment` of the items; `None` leaves it to the resource's `deployment.environment.name`.
    pub environment: Option<String>,
    /// `code_version` of the items; `None` leaves it to the version of the service.
    pub code_version: Option<String>,
    /// What is less severe is not reported.
    pub level: Level,
    /// Types of errors, and messages, that are not reported.
    pub ignore: Vec<String>,
    /// Items of one fingerprint that are sent one by one in a minute; further ones are counted, and sent as one.
    pub items_per_minute: usize,
    /// Where a trace is shown to people: URLs that end where the trace id begins.
    pub links: Links,
}

/// Pages of a trace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// The explorer's, `http://localhost:4318/traces/`.
    pub explorer: Option<String>,
    /// Honeycomb's, `https://ui.honeycomb.io/<team>/…/trace?trace_id=`.
    pub honeycomb: Option<String>,
}

/// A server of Rollbar's item API.
#[derive(Clone)]
pub struct RollbarDestination {
    /// For people: `rollbar`, `explorer`.
    pub name: &'static str,
    /// Where the API is.
    pub endpoint: Endpoint,
    /// The access token.
    pub token: SecretString,
    /// Limit of one request.
    pub timeout: Duration,
}

impl fmt::Debug for RollbarDestination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = formatter.debug_struct("RollbarDestination");
        told.field("name", &self.name).field("endpoint", &self.endpoint.to_string()).finish_non_exhaustive()
    }
}

impl ReportsSettings {
    pub(super) fn read(variables: &Variables<'_>) -> Self {
        let mut destinations: Vec<RollbarDestination> = rollbar(variables).into_iter().collect();
        let explorer = explorer(variables);
        destinations.extend(
            explorer.filter(|explorer| destinations.iter().all(|known| known.endpoint != explorer.endpoint)),
        );
        if destinations.is_empty() {
            // Not asked for, so that each is shown as doing nothing.
            return Self { destinations, ..Self::none() };
        }
        Self {
            destinations,
            environment: variables.get(ENVIRONMENT),
            code_version: variables.get(CODE_VERSION),
            level: variables.parse(
                &[LEVEL],
                (Level::Error, "error"),
                "critical, error, warning, info or debug",
                |word| word.to_ascii_lowercase().parse().ok(),
            ),
            ignore: variables.list(IGNORE),
            items_per_minute: variables.count(&[RATE], ITEMS_PER_MINUTE),
            links: links(variables),
        }
    }

    fn none() -> Self {
        Self {
            destinations: Vec::new(),
            environment: None,
            code_version: None,
            level: Level::Error,
            ignore: Vec::new(),
            items_per_minute: ITEMS_PER_MINUTE,
            links: Links::default(),
        }
    }
}

fn rollbar(variables: &Variables<'_>) -> Option<RollbarDestination> {
    let token = SecretString::from(variables.get(TOKEN)?);
    let endpoint = match variables.get(ENDPOINT) {
        None => Endpoint::default(),
        Some(text) => endpoint(variables, ENDPOINT, &text)?,
    };
    Some(RollbarDestination {
        name: "rollbar",
        endpoint,
        token,
        timeout: rollbar_rust::ClientBuilder::TIMEOUT,
    })
}

fn explorer(variables: &Variables<'_>) -> Option<RollbarDestination> {
    let base = explorer_base(variables)?;
    // Whatever is wrong with it has been said for the spans.
    let endpoint = base.parse().ok()?;
    let token = SecretString::from(EXPLORER_TOKEN);
    Some(RollbarDestination {
        name: "explorer",
        endpoint,
        token,
        timeout: rollbar_rust::ClientBuilder::TIMEOUT,
    })
}

/// The explorer without the path of spans, which some write behind it.
fn explorer_base(variables: &Variables<'_>) -> Option<String> {
    let text = variables.get(EXPLORER)?;
    let text = if text.contains("://") { text } else { format!("http://{text}") };
    let base = text.trim_end_matches('/');
    Some(base.strip_suffix("/v1/traces").unwrap_or(base).to_owned())
}

fn endpoint(variables: &Variables<'_>, name: &str, text: &str) -> Option<Endpoint> {
    let wrong = |error: rollbar_rust::InvalidEndpoint| {
        variables.problem(name, format!("{error}; write https://api.rollbar.com, or nothing for that"));
    };
    text.parse().map_err(wrong).ok()
}

fn links(variables: &Variables<'_>) -> Links {
    // Services in containers know the explorer by a name that browsers do not.
    let public = variables.get(PUBLIC).map(|base| base.trim_end_matches('/').to_owned());
    let explorer = public.or_else(|| explorer_base(variables)).map(|base| format!("{base}/traces/"));
    let honeycomb = variables.get(TEAM).map(|team| {
        let team = team.trim_matches('/').to_owned();
        if team.contains("://") {
            format!("{team}/trace?trace_id=")
        } else {
            format!("https://ui.honeycomb.io/{team}/trace?trace_id=")
        }
    });
    Links { explorer, honeycomb }
}
