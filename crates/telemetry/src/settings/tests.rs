//! One test a row of the specification's table of variables, for the rows of traces, logs and resources; and ours.

use secrecy::ExposeSecret;

use super::*;

type Set<'a> = &'a [(&'a str, &'a str)];

fn read(variables: Set<'_>) -> Settings {
    Settings::from_lookup(|name| {
        variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    })
}

/// What a variable leads to: unset and empty alike, each good value, and a bad one, which is told of once and falls back.
#[expect(clippy::needless_pass_by_value, reason = "the rows of a table read best as plain values")]
fn check<T: PartialEq + std::fmt::Debug>(
    name: &str,
    of: impl Fn(&Settings) -> T,
    default: T,
    good: Vec<(&str, T)>,
    bad: &[&str],
) {
    assert_eq!(of(&read(&[])), default, "{name} unset");
    let empty = read(&[(name, "")]);
    assert_eq!(of(&empty), default, "{name} empty");
    assert!(empty.warnings().is_empty(), "{name} empty: {:?}", empty.warnings());
    for (value, expected) in good {
        let settings = read(&[(name, value)]);
        assert_eq!(of(&settings), expected, "{name}={value}");
        assert!(settings.warnings().is_empty(), "{name}={value}: {:?}", settings.warnings());
    }
    for value in bad {
        let settings = read(&[(name, value)]);
        assert_eq!(of(&settings), default, "{name}={value}");
        let warnings = settings.warnings();
        assert_eq!(warnings.len(), 1, "{name}={value}: {warnings:?}");
        assert!(warnings[0].starts_with(name) && warnings[0].contains(value), "{warnings:?}");
    }
}

const COLLECTOR: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");

/// What a timeout of 0 means.
const NO_LIMIT: Duration = Duration::from_millis(2_147_483_647);

fn millis(number: u64) -> Duration {
    Duration::from_millis(number)
}

// === resource and process ===

#[test]
fn sdk_disabled() {
    let good = vec![("true", true), ("TRUE", true), ("false", false)];
    check("OTEL_SDK_DISABLED", |settings| settings.disabled, false, good, &["yes", "1"]);
}

#[test]
fn service_name() {
    let good = vec![("folk", Some("folk".to_owned()))];
    check("OTEL_SERVICE_NAME", |settings| settings.resource.service_name.clone(), None, good, &[]);
}

#[test]
fn resource_attributes() {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let of = |settings: &Settings| settings.resource.attributes.clone();
    let good = vec![
        ("a=b", vec![pair("a", "b")]),
        ("a=b, c = d%2Ce ", vec![pair("a", "b"), pair("c", "d,e")]),
        ("a=x=y", vec![pair("a", "x=y")]),
    ];
    check("OTEL_RESOURCE_ATTRIBUTES", of, Vec::new(), good, &[]);
    for bad in ["a", "a=b,c", "=b"] {
        let settings = read(&[("OTEL_RESOURCE_ATTRIBUTES", bad)]);
        assert!(of(&settings).is_empty(), "all of it is discarded: {bad}");
        assert_eq!(settings.warnings().len(), 1);
    }
}

#[test]
fn log_level() {
    let good = vec![
        ("none", LevelFilter::OFF),
        ("error", LevelFilter::ERROR),
        ("WARN", LevelFilter::WARN),
        ("debug", LevelFilter::DEBUG),
    ];
    check("OTEL_LOG_LEVEL", |settings| settings.own_level, LevelFilter::WARN, good, &["loud"]);
}

#[test]
fn propagators() {
    use Propagator::{B3, B3Multi, Baggage, Jaeger, TraceContext, XRay};
    let good = vec![
        ("none", vec![]),
        ("b3", vec![B3]),
        ("B3Multi, xray,jaeger", vec![B3Multi, XRay, Jaeger]),
        ("tracecontext", vec![TraceContext]),
    ];
    let default = vec![TraceContext, Baggage];
    check("OTEL_PROPAGATORS", |settings| settings.propagators.clone(), default, good, &["ottrace"]);
    let settings = read(&[("OTEL_PROPAGATORS", "b3,ottrace")]);
    assert_eq!((settings.propagators, settings.readings[0].problem.is_some()), (vec![B3], true));
    assert!(settings.readings[0].is_used, "what is left of it");
    assert_eq!(
        read(&[("OTEL_PROPAGATORS", "b3,tracecontext,B3")]).propagators,
        [B3, TraceContext],
        "once each"
    );
}

// === traces ===

