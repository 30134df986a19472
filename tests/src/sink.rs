//! The kinds of destinations that telemetry has.

use serde_json::Value;

use crate::process::{Variables, variables};

/// A kind of destination: where a service is told of it, and where its account stands in `GET /telemetry`.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Spans by OTLP over HTTP.
    Otlp,
    /// Items by Rollbar's API.
    Rollbar,
    /// Log events by the CloudWatch Logs API.
    CloudWatch,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Otlp, Self::Rollbar, Self::CloudWatch];

    /// Variables of a service that sends to `address`.
    #[must_use]
    pub fn variables(self, address: &str) -> Variables {
        match self {
            Self::Otlp => variables([
                // Of spans alone: log records would go to the same place, and have acts of their own.
                ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", format!("{address}/v1/traces")),
                // For one that hangs; long enough for a busy machine to answer in.
                ("OTEL_EXPORTER_OTLP_TIMEOUT", "4000".to_owned()),
                ("OTEL_BSP_SCHEDULE_DELAY", "20".to_owned()),
            ]),
            Self::Rollbar => variables([
                ("ROLLBAR_ACCESS_TOKEN", "post-server-item".to_owned()),
                ("ROLLBAR_ENDPOINT", format!("{address}/api/1/")),
            ]),
            Self::CloudWatch => variables([
                ("CLOUDWATCH_LOG_GROUP", "cruddur".to_owned()),
                ("AWS_REGION", "eu-central-1".to_owned()),
                ("AWS_ACCESS_KEY_ID", "test".to_owned()),
                ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
                ("AWS_ENDPOINT_URL", address.to_owned()),
                // As those of OTLP.
                ("OTEL_BLRP_EXPORT_TIMEOUT", "4000".to_owned()),
                ("OTEL_BLRP_SCHEDULE_DELAY", "20".to_owned()),
            ]),
        }
    }

    /// Its account in the answer of `GET /telemetry`.
    #[must_use]
    pub fn account(self, accounts: &Value) -> &Value {
        match self {
            Self::Otlp => &accounts["traces"]["otlp"],
            Self::Rollbar => &accounts["reports"]["rollbar"],
            Self::CloudWatch => &accounts["logs"]["cloudwatch"],
        }
    }
}
