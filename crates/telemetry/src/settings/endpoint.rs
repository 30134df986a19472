//! Endpoints as people write them.

use reqwest::Url;

use super::variables::Variables;

/// A base with `path` behind it, also where the base has that path already; nothing and a problem when it is no URL.
pub(super) fn http(variables: &Variables<'_>, name: &str, base: &str, path: &str) -> Option<String> {
    let url = parse(variables, name, base)?;
    hint_at_grpc_port(variables, name, &url);
    // People often paste the whole endpoint, of this signal or another one, where a base is asked for.
    let mut base = base.trim_end_matches('/');
    for known in ["/v1/traces", "/v1/logs", "/v1/metrics"] {
        base = base.strip_suffix(known).unwrap_or(base).trim_end_matches('/');
    }
    Some(format!("{base}{path}"))
}

/// An endpoint that is used as it is. One without any path is most often a base in the wrong variable.
pub(super) fn http_whole(variables: &Variables<'_>, name: &str, whole: &str, path: &str) -> Option<String> {
    let url = parse(variables, name, whole)?;
    hint_at_grpc_port(variables, name, &url);
    if url.path() == "/" {
        let told = whole.trim_end_matches('/');
        variables
            .hint(name, format!("it is used as it is, without a path; for a collector write {told}{path}"));
    }
    Some(url.into())
}

/// Scheme, host and port. Without a scheme it is https, or http when `insecure`: specification, "OTLP Exporter",
/// "Insecure".
pub(super) fn grpc(variables: &Variables<'_>, name: &str, value: &str, insecure: bool) -> Option<String> {
    let scheme = if insecure { "http" } else { "https" };
    let with_scheme = if value.contains("://") { value.to_owned() } else { format!("{scheme}://{value}") };
    let mut url = parse(variables, name, &with_scheme)?;
    if !value.contains("://") && !insecure {
        let told = format!("it has no scheme, so it is taken as https; without TLS write http://{value}");
        variables.hint(name, told);
    }
    if url.port() == Some(4318) {
        variables.hint(
            name,
            "4318 is the port of OTLP over HTTP; gRPC is mostly on 4317, or set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
        );
    }
    // The path belongs to the method.
    url.set_path("");
    Some(url.as_str().trim_end_matches('/').to_owned())
}

fn hint_at_grpc_port(variables: &Variables<'_>, name: &str, url: &Url) {
    if url.port() == Some(4317) {
        variables.hint(
            name,
            "4317 is the port of OTLP over gRPC; HTTP is mostly on 4318, or set OTEL_EXPORTER_OTLP_PROTOCOL=grpc",
        );
    }
}

fn parse(variables: &Variables<'_>, name: &str, text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(url) = url else {
        let example =
            if text.contains("://") { "http://localhost:4318".to_owned() } else { format!("http://{text}") };
        variables.problem(name, format!("`{text}` is not a URL; write it like {example}"));
        return None;
    };
    if url.scheme() == "https" && !cfg!(feature = "tls") {
        variables.problem(name, "https needs the feature `tls` of the crate `telemetry`");
        return None;
    }
    Some(url)
}