#[test]
fn traces_sampler() {
    let good = vec![
        ("always_on", "AlwaysOn".to_owned()),
        ("ALWAYS_OFF", "AlwaysOff".to_owned()),
        ("traceidratio", "TraceIdRatioBased(1.0)".to_owned()),
        ("parentbased_always_off", "ParentBased(AlwaysOff)".to_owned()),
        ("parentbased_traceidratio", "ParentBased(TraceIdRatioBased(1.0))".to_owned()),
    ];
    let of = |settings: &Settings| format!("{:?}", settings.traces.sampler);
    check("OTEL_TRACES_SAMPLER", of, "ParentBased(AlwaysOn)".to_owned(), good, &["jaeger_remote"]);
}

#[test]
fn traces_sampler_arg() {
    let of = |value| {
        let settings = read(&[("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", value)]);
        (format!("{:?}", settings.traces.sampler), settings.warnings().len())
    };
    assert_eq!(of("0.25"), ("TraceIdRatioBased(0.25)".to_owned(), 0));
    assert_eq!(of("0"), ("TraceIdRatioBased(0.0)".to_owned(), 0));
    for bad in ["2", "-1", "half", "NaN"] {
        assert_eq!(of(bad), ("TraceIdRatioBased(1.0)".to_owned(), 1), "{bad}");
    }
}

