//! Tracing for actix-web services that can be trusted: one init for traces and logs, context in and out over HTTP.
