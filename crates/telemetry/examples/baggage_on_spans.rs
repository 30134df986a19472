//! Baggage that becomes an attribute of every span that it travels past: set once at the edge, found on the spans of all
//! services behind it.
//!
//! ```text
//! EXPLORER_URL=http://127.0.0.1:4318 cargo run -p telemetry --example baggage_on_spans
//! ```

use telemetry::{Settings, context};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The same as TELEMETRY_BAGGAGE_ATTRIBUTES=tenant,plan in the environment.
    let wanted = vec!["tenant".to_owned(), "plan".to_owned()];
    let settings = Settings { baggage_attributes: wanted, ..Settings::from_env() };
    let telemetry = telemetry::init(telemetry::service_info!(), &settings)?;

    let order = context::with_baggage([("tenant", "acme"), ("plan", "gold"), ("color", "red")], || {
        tracing::info_span!("order")
    });
    // `tenant` and `plan` are attributes of both spans; `color` travels along and is not recorded.
    order.in_scope(|| {
        tracing::info_span!("charge").in_scope(|| {
            tracing::info!(tenant = context::baggage("tenant"), "Charged");
        });
    });
    drop(order);
    telemetry.shutdown();
    Ok(())
}