#[test]
fn batch_span_processor() {
    let default = Batch::default();
    let of = |settings: &Settings| settings.traces.batch;
    let with = |change: fn(&mut Batch)| {
        let mut batch = Batch::default();
        change(&mut batch);
        batch
    };
    check(
        "OTEL_BSP_SCHEDULE_DELAY",
        of,
        default,
        vec![("50", with(|b| b.delay = millis(50))), ("0", with(|b| b.delay = millis(0)))],
        &["soon", "-1"],
    );
    let timeouts = vec![("9", with(|b| b.timeout = millis(9))), ("0", with(|b| b.timeout = NO_LIMIT))];
    check("OTEL_BSP_EXPORT_TIMEOUT", of, default, timeouts, &["-1"]);
    check(
        "OTEL_BSP_MAX_QUEUE_SIZE",
        of,
        default,
        vec![("9999", with(|b| b.queue_items = 9999))],
        &["0", "x"],
    );
    check("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", of, default, vec![("7", with(|b| b.batch_items = 7))], &["0"]);
    let larger = read(&[("OTEL_BSP_MAX_QUEUE_SIZE", "9"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10")]);
    assert_eq!((larger.traces.batch.batch_items, larger.warnings().len()), (9, 1));
}

#[test]
fn traces_exporter() {
    let of = |value: &str| {
        let settings =
            read(&[("OTEL_TRACES_EXPORTER", value), ("EXPLORER_URL", "http://explorer:1"), COLLECTOR]);
        let names: Vec<_> = settings.traces.destinations.iter().map(|destination| destination.name).collect();
        (names.join(","), settings.traces.console, settings.warnings().len())
    };
    assert_eq!(of(""), ("otlp,explorer".to_owned(), false, 0));
    assert_eq!(of("otlp"), ("otlp,explorer".to_owned(), false, 0));
    assert_eq!(of("Console"), ("explorer".to_owned(), true, 0));
    assert_eq!(of("otlp,console"), ("otlp,explorer".to_owned(), true, 0));
    assert_eq!(of("none"), (String::new(), false, 0), "none is none, short variables or not");
    assert_eq!(of("zipkin"), ("otlp,explorer".to_owned(), false, 1));
    let asked = read(&[("OTEL_TRACES_EXPORTER", "otlp")]);
    assert_eq!(asked.traces.destinations[0].endpoint, "http://localhost:4318/v1/traces", "asked for by name");
    assert!(read(&[]).traces.destinations.is_empty(), "nothing is sent that nobody asked for");
}

/// Counts, of spans and log records: unset, the general variable, the special one.
fn check_count(name: &str, general: Option<&str>, of: impl Fn(&Settings) -> u32) {
    check(name, &of, 128, vec![("3", 3), ("0", 0)], &["many", "-1"]);
    if let Some(general) = general {
        assert_eq!(of(&read(&[(general, "9")])), 9);
        assert_eq!(of(&read(&[(general, "9"), (name, "3")])), 3, "the special one wins");
    }
}

fn check_chars(name: &str, of: impl Fn(&Settings) -> Option<usize>) {
    const GENERAL: &str = "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT";
    check(name, &of, None, vec![("3", Some(3))], &["long"]);
    assert_eq!(of(&read(&[(GENERAL, "9")])), Some(9));
    assert_eq!(of(&read(&[(GENERAL, "9"), (name, "3")])), Some(3), "the special one wins");
}

#[test]
fn span_attribute_count_limit() {
    let general = Some("OTEL_ATTRIBUTE_COUNT_LIMIT");
    check_count("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", general, |settings| settings.traces.limits.attributes);
}

#[test]
fn span_attribute_value_length_limit() {
    check_chars("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", |settings| settings.traces.limits.value_chars);
}

#[test]
fn span_event_count_limit() {
    check_count("OTEL_SPAN_EVENT_COUNT_LIMIT", None, |settings| settings.traces.limits.events);
}

#[test]
fn span_link_count_limit() {
    check_count("OTEL_SPAN_LINK_COUNT_LIMIT", None, |settings| settings.traces.limits.links);
}

#[test]
fn event_attribute_count_limit() {
    check_count("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", None, |settings| settings.traces.limits.event_attributes);
}

#[test]
fn link_attribute_count_limit() {
    check_count("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", None, |settings| settings.traces.limits.link_attributes);
}

#[test]
fn attribute_count_limit() {
    let of = |settings: &Settings| (settings.traces.limits.attributes, settings.logs.limits.attributes);
    check("OTEL_ATTRIBUTE_COUNT_LIMIT", of, (128, 128), vec![("7", (7, 7))], &["many"]);
}

#[test]
fn attribute_value_length_limit() {
    let of = |settings: &Settings| (settings.traces.limits.value_chars, settings.logs.limits.value_chars);
    check("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", of, (None, None), vec![("7", (Some(7), Some(7)))], &["long"]);
}

// === logs ===

#[test]
fn logs_exporter() {
    let of = |value: &str| {
        let settings =
            read(&[("OTEL_LOGS_EXPORTER", value), ("EXPLORER_URL", "http://explorer:1"), COLLECTOR]);
        let endpoints: Vec<_> =
            settings.logs.destinations.iter().map(|destination| destination.endpoint.clone()).collect();
        (endpoints.join(","), settings.logs.console, settings.warnings().len())
    };
    let collector = "http://collector:4318/v1/logs".to_owned();
    assert_eq!(of(""), (collector.clone(), false, 0));
    assert_eq!(of("otlp"), (collector.clone(), false, 0));
    assert_eq!(of("console"), (String::new(), true, 0));
    assert_eq!(of("none"), (String::new(), false, 0));
    assert_eq!(of("file"), (collector, false, 1));
    assert!(read(&[("HONEYCOMB_API_KEY", "k")]).logs.destinations.is_empty());
}

#[test]
fn batch_log_record_processor() {
    let default = Batch { delay: millis(1000), ..Batch::default() };
    let of = |settings: &Settings| settings.logs.batch;
    check(
        "OTEL_BLRP_SCHEDULE_DELAY",
        of,
        default,
        vec![("50", Batch { delay: millis(50), ..default })],
        &["-1"],
    );
    check(
        "OTEL_BLRP_EXPORT_TIMEOUT",
        of,
        default,
        vec![("9", Batch { timeout: millis(9), ..default })],
        &["x"],
    );
    let queue = vec![("9999", Batch { queue_items: 9999, ..default })];
    check("OTEL_BLRP_MAX_QUEUE_SIZE", of, default, queue, &["0"]);
    let batch = vec![("7", Batch { batch_items: 7, ..default })];
    check("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", of, default, batch, &["0"]);
}

#[test]
fn logrecord_attribute_count_limit() {
    let general = Some("OTEL_ATTRIBUTE_COUNT_LIMIT");
    check_count("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", general, |settings| settings.logs.limits.attributes);
}

#[test]
fn logrecord_attribute_value_length_limit() {
    check_chars("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", |settings| settings.logs.limits.value_chars);
}

// === OTLP ===

fn collector(variables: Set<'_>) -> (Option<Destination>, Vec<String>) {
    let settings = read(variables);
    let found = settings.traces.destinations.iter().find(|destination| destination.name == "otlp").cloned();
    (found, settings.warnings())
}

/// The endpoint of spans for variables, and the warnings.
fn check_endpoint(variables: Set<'_>, expected: Option<&str>, warning: Option<&str>) {
    let (found, warnings) = collector(variables);
    assert_eq!(found.map(|destination| destination.endpoint).as_deref(), expected, "{variables:?}");
    match warning {
        None => assert!(warnings.is_empty(), "{variables:?}: {warnings:?}"),
        Some(part) => assert!(warnings.iter().any(|told| told.contains(part)), "{variables:?}: {warnings:?}"),
    }
}

#[test]
fn otlp_endpoint() {
    const GENERAL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const OWN: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    let traces = "http://collector:4318/v1/traces";
    // The general one is a base, whatever people put behind it.
    check_endpoint(&[(GENERAL, "http://collector:4318")], Some(traces), None);
    check_endpoint(&[(GENERAL, "http://collector:4318/")], Some(traces), None);
    check_endpoint(&[(GENERAL, "http://collector:4318/v1/traces")], Some(traces), None);
    check_endpoint(&[(GENERAL, "http://collector:4318/v1/logs/")], Some(traces), None);
    check_endpoint(&[(GENERAL, "\"http://collector:4318\"")], Some(traces), None);
    check_endpoint(
        &[(GENERAL, "http://collector:4318/base/")],
        Some("http://collector:4318/base/v1/traces"),
        None,
    );
    check_endpoint(&[(GENERAL, "https://collector")], Some("https://collector/v1/traces"), None);
    // The per-signal one is whole, and wins.
    check_endpoint(&[(GENERAL, "http://other:1"), (OWN, traces)], Some(traces), None);
    check_endpoint(&[(OWN, "http://collector:4318/spans")], Some("http://collector:4318/spans"), None);
    let told = Some("http://collector:4318/v1/traces");
    check_endpoint(&[(OWN, "http://collector:4318")], Some("http://collector:4318/"), told);
    // What cannot be used says what to write.
    check_endpoint(&[(GENERAL, "collector:4318")], None, Some("http://collector:4318"));
    check_endpoint(&[(GENERAL, "localhost")], None, Some("http://localhost:4318"));
    check_endpoint(&[(GENERAL, "http//collector")], None, Some("http://collector:4318"));
    check_endpoint(&[(GENERAL, "https//collector")], None, Some("like https://collector"));
    check_endpoint(&[(GENERAL, "//collector:4318")], None, Some("like http://collector:4318"));
    check_endpoint(&[(GENERAL, "http://")], None, Some("http://localhost:4318"));
    check_endpoint(
        &[(GENERAL, "https://collector/base?tenant=a#top")],
        Some("https://collector/base/v1/traces?tenant=a"),
        None,
    );
    check_endpoint(&[(GENERAL, "ftp://collector")], None, Some("http://collector:4318"));
    check_endpoint(
        &[(GENERAL, "http://collector:4317")],
        Some("http://collector:4317/v1/traces"),
        Some("PROTOCOL=grpc"),
    );
}

#[test]
fn otlp_endpoint_of_grpc() {
    let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let with = |endpoint, expected, warning| {
        check_endpoint(&[grpc, ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)], Some(expected), warning);
    };
    with("http://collector:4317", "http://collector:4317", None);
    with("http://collector:4317/v1/traces", "http://collector:4317", None);
    with("https://collector", "https://collector", None);
    with("collector:4317", "https://collector:4317", Some("http://collector:4317"));
    with("http://collector:4318", "http://collector:4318", Some("http/protobuf"));
    let insecure =
        [grpc, ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"), ("OTEL_EXPORTER_OTLP_INSECURE", "true")];
    check_endpoint(&insecure, Some("http://collector:4317"), None);
    check_endpoint(&[grpc, ("OTEL_TRACES_EXPORTER", "otlp")], Some("http://localhost:4317"), None);
}

#[test]
fn otlp_protocol() {
    let of = |name: &str, value: &str| {
        let (found, warnings) = collector(&[COLLECTOR, (name, value)]);
        (found.unwrap().protocol, warnings.len())
    };
    for name in ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] {
        assert_eq!(of(name, ""), (Protocol::HttpProtobuf, 0));
        assert_eq!(of(name, "http/json"), (Protocol::HttpJson, 0));
        assert_eq!(of(name, "HTTP/protobuf"), (Protocol::HttpProtobuf, 0));
        assert_eq!(of(name, "grpc").0, Protocol::Grpc);
        assert_eq!(of(name, "thrift"), (Protocol::HttpProtobuf, 1));
    }
}

#[test]
fn otlp_headers() {
    const GENERAL: &str = "OTEL_EXPORTER_OTLP_HEADERS";
    let of = |variables: Set<'_>| {
        let (found, warnings) = collector(variables);
        let headers = found.unwrap().headers;
        let shown =
            |(name, value): &(String, secrecy::SecretString)| format!("{name}: {}", value.expose_secret());
        (headers.iter().map(shown).collect::<Vec<_>>(), warnings)
    };
    let (headers, warnings) = of(&[COLLECTOR, (GENERAL, "api-key=a%20b, other=c=d")]);
    assert_eq!((headers, warnings.len()), (vec!["api-key: a b".to_owned(), "other: c=d".to_owned()], 0));
    let own = ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "own=1");
    assert_eq!(of(&[COLLECTOR, (GENERAL, "general=1"), own]).0, ["own: 1"]);
    let (headers, warnings) = of(&[COLLECTOR, (GENERAL, "hunter2,good=1")]);
    assert_eq!(headers, ["good: 1"], "what can be used is");
    assert!(warnings[0].contains("name=value") && !warnings[0].contains("hunter2"), "{warnings:?}");
    let (headers, warnings) = of(&[COLLECTOR, (GENERAL, "api-key: hunter2")]);
    assert!(headers.is_empty() && warnings[0].contains("has `:`"), "{warnings:?}");
    assert_eq!(of(&[COLLECTOR, (GENERAL, "api-key=\"a b\"")]).0, ["api-key: a b"], "quotes of a habit");
    assert_eq!(of(&[COLLECTOR, (GENERAL, "'api-key=a'")]).0, ["api-key: a"]);
}

