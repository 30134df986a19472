//! Answers in plain words, with what to do about them.

use reqwest::Url;

use super::{honeycomb, said, source};
use crate::Settings;
use crate::otlp::{Answer, Code};
use crate::settings::{Destination, Protocol};

/// One destination of one signal, and where its settings come from.
#[derive(Clone, Copy)]
pub(super) struct Asked<'s> {
    pub(super) settings: &'s Settings,
    pub(super) signal: &'static str,
    pub(super) to: &'s Destination,
}

impl Asked<'_> {
    /// What an answer to an empty request means for a person.
    pub(super) fn verdict(&self, answer: &Answer) -> Result<String, String> {
        let Self { signal, to, .. } = self;
        let (code, message) = match answer {
            Answer::Taken { message, .. } if message.is_empty() => return Ok(format!("it takes {signal}")),
            Answer::Taken { message, .. } => {
                return Ok(format!("it takes {signal}, and says: {}", said::clean(message, to)));
            }
            Answer::Later { code, message, .. } | Answer::Refused { code, message } => {
                (*code, said::clean(message, to))
            }
        };
        Err(match code {
            // The client of gRPC makes a status itself when there is no connection, and when nothing comes over it.
            Code::None | Code::Grpc(tonic::Code::Unavailable) => self.silence(&message),
            Code::Grpc(tonic::Code::Unknown | tonic::Code::Cancelled | tonic::Code::Internal)
                if is_of_client(&message) =>
            {
                self.silence(&message)
            }
            Code::Http(status) => self.status(status, &message),
            Code::Grpc(code) => self.code(code, &message),
            Code::WebPage => self.web_page(),
        })
    }

    fn status(&self, status: u16, message: &str) -> String {
        let says = says(message);
        match status {
            401 | 403 => self.refused_key(message),
            404 | 405 => self.wrong_path(&says),
            415 => format!(
                "it does not take this encoding.{says} Try the other one of http/protobuf and http/json in {}",
                self.variable("PROTOCOL")
            ),
            300..=399 => format!(
                "it answers with a redirect, which is not followed, because it would carry keys elsewhere; write its target into {}",
                self.endpoint()
            ),
            429 | 502..=504 => format!(
                "it answers {status}: it is there and cannot take anything just now; what is sent will be tried again.{says}"
            ),
            _ => format!("it answers {status}.{says}"),
        }
    }

    fn code(&self, code: tonic::Code, message: &str) -> String {
        use tonic::Code::{DeadlineExceeded, PermissionDenied, Unauthenticated, Unimplemented};
        let says = says(message);
        match code {
            Unauthenticated | PermissionDenied => self.refused_key(message),
            Unimplemented => {
                format!(
                    "it speaks gRPC, and takes no {}.{says} Is this the OTLP port of the collector?",
                    self.signal
                )
            }
            DeadlineExceeded => self.no_answer(),
            _ => format!("it answers {code:?}.{says}"),
        }
    }

    fn refused_key(&self, message: &str) -> String {
        let name = if honeycomb::is(self.to) { "Honeycomb" } else { "it" };
        let reason = if message.is_empty() { String::new() } else { format!(": {message}") };
        if self.to.headers.is_empty() {
            let variable = self.variable("HEADERS");
            return format!(
                "{name} wants a key, and none is sent{reason}. Write it into {variable}, as name=value"
            );
        }
        let variable = match self.to.name {
            "honeycomb" => "HONEYCOMB_API_KEY".to_owned(),
            _ => self.variable("HEADERS"),
        };
        let other = honeycomb::other_region(self.to).map(|other| format!("; {other}")).unwrap_or_default();
        format!("{name} refused the key{reason}. Check {variable}{other}")
    }

    /// A general endpoint is a base, a per-signal one is whole.
    fn wrong_path(&self, says: &str) -> String {
        let (signal, variable) = (self.signal, self.endpoint());
        let usual = format!("/v1/{signal}");
        let Ok(mut url) = Url::parse(&self.to.endpoint) else { return says.to_owned() };
        let path = url.path().to_owned();
        if path == usual {
            return format!(
                "nothing takes {signal} at {usual}.{says} Is {variable} a receiver of OTLP? Its port is mostly 4318"
            );
        }
        let is_whole = variable.contains(&format!("_{}_", signal.to_ascii_uppercase()));
        url.set_path(if is_whole { &usual } else { "" });
        url.set_query(None);
        let meant = Destination::http(self.to.name, url.as_str().trim_end_matches('/').to_owned());
        format!("nothing takes {signal} at {path}.{says} Write {variable}={}", meant.shown_endpoint())
    }

    fn web_page(&self) -> String {
        format!(
            "a web page answers, and no receiver of OTLP: is there a proxy or a login in between, or is {} another port?",
            self.endpoint()
        )
    }

    fn no_answer(&self) -> String {
        format!(
            "it takes the connection and does not answer within {:?}, or drops what is sent there (a firewall?)",
            self.limit()
        )
    }

    /// How long it was waited for.
    pub(super) fn limit(&self) -> std::time::Duration {
        super::probe::PATIENCE.min(self.to.timeout)
    }

    /// No answer at all. The words are those of the operating system and of the TLS library.
    fn silence(&self, message: &str) -> String {
        let knows = |words: &[&str]| words.iter().any(|word| message.contains(word));
        let variable = self.endpoint();
        if knows(&["Connection refused"]) {
            format!(
                "nothing listens there. Is it running, and is the port of {variable} right?{}",
                self.no_port()
            )
        } else if knows(&["dns error", "failed to lookup address"]) {
            format!("the name of the host is not known. Check {variable}")
        } else if knows(&["UnknownIssuer", "NotValidForName", "Expired", "invalid peer certificate"]) {
            let certificate = self.variable("CERTIFICATE");
            format!("its certificate is not trusted: {message}. {certificate} names another authority")
        } else if knows(&["InvalidContentType", "InvalidMessage", "corrupt message"]) {
            format!("it does not speak TLS. If that is right, write http:// into {variable}")
        } else if knows(&["no answer in time", "timed out", "Timeout expired"]) {
            self.no_answer()
        } else if self.is_other_protocol(message) {
            self.other_protocol(message)
        } else {
            message.to_owned()
        }
    }

    /// Whoever speaks the wrong one of HTTP/1.1 and gRPC sees a connection that is closed, or bytes that make no sense.
    fn is_other_protocol(&self, message: &str) -> bool {
        const HTTP: [&str; 6] = [
            "invalid HTTP version",
            "connection closed before message",
            "NoApplicationProtocol",
            "unexpected message",
            "Connection reset",
            "Broken pipe",
        ];
        const GRPC: [&str; 6] =
            ["http2", "h2", "frame", "broken pipe", "connection closed", "transport error"];
        let words = if self.to.protocol == Protocol::Grpc { &GRPC[..] } else { &HTTP };
        words.iter().any(|word| message.contains(word))
    }

    fn other_protocol(&self, message: &str) -> String {
        let variable = self.variable("PROTOCOL");
        if self.to.protocol == Protocol::Grpc {
            format!(
                "it does not speak gRPC: {message}. Over HTTP it would be {variable}=http/protobuf, mostly on port 4318"
            )
        } else if self.to.name == "otlp" {
            format!("it does not speak HTTP/1.1: {message}. If it is a port of gRPC, set {variable}=grpc")
        } else {
            format!(
                "it does not speak HTTP/1.1: {message}. If it is a port of gRPC, the one for HTTP is mostly 4318"
            )
        }
    }

    fn no_port(&self) -> &'static str {
        let url = Url::parse(&self.to.endpoint).ok();
        match url.filter(|url| url.scheme() == "http" && url.port().is_none()) {
            Some(_) if self.to.protocol == Protocol::Grpc => {
                " It has none, which is 80; gRPC is mostly on 4317"
            }
            Some(_) => " It has none, which is 80; OTLP over HTTP is mostly on 4318",
            None => "",
        }
    }

    fn endpoint(&self) -> String {
        source::endpoint_variable(self.settings, self.signal, self.to)
    }

    fn variable(&self, suffix: &str) -> String {
        source::otlp_variable(self.settings, self.signal, suffix)
    }
}

