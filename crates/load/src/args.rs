//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use reqwest::Url;

use crate::scenario::Choice;

/// More than this many requests, and asking for every trace would take longer than anyone waits.
const MAX_REQUESTS: f64 = 1_000_000.0;

/// Sends requests to Cruddur at a fixed rate, as a user from outside, and then asks the explorer whether every request
/// became one complete trace.
///
/// The exit code is 0 when every request was answered as it should be and every trace is complete, 1 when not, 2 when
/// the command line is wrong.
#[derive(Debug, Clone, Parser)]
#[command(name = "load", bin_name = "scripts/load", max_term_width = 100)]
pub(crate) struct Args {
    /// Requests a second. They are sent on time, whether or not earlier ones were answered.
    #[arg(long, value_name = "N", default_value = "20", value_parser = rate)]
    pub(crate) rate: f64,

    /// How long to send: 500ms, 30s, 2m.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub(crate) duration: Duration,

    /// What to ask for; `all` mixes them as a feed is used: mostly reading.
    #[arg(long, value_enum, default_value = "all")]
    pub(crate) scenario: Choice,

    /// Writes all figures to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Where the public API is.
    #[arg(long, env = "CRUDDUR_URL", default_value = "http://127.0.0.1:4567", value_parser = address)]
    pub(crate) url: Url,

    /// Where the explorer is.
    #[arg(long, env = "EXPLORER_URL", default_value = "http://127.0.0.1:4318", value_parser = address)]
    pub(crate) explorer: Url,

    /// The explorer's address in the links that are printed, when a browser reaches it by another one.
    #[arg(long, value_name = "URL", env = "EXPLORER_LINK_URL", value_parser = address)]
    pub(crate) link: Option<Url>,

    /// How long a request may take before it counts as failed.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(crate) timeout: Duration,

    /// How long to wait, without any progress, for spans that are still on their way to the explorer.
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = duration)]
    pub(crate) patience: Duration,
}

impl Args {
    /// How many requests the whole run sends.
    pub(crate) fn requests(&self) -> Result<u32, String> {
        let requests = (self.rate * self.duration.as_secs_f64()).round();
        if requests < 1.0 {
            return Err(format!(
                "--rate {} for --duration {:?} makes no request at all",
                self.rate, self.duration
            ));
        }
        if requests > MAX_REQUESTS {
            return Err(format!("{requests} requests are more than the {MAX_REQUESTS} that can be checked"));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 1 and a million"
        )]
        Ok(requests as u32)
    }

    /// The address of a trace for a person's browser.
    pub(crate) fn link_to(&self, trace_id: &str) -> String {
        let base = self.link.as_ref().unwrap_or(&self.explorer).as_str().trim_end_matches('/');
        format!("{base}/traces/{trace_id}")
    }
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "give a number of requests a second, such as 50".to_owned())?;
    if rate.is_finite() && rate > 0.0 { Ok(rate) } else { Err("the rate has to be above 0".to_owned()) }
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("give a time with its unit, such as 500ms, 30s or 2m".to_owned()),
    };
    let number: f64 = digits.parse().map_err(|_| format!("`{digits}` is not a number"))?;
    Duration::try_from_secs_f64(number * seconds).map_err(|error| error.to_string())
}

fn address(text: &str) -> Result<Url, String> {
    let url: Url =
        text.parse().map_err(|error| format!("{error}; give one such as http://127.0.0.1:4567"))?;
    if url.scheme() == "http" && url.has_host() {
        Ok(url)
    } else {
        Err("only http:// addresses are spoken to".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_needs_its_unit() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        for wrong in ["30", "", "s", "-1s", "30 seconds", "1e400s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_rate_is_above_zero() {
        assert_eq!(rate("0.5"), Ok(0.5));
        for wrong in ["0", "-1", "NaN", "inf", "many"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_run_makes_at_least_one_request_and_no_more_than_can_be_checked() {
        let requests = |line: &[&str]| Args::try_parse_from(line).unwrap().requests();

        assert_eq!(requests(&["load", "--rate", "50", "--duration", "30s"]), Ok(1500));
        assert!(requests(&["load", "--rate", "0.1", "--duration", "1s"]).is_err());
        assert!(requests(&["load", "--rate", "1000", "--duration", "24h"]).is_err());
    }

    #[test]
    fn links_take_the_address_that_a_browser_knows() {
        let args = Args::try_parse_from(["load", "--link", "http://localhost:9999/"]).unwrap();

        assert_eq!(args.link_to("abc"), "http://localhost:9999/traces/abc");
    }
}
