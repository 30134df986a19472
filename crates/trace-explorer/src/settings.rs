//! What the explorer reads from the environment, with its defaults.

use std::fmt::Display;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use crate::links::Links;

/// How the explorer runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `EXPLORER_HOST`: the address to listen on. Default `127.0.0.1`: telemetry is nobody else's business.
    pub host: IpAddr,
    /// `EXPLORER_PORT`: default 4318, the port of OTLP/HTTP; 0 takes a free one.
    pub port: u16,
    /// `EXPLORER_GRPC_PORT`: the port of OTLP/gRPC; 0 takes a free one. Default 4317, or a free one if `port` is 0: who does
    /// not care about one does not care about the other.
    pub grpc_port: Option<u16>,
    /// `EXPLORER_DATA`: the directory of the log. Default `data/explorer`.
    pub data: PathBuf,
    /// `EXPLORER_MAX_BYTES`: bytes of the log; the oldest traces are dropped to keep to it. Default 256 MiB.
    pub max_bytes: u64,
    /// `EXPLORER_MAX_LOG_BYTES`: bytes that log events take in memory; the oldest are dropped to keep to it. Default
    /// 64 MiB.
    pub max_log_bytes: u64,
    /// `EXPLORER_MAX_BODY_BYTES`: bytes of one request, before and after decompression. Default 20 MiB, as in the
    /// OpenTelemetry Collector; never more than a quarter of `max_bytes`.
    pub max_body_bytes: usize,
    /// `EXPLORER_QUEUE_BYTES`: bytes of all requests that wait to be written. Beyond it senders get 503 and try again.
    /// Default 64 MiB; never less than one body.
    pub queue_bytes: usize,
    /// `EXPLORER_ALLOWED_HOSTS`: names, separated by commas, by which the explorer may be called besides `localhost`
    /// and loopback addresses. Default none.
    pub allowed_hosts: Vec<String>,
    /// `HONEYCOMB_TEAM`, `ROLLBAR_URL`, `CLOUDWATCH_LOG_GROUP` with `AWS_REGION`: vendors that get the same telemetry, for links
    /// to their pages. Default none.
    pub links: Links,
    /// Threads that answer requests. Not from the environment: two are plenty for a local tool.
    pub workers: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            host: IpAddr::from([127, 0, 0, 1]),
            port: 4318,
            grpc_port: None,
            data: PathBuf::from("data/explorer"),
            max_bytes: 256 * 1024 * 1024,
            max_log_bytes: 64 * 1024 * 1024,
            max_body_bytes: 20 * 1024 * 1024,
            queue_bytes: 64 * 1024 * 1024,
            allowed_hosts: Vec::new(),
            links: Links::default(),
            workers: 2,
        }
    }
}

/// The port of OTLP/gRPC.
const GRPC_PORT: u16 = 4317;

/// Less than this holds hardly a trace.
const LEAST_BYTES: u64 = 1024 * 1024;

/// Everything that is wrong with the settings, a sentence each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct SettingsError(pub Vec<String>);

impl Settings {
    /// Reads the settings by `variable`, which is `|name| std::env::var(name).ok()` outside of tests.
    ///
    /// A variable that is missing or empty has its default. All mistakes are reported at once.
    pub fn from_env(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut reader = Reader { variable, mistakes: Vec::new() };
        let default = Self::default();
        let settings = Self {
            host: reader.read("EXPLORER_HOST", "an IP address such as 127.0.0.1").unwrap_or(default.host),
            port: reader.read("EXPLORER_PORT", "a port from 0 to 65535").unwrap_or(default.port),
            grpc_port: reader.read("EXPLORER_GRPC_PORT", "a port from 0 to 65535"),
            data: reader.text("EXPLORER_DATA").map_or(default.data, PathBuf::from),
            max_bytes: reader.at_least("EXPLORER_MAX_BYTES", &LEAST_BYTES).unwrap_or(default.max_bytes),
            max_log_bytes: reader
                .at_least("EXPLORER_MAX_LOG_BYTES", &LEAST_BYTES)
                .unwrap_or(default.max_log_bytes),
            max_body_bytes: reader
                .at_least("EXPLORER_MAX_BODY_BYTES", &1024)
                .unwrap_or(default.max_body_bytes),
            queue_bytes: reader.at_least("EXPLORER_QUEUE_BYTES", &1024).unwrap_or(default.queue_bytes),
            allowed_hosts: reader.text("EXPLORER_ALLOWED_HOSTS").map(|list| names(&list)).unwrap_or_default(),
            links: reader.links(),
            workers: default.workers,
        };
        if reader.mistakes.is_empty() { Ok(settings) } else { Err(SettingsError(reader.mistakes)) }
    }