#[test]
fn headers_stay_with_their_destination() {
    let settings =
        read(&[COLLECTOR, ("EXPLORER_URL", "http://explorer:1"), ("OTEL_EXPORTER_OTLP_HEADERS", "k=v")]);

    let counts: Vec<_> = settings.traces.destinations.iter().map(|d| (d.name, d.headers.len())).collect();
    assert_eq!(counts, [("otlp", 1), ("explorer", 0)]);
}

#[test]
fn otlp_timeout() {
    const GENERAL: &str = "OTEL_EXPORTER_OTLP_TIMEOUT";
    let of = |variables: Set<'_>| {
        let (found, warnings) = collector(variables);
        (found.unwrap().timeout, warnings.len())
    };
    assert_eq!(of(&[COLLECTOR]), (millis(10_000), 0));
    assert_eq!(of(&[COLLECTOR, (GENERAL, "")]), (millis(10_000), 0));
    assert_eq!(of(&[COLLECTOR, (GENERAL, "50")]), (millis(50), 0));
    let own = ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "7");
    assert_eq!(of(&[COLLECTOR, (GENERAL, "50"), own]), (millis(7), 0));
    assert_eq!(of(&[COLLECTOR, (GENERAL, "soon")]), (millis(10_000), 1));
    assert_eq!(of(&[COLLECTOR, (GENERAL, "0")]), (NO_LIMIT, 0));
}

