//! Endpoints as people write them.

use reqwest::Url;

use super::shown;
use super::variables::Variables;

const PATHS: [&str; 3] = ["/v1/traces", "/v1/logs", "/v1/metrics"];

/// A base with `path` behind it, also where the base has that path already; nothing and a problem when it is no URL.
pub(super) fn http(variables: &Variables<'_>, name: &str, base: &str, path: &str) -> Option<String> {
    let mut url = parse(variables, name, base, 4318)?;
    hint_at_grpc_port(variables, name, &url);
    // People often paste the whole endpoint, of this signal or another one, where a base is asked for.
    let mut prefix = url.path().trim_end_matches('/');
    for known in PATHS {
        prefix = prefix.strip_suffix(known).unwrap_or(prefix).trim_end_matches('/');
    }
    url.set_path(&format!("{prefix}{path}"));
    url.set_fragment(None);
    Some(url.into())
}

/// An endpoint that is used as it is. One without any path is most often a base in the wrong variable.
pub(super) fn http_whole(variables: &Variables<'_>, name: &str, whole: &str, path: &str) -> Option<String> {
    let url = parse(variables, name, whole, 4318)?;
    hint_at_grpc_port(variables, name, &url);
    if url.path() == "/" {
        let told = shown::endpoint(whole.trim_end_matches('/'));
        variables
            .hint(name, format!("it is used as it is, without a path; for a collector write {told}{path}"));
    }
    Some(url.into())
}

/// Scheme, host and port. Without a scheme it is https, or http when `insecure`: specification, "OTLP Exporter",
/// "Insecure".
pub(super) fn grpc(
    variables: &Variables<'_>,
    name: &str,
    value: &str,
    insecure: impl FnOnce() -> bool,
) -> Option<String> {
    let url = if value.contains("://") {
        parse(variables, name, value, 4317)?
    } else {
        let insecure = insecure();
        let scheme = if insecure { "http" } else { "https" };
        let url = parse(variables, name, &format!("{scheme}://{value}"), 4317)?;
        if !insecure {
            let told = shown::endpoint(value);
            let told = format!("it has no scheme, so it is taken as https; without TLS write http://{told}");
            variables.hint(name, told);
        }
        url
    };
    if url.port() == Some(4318) {
        variables.hint(
            name,
            "4318 is the port of OTLP over HTTP; gRPC is mostly on 4317, or set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
        );
    }
    let path = url.path().trim_end_matches('/');
    if !path.is_empty() && !PATHS.contains(&path) {
        variables.hint(name, format!("gRPC has no path of its own, so {path} is left out"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        variables
            .hint(name, "gRPC sends no credentials of a URL; OTEL_EXPORTER_OTLP_HEADERS is where they go");
    }
    // The path belongs to the method.
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{}{port}", url.scheme(), url.host_str()?))
}

fn hint_at_grpc_port(variables: &Variables<'_>, name: &str, url: &Url) {
    if url.port() != Some(4317) {
        return;
    }
    let otherwise = if name.starts_with("OTEL_") { ", or set OTEL_EXPORTER_OTLP_PROTOCOL=grpc" } else { "" };
    variables.hint(
        name,
        format!("4317 is the port of OTLP over gRPC; HTTP is mostly on 4318, write that{otherwise}"),
    );
}

fn parse(variables: &Variables<'_>, name: &str, text: &str, port: u16) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(url) = url else {
        let (text, example) = (shown::endpoint(text), example(text, port));
        variables.problem(name, format!("`{text}` is not a URL of http or https; write it like {example}"));
        return None;
    };
    if url.scheme() == "https" && !cfg!(feature = "tls") {
        variables.problem(name, "https needs the feature `tls` of the crate `telemetry`");
        return None;
    }
    Some(url)
}

/// What was probably meant by `text`.
fn example(text: &str, port: u16) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (scheme, rest),
        // `http:/collector` and `http//collector` are slips of the same kind.
        None => ["https", "http"]
            .into_iter()
            .find_map(|scheme| {
                text.strip_prefix(scheme)
                    .filter(|rest| rest.starts_with(':') || rest.starts_with('/'))
                    .map(|rest| (scheme, rest))
            })
            .unwrap_or(("http", text)),
    };
    let scheme = if scheme.starts_with("https") { "https" } else { "http" };
    let rest = rest.trim_start_matches([':', '/']);
    let meant = Url::parse(&format!("{scheme}://{rest}")).ok().filter(Url::has_host);
    let Some(mut meant) = meant else { return format!("http://localhost:{port}") };
    if meant.port().is_none() && scheme == "http" {
        // It fails for URLs without a host only.
        let _ = meant.set_port(Some(port));
    }
    shown::endpoint(meant.as_str().trim_end_matches('/'))
}