/// Whether the client itself made a status, and not who was asked.
fn is_of_client(message: &str) -> bool {
    ["transport error", "Timeout expired", "h2 protocol error"].iter().any(|words| message.contains(words))
}

fn says(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(" It says: {message}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(protocol: Protocol, code: Code, message: &str) -> String {
        let settings = Settings::default();
        let to = Destination { protocol, ..Destination::http("otlp", "http://collector:4318".to_owned()) };
        let answer = Answer::Refused { code, message: message.to_owned() };
        Asked { settings: &settings, signal: "traces", to: &to }.verdict(&answer).unwrap_err()
    }

    /// Which of its words a connection ends with depends on who is faster, so each is tried here.
    #[test]
    fn every_end_of_a_connection_that_speaks_something_else_is_known() {
        for message in [
            "no answer: client error (SendRequest): received unexpected message from connection",
            "no answer: client error (SendRequest): connection closed before message completed",
            "no answer: client error (SendRequest): invalid HTTP version parsed",
            "no answer: client error (SendRequest): connection error: Connection reset by peer (os error 104)",
            "no answer: client error (SendRequest): connection error: Broken pipe (os error 32)",
            "no answer: client error (Connect): received fatal alert: NoApplicationProtocol",
        ] {
            let told = told(Protocol::HttpProtobuf, Code::None, message);
            assert!(told.contains("OTEL_EXPORTER_OTLP_PROTOCOL=grpc"), "{message}: {told}");
        }
        for (code, message) in [
            (
                tonic::Code::Unknown,
                "transport error: transport error: connection error: stream closed because of a broken pipe",
            ),
            (
                tonic::Code::Internal,
                "h2 protocol error: http2 error: transport error: http2 error: connection error detected: frame with invalid size",
            ),
            (
                tonic::Code::Unavailable,
                "transport error: connection error: Connection reset by peer (os error 104)",
            ),
        ] {
            let told = told(Protocol::Grpc, Code::Grpc(code), message);
            assert!(told.contains("OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"), "{message}: {told}");
        }
    }

    #[test]
    fn what_the_other_side_says_itself_is_passed_on() {
        let told = told(Protocol::Grpc, Code::Grpc(tonic::Code::Internal), "the disk is full");

        assert_eq!(told, "it answers Internal. It says: the disk is full.");
    }

    #[test]
    fn an_endpoint_without_a_port_is_asked_about_when_nothing_listens() {
        let settings = Settings::default();
        let told = |endpoint: &str| {
            let to = Destination::http("otlp", endpoint.to_owned());
            Asked { settings: &settings, signal: "traces", to: &to }
                .silence("Connection refused (os error 111)")
        };

        assert!(told("http://collector/v1/traces").contains("80; OTLP over HTTP is mostly on 4318"));
        assert!(told("http://collector:4318/v1/traces").ends_with("right?"));
        assert!(told("https://collector/v1/traces").ends_with("right?"), "443 is as it should be");
    }
}