#[test]
fn otlp_compression() {
    const GENERAL: &str = "OTEL_EXPORTER_OTLP_COMPRESSION";
    let of = |variables: Set<'_>| {
        let (found, warnings) = collector(variables);
        (found.unwrap().compression, warnings.len())
    };
    assert_eq!(of(&[COLLECTOR, (GENERAL, "")]), (Compression::None, 0));
    assert_eq!(of(&[COLLECTOR, (GENERAL, "GZIP")]), (Compression::Gzip, 0));
    let own = ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "none");
    assert_eq!(of(&[COLLECTOR, (GENERAL, "gzip"), own]), (Compression::None, 0));
    assert_eq!(of(&[COLLECTOR, (GENERAL, "zip")]), (Compression::None, 1));
}

#[test]
fn otlp_certificates() {
    const FILES: [(&str, &str); 4] = [
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/general.pem"),
        ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "/own.pem"),
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/client.pem"),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/client.key"),
    ];
    const SECURE: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4318");
    let path = |name: &str| Some(std::path::PathBuf::from(name));

    let (found, warnings) = collector(&[&[SECURE], &FILES[..]].concat());
    let expected = Tls {
        certificate: path("/own.pem"),
        client_certificate: path("/client.pem"),
        client_key: path("/client.key"),
    };
    assert_eq!((found.unwrap().tls, warnings.len()), (expected, 0));

    for lonely in [FILES[2], FILES[3]] {
        let (_, warnings) = collector(&[SECURE, lonely]);
        assert!(warnings.len() == 1 && warnings[0].starts_with(lonely.0), "{warnings:?}");
    }
    let plain = read(&[&[COLLECTOR], &FILES[..]].concat());
    assert_eq!(plain.traces.destinations[0].tls, Tls::default());
    assert_eq!(plain.readings.iter().filter(|reading| reading.is_idle()).count(), 4, "nothing is encrypted");
}

