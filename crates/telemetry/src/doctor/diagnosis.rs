//! Answers in plain words, with what to do about them.

use crate::otlp::{Answer, Code};
use crate::settings::{Destination, Protocol};

/// What an answer to an empty request means for a person.
pub(super) fn of(signal: &str, to: &Destination, answer: &Answer) -> Result<String, String> {
    let (code, message) = match answer {
        Answer::Taken { message, .. } if message.is_empty() => return Ok(format!("it takes {signal}")),
        Answer::Taken { message, .. } => return Ok(format!("it takes {signal}, and says: {message}")),
        Answer::Later { code, message, .. } | Answer::Refused { code, message } => (*code, message.trim()),
    };
    let told = if message.is_empty() { String::new() } else { format!(" It says: {message}") };
    Err(match code {
        // The client of gRPC makes a status itself when there is no connection.
        Code::None | Code::Grpc(tonic::Code::Unavailable) => silence(to, message),
        Code::Http(401 | 403) | Code::Grpc(tonic::Code::Unauthenticated | tonic::Code::PermissionDenied) => {
            refused_key(to, message)
        }
        Code::Http(404 | 405) => format!(
            "nothing takes {signal} at this path.{told} The path of OTLP over HTTP is /v1/{signal}; {} is where it comes from",
            endpoint_variable(to)
        ),
        Code::Http(415) => format!(
            "it does not take this encoding.{told} Try another one of http/protobuf and http/json in OTEL_EXPORTER_OTLP_PROTOCOL"
        ),
        Code::Http(300..=399) => format!(
            "it answers with a redirect, which is not followed, because it would carry keys elsewhere; write its target into {}",
            endpoint_variable(to)
        ),
        Code::Http(status @ (429 | 502..=504)) => format!(
            "it answers {status}: it is there and cannot take anything just now; what is sent will be tried again.{told}"
        ),
        Code::Grpc(tonic::Code::Unimplemented) => {
            format!("it speaks gRPC, and takes no {signal}.{told} Is this the OTLP port of the collector?")
        }
        Code::WebPage => format!(
            "a web page answers, and no receiver of OTLP: is there a proxy or a login in between, or is {} another port?",
            endpoint_variable(to)
        ),
        Code::Http(status) => format!("it answers {status}.{told}"),
        Code::Grpc(code) => format!("it answers {code:?}.{told}"),
    })
}

fn refused_key(to: &Destination, message: &str) -> String {
    let name = if to.name == "honeycomb" { "Honeycomb" } else { "it" };
    let variable = if to.name == "honeycomb" { "HONEYCOMB_API_KEY" } else { "OTEL_EXPORTER_OTLP_HEADERS" };
    format!("{name} refused the key: {message}. Check {variable}")
}

/// No answer at all. The words are those of the operating system and of the TLS library.
fn silence(to: &Destination, message: &str) -> String {
    let knows = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let variable = endpoint_variable(to);
    if knows(&["Connection refused"]) {
        format!("nothing listens there. Is it running, and is the port of {variable} right?")
    } else if knows(&["dns error", "failed to lookup address"]) {
        format!("the name of the host is not known. Check {variable}")
    } else if knows(&["UnknownIssuer", "NotValidForName", "Expired", "invalid peer certificate"]) {
        format!(
            "its certificate is not trusted: {message}. OTEL_EXPORTER_OTLP_CERTIFICATE names another authority"
        )
    } else if knows(&["InvalidContentType", "InvalidMessage", "corrupt message"]) {
        format!("it does not speak TLS. If that is right, write http:// into {variable}")
    } else if knows(&["no answer in time", "timed out"]) {
        "it takes the connection and does not answer, or drops what is sent there (a firewall?)".to_owned()
    } else if to.protocol == Protocol::Grpc
        && knows(&["http2", "h2", "frame", "broken pipe", "connection closed", "transport error"])
    {
        format!(
            "it does not speak gRPC: {message}. Over HTTP it would be OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, mostly on port 4318"
        )
    } else {
        message.to_owned()
    }
}

fn endpoint_variable(to: &Destination) -> &'static str {
    match to.name {
        "explorer" => "EXPLORER_URL",
        "honeycomb" => "HONEYCOMB_API_ENDPOINT",
        _ => "OTEL_EXPORTER_OTLP_ENDPOINT",
    }
}