    /// The port of OTLP/gRPC that holds.
    pub(crate) fn grpc_port(&self) -> u16 {
        self.grpc_port.unwrap_or(if self.port == 0 { 0 } else { GRPC_PORT })
    }

    /// The body limit that holds: what is accepted must also fit into the store.
    pub(crate) fn body_limit(&self) -> usize {
        self.max_body_bytes.min(usize::try_from(self.max_bytes / 4).unwrap_or(usize::MAX))
    }
}

fn names(list: &str) -> Vec<String> {
    list.split(',').map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty()).collect()
}

struct Reader<F> {
    variable: F,
    mistakes: Vec<String>,
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    fn text(&self, name: &str) -> Option<String> {
        (self.variable)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn links(&self) -> Links {
        let region = self.text("AWS_REGION").or_else(|| self.text("AWS_DEFAULT_REGION"));
        Links {
            honeycomb: self.text("HONEYCOMB_TEAM"),
            rollbar: self.text("ROLLBAR_URL").filter(|url| url.starts_with("http")),
            cloudwatch: self.text("CLOUDWATCH_LOG_GROUP").zip(region),
        }
    }

    fn read<T: FromStr>(&mut self, name: &str, expected: &str) -> Option<T> {
        let text = self.text(name)?;
        let value = text.parse().ok();
        if value.is_none() {
            self.mistakes.push(format!("{name} is `{text}`, which is not {expected}"));
        }
        value
    }

    fn at_least<T: FromStr + PartialOrd + Display>(&mut self, name: &str, least: &T) -> Option<T> {
        let value = self.read(name, &format!("a number of bytes of at least {least}"))?;
        if value < *least {
            self.mistakes.push(format!("{name} is {value}, which is less than {least} bytes"));
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let find =
            |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Settings::from_env(find)
    }

    #[test]
    fn nothing_set_is_the_default() {
        assert_eq!(read(&[]).unwrap(), Settings::default());
        assert_eq!(read(&[("EXPLORER_PORT", " "), ("EXPLORER_DATA", "")]).unwrap(), Settings::default());
    }

    #[test]
    fn every_variable_is_read() {
        let settings = read(&[
            ("EXPLORER_HOST", "0.0.0.0"),
            ("EXPLORER_PORT", "0"),
            ("EXPLORER_GRPC_PORT", "14317"),
            ("EXPLORER_DATA", "/data"),
            ("EXPLORER_MAX_BYTES", "2097152"),
            ("EXPLORER_MAX_LOG_BYTES", "1048577"),
            ("EXPLORER_MAX_BODY_BYTES", "1048576"),
            ("EXPLORER_QUEUE_BYTES", "4096"),
            ("EXPLORER_ALLOWED_HOSTS", "Explorer, traces.test,"),
        ])
        .unwrap();

        assert_eq!((settings.host.to_string(), settings.port), ("0.0.0.0".to_owned(), 0));
        assert_eq!(settings.grpc_port(), 14317);
        assert_eq!((settings.max_bytes, settings.max_body_bytes), (2_097_152, 1_048_576));
        assert_eq!(settings.max_log_bytes, 1_048_577);
        assert_eq!(settings.allowed_hosts, ["explorer", "traces.test"]);
        assert_eq!(settings.body_limit(), 524_288);
    }

    #[test]
    fn who_asks_for_a_free_port_gets_two() {
        let port = |variables: &[(&str, &str)]| read(variables).unwrap().grpc_port();

        assert_eq!(port(&[]), 4317);
        assert_eq!(port(&[("EXPLORER_PORT", "8080")]), 4317);
        assert_eq!(port(&[("EXPLORER_PORT", "0")]), 0);
        assert_eq!(port(&[("EXPLORER_PORT", "0"), ("EXPLORER_GRPC_PORT", "4317")]), 4317);
        assert_eq!(port(&[("EXPLORER_GRPC_PORT", "0")]), 0);
    }

    #[test]
    fn all_mistakes_are_reported_at_once() {
        let error =
            read(&[("EXPLORER_HOST", "here"), ("EXPLORER_PORT", "70000"), ("EXPLORER_MAX_BYTES", "7")]);

        assert_eq!(
            error.unwrap_err().to_string(),
            "EXPLORER_HOST is `here`, which is not an IP address such as 127.0.0.1\n\
             EXPLORER_PORT is `70000`, which is not a port from 0 to 65535\n\
             EXPLORER_MAX_BYTES is 7, which is less than 1048576 bytes"
        );
    }
}