#[test]
fn otlp_insecure() {
    const GENERAL: &str = "OTEL_EXPORTER_OTLP_INSECURE";
    let of = |set: Set<'_>| {
        let base =
            [("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")];
        let settings = read(&[&base, set].concat());
        let problems = settings.readings.iter().filter(|reading| reading.problem.is_some()).count();
        (settings.traces.destinations[0].endpoint.clone(), problems)
    };
    let (plain, secure) = ("http://collector:4317".to_owned(), "https://collector:4317".to_owned());
    assert_eq!(of(&[(GENERAL, "")]), (secure.clone(), 0));
    assert_eq!(of(&[(GENERAL, "True")]), (plain.clone(), 0));
    assert_eq!(of(&[(GENERAL, "1")]), (secure.clone(), 1), "only `true` is true");
    assert_eq!(of(&[(GENERAL, "true"), ("OTEL_EXPORTER_OTLP_TRACES_INSECURE", "false")]), (secure, 0));
}

#[test]
fn variables_of_log_records_win_over_the_general_ones() {
    let settings = read(&[
        COLLECTOR,
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "k=general"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://logs:1/own"),
        ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "k=own"),
        ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "2"),
        ("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "gzip"),
    ]);

    let shape = |of: &Destination| {
        let key = of.headers[0].1.expose_secret().to_owned();
        (of.endpoint.clone(), of.protocol, key, of.timeout, of.compression)
    };
    assert_eq!(
        shape(&settings.logs.destinations[0]),
        ("http://logs:1/own".into(), Protocol::HttpProtobuf, "own".into(), millis(2), Compression::Gzip)
    );
    assert_eq!(
        shape(&settings.traces.destinations[0]),
        (
            "http://collector:4318/v1/traces".into(),
            Protocol::HttpJson,
            "general".into(),
            millis(1),
            Compression::None
        )
    );
}

#[test]
fn metric_export_interval_and_timeout() {
    let of = |settings: &Settings| settings.metrics.interval;
    check("OTEL_METRIC_EXPORT_INTERVAL", of, millis(60_000), vec![("5", millis(5))], &["0", "often"]);
    let of = |settings: &Settings| settings.metrics.timeout;
    let good = vec![("5", millis(5)), ("0", NO_LIMIT)];
    check("OTEL_METRIC_EXPORT_TIMEOUT", of, millis(30_000), good, &["-1"]);
}

#[test]
fn metrics_exporter() {
    let of = |value: &str| {
        let settings = read(&[("OTEL_METRICS_EXPORTER", value), COLLECTOR]);
        let is_sent = settings.metrics.destination.is_some();
        (is_sent, settings.metrics.console, settings.warnings())
    };
    assert_eq!(of(""), (false, false, vec![]), "they are sent when somebody asks for them");
    assert_eq!(of("otlp"), (true, false, vec![]));
    assert_eq!(of("OTLP,console"), (true, true, vec![]));
    assert_eq!(of("none"), (false, false, vec![]));
    let (is_sent, _, warnings) = of("prometheus");
    assert!(!is_sent && warnings[0].contains("none is used"), "{warnings:?}");
}

#[test]
fn known_methods_of_http() {
    let of = |settings: &Settings| settings.http_methods.clone();
    let good =
        vec![("GET, BREW", vec!["GET".to_owned(), "BREW".to_owned()]), ("get", vec!["get".to_owned()])];
    check("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", of, Vec::new(), good, &[]);
}

// === ours ===

#[test]
fn without_variables_nothing_is_sent_and_nothing_is_warned_of() {
    let settings = read(&[]);

    assert!(settings.traces.destinations.is_empty() && settings.logs.destinations.is_empty());
    assert!(settings.metrics.destination.is_none() && settings.trust.is_none());
    assert!(settings.warnings().is_empty() && settings.readings.is_empty());
}

#[test]
fn several_destinations_stand_side_by_side() {
    let settings =
        read(&[("HONEYCOMB_API_KEY", "k"), COLLECTOR, ("EXPLORER_URL", "http://localhost:4318/v1/traces")]);

    let found: Vec<_> = settings.traces.destinations.iter().map(|d| d.endpoint.as_str()).collect();
    let expected = [
        "https://api.honeycomb.io/v1/traces",
        "http://collector:4318/v1/traces",
        "http://localhost:4318/v1/traces",
    ];
    assert_eq!(found, expected);
}

#[test]
fn one_endpoint_named_twice_gets_each_span_once() {
    let settings = read(&[COLLECTOR, ("EXPLORER_URL", "http://collector:4318")]);

    assert_eq!(settings.traces.destinations.len(), 1);
    assert_eq!(settings.warnings().len(), 1, "{:?}", settings.warnings());
}

#[test]
fn two_accounts_at_one_endpoint_both_get_their_spans() {
    let names = |set: Set<'_>| {
        let base = [
            ("HONEYCOMB_API_KEY", "first"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://api.honeycomb.io/v1/traces"),
        ];
        let settings = read(&[&base, set].concat());
        let names: Vec<_> = settings.traces.destinations.iter().map(|destination| destination.name).collect();
        (names.join(","), settings.warnings())
    };
    let own = "OTEL_EXPORTER_OTLP_TRACES_HEADERS";

    assert_eq!(names(&[(own, "x-honeycomb-team=second")]), ("honeycomb,otlp".into(), vec![]));
    let (same, warnings) = names(&[(own, "X-Honeycomb-Team=first")]);
    assert_eq!(same, "honeycomb");
    assert!(
        warnings[0].starts_with("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "),
        "nothing is silent: {warnings:?}"
    );
}

#[test]
fn a_bad_trust_policy_is_warned_of_and_ignored() {
    let settings = read(&[("TELEMETRY_TRUST", "everybody")]);

    assert!(settings.trust.is_none());
    assert!(settings.warnings()[0].contains("everybody"), "{:?}", settings.warnings());
    assert_eq!(read(&[("TELEMETRY_TRUST", "Internal")]).trust, Some(TrustPolicy::Internal));
}

/// The variables that do nothing, with the reason.
fn idle(settings: &Settings) -> Vec<(&str, &str)> {
    let idle = settings.readings.iter().filter(|reading| reading.is_idle());
    idle.map(|reading| (reading.variable.as_str(), reading.hint.as_deref().unwrap())).collect()
}

#[test]
fn a_variable_that_does_nothing_is_known_with_the_reason_and_no_warning() {
    for (set, name, expected) in [
        (&[][..], ("OTEL_TRACES_SAMPLER_ARG", "0.5"), "OTEL_TRACES_SAMPLER="),
        (&[], ("HONEYCOMB_API_ENDPOINT", "https://api.eu1.honeycomb.io"), "HONEYCOMB_API_KEY"),
        (&[], ("OTEL_EXPORTER_OTLP_HEADERS", "a=b"), "OTEL_EXPORTER_OTLP_ENDPOINT"),
        (&[COLLECTOR], ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "1"), "OTEL_METRICS_EXPORTER=otlp"),
        (&[COLLECTOR], ("OTEL_EXPORTER_OTLP_INSECURE", "true"), "gRPC"),
        (&[COLLECTOR], ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem"), "https"),
        (
            &[("OTEL_TRACES_EXPORTER", "none")],
            ("EXPLORER_URL", "http://explorer"),
            "OTEL_TRACES_EXPORTER=none",
        ),
    ] {
        let settings = read(&[set, &[name]].concat());
        let idle = idle(&settings);
        assert!(idle.len() == 1 && idle[0].0 == name.0 && idle[0].1.contains(expected), "{name:?}: {idle:?}");
        assert!(settings.warnings().is_empty(), "{:?}", settings.warnings());
    }
    assert!(idle(&read(&[COLLECTOR, ("OTEL_EXPORTER_OTLP_HEADERS", "a=b")])).is_empty());
}

#[test]
fn a_name_that_is_mistyped_is_known_and_so_is_what_was_meant() {
    let set = [
        ("OTEL_EXPORTER_OLTP_ENDPOINT", "http://collector:4318"),
        ("OTEL_PYTHON_LOG_CORRELATION", "true"),
        ("TELEMETRY_TRUSTS", ""),
        ("HOME", "/root"),
    ];
    let settings = Settings::from_variables(set.map(|(name, value)| (name.to_owned(), value.to_owned())));

    let idle = idle(&settings);
    assert_eq!(idle.len(), 2, "{idle:?}");
    assert!(idle[0].1.ends_with("is it OTEL_EXPORTER_OTLP_ENDPOINT?"), "{idle:?}");
    assert!(idle[1].1.ends_with("is read here"), "{idle:?}");
    assert!(settings.warnings().is_empty());
}

#[test]
fn every_variable_that_is_read_is_known_by_name() {
    let asked = std::cell::RefCell::new(std::collections::BTreeSet::new());
    for exporter in ["otlp", "none"] {
        for protocol in ["grpc", "http/json"] {
            let _ = Settings::from_lookup(|name| {
                asked.borrow_mut().insert(name.to_owned());
                match name {
                    "OTEL_TRACES_EXPORTER" | "OTEL_LOGS_EXPORTER" | "OTEL_METRICS_EXPORTER" => {
                        Some(exporter.to_owned())
                    }
                    "OTEL_EXPORTER_OTLP_PROTOCOL" => Some(protocol.to_owned()),
                    "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("collector:4317".to_owned()),
                    "HONEYCOMB_API_KEY" => Some("k".to_owned()),
                    _ => None,
                }
            });
        }
    }

    let known: std::collections::BTreeSet<String> = known::names().collect();
    let asked = asked.into_inner();
    let unknown: Vec<_> = asked.difference(&known).collect();
    assert!(unknown.is_empty(), "the doctor would call them mistyped: {unknown:?}");
}

#[test]
fn log_lines_look_as_asked_for() {
    for (value, expected) in
        [("json", Some(LogFormat::Json)), ("Pretty", Some(LogFormat::Pretty)), ("", None)]
    {
        let settings = read(&[("LOG_FORMAT", value)]);
        assert_eq!(settings.logs.format, expected, "{value}");
        assert!(settings.warnings().is_empty());
    }
    let wrong = read(&[("LOG_FORMAT", "xml")]);
    assert_eq!(wrong.logs.format, None);
    assert!(wrong.warnings()[0].contains("`xml` is not json or pretty"), "{:?}", wrong.warnings());
    assert!(read(&[]).logs.has_colors && !read(&[("NO_COLOR", "1")]).logs.has_colors);
}

#[test]
fn log_records_go_to_cloudwatch_where_a_group_is_named() {
    assert!(read(&[]).logs.cloudwatch.is_empty());
    let settings = read(&[
        ("CLOUDWATCH_LOG_GROUP", "cruddur"),
        ("CLOUDWATCH_LOG_STREAM", "{service}"),
        ("CLOUDWATCH_RETENTION_DAYS", "30"),
        ("CLOUDWATCH_TAGS", "team=a, stage = dev,odd"),
    ]);
    let [aws] = &settings.logs.cloudwatch[..] else { panic!("{settings:?}") };
    assert_eq!(
        (aws.name, aws.explorer.as_deref(), aws.group.as_deref()),
        ("cloudwatch", None, Some("cruddur"))
    );
    assert_eq!((&*aws.stream, aws.retention_days), ("{service}", Some(30)));
    assert_eq!(aws.tags, [("team".into(), "a".into()), ("stage".into(), "dev".into())]);
    assert_eq!(settings.warnings(), ["CLOUDWATCH_TAGS: `odd` is not key=value; it is left out"]);

    let wrong = read(&[("CLOUDWATCH_LOG_GROUP", "a"), ("CLOUDWATCH_RETENTION_DAYS", "31")]);
    assert_eq!(wrong.logs.cloudwatch[0].retention_days, None);
    assert!(wrong.warnings()[0].contains("`31` is none of the days"), "{:?}", wrong.warnings());
}

#[test]
fn an_explorer_gets_log_records_without_an_account() {
    let settings = read(&[("EXPLORER_URL", "http://explorer:4318")]);
    let [explorer] = &settings.logs.cloudwatch[..] else { panic!("{settings:?}") };
    assert_eq!((explorer.name, explorer.explorer.as_deref()), ("explorer", Some("http://explorer:4318/")));
    assert_eq!(explorer.group, None, "the service's namespace decides");

    let both = read(&[("EXPLORER_URL", "http://explorer:4318"), ("CLOUDWATCH_LOG_GROUP", "a")]);
    assert_eq!(both.logs.cloudwatch.iter().map(|to| to.name).collect::<Vec<_>>(), ["cloudwatch", "explorer"]);
    let none = read(&[
        ("EXPLORER_URL", "http://explorer:4318"),
        ("CLOUDWATCH_LOG_GROUP", "a"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ]);
    assert!(none.logs.cloudwatch.is_empty());
}

#[test]
fn keys_are_shown_nowhere() {
    let settings = read(&[
        ("HONEYCOMB_API_KEY", "hcaik_hunter2"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hunter2"),
        ("EXPLORER_URL", "http://me:hunter2@explorer:4318?key=hunter2"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "me:hunter2@collector"),
    ]);
    assert!(!format!("{settings:?}").contains("hunter2"), "{settings:?}");
    assert!(settings.traces.destinations[2].endpoint.contains("hunter2"), "what is sent is whole");

    let grpc =
        read(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "me:hunter2@c:1")]);
    assert!(!format!("{grpc:?}").contains("hunter2"), "{grpc:?}");
}

#[test]
fn every_variable_stands_in_the_table() {
    let table = include_str!("../settings.rs");

    let of_signal = |name: &String| {
        ["_TRACES_", "_LOGS_", "_METRICS_"].iter().any(|signal| name.contains(&format!("OTLP{signal}")))
    };
    let missing: Vec<_> = known::names()
        .filter(|name| !of_signal(name) && !table.contains(&format!("/// | `{name}` |")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
