//! Attributes of one's own: as fields of a span, on the request's span from a handler, and late.
//!
//! ```text
//! EXPLORER_URL=http://127.0.0.1:4318 cargo run -p telemetry --example custom_attributes
//! ```

use telemetry::context;
use tracing::field::Empty;

/// Fields of `#[instrument]` are attributes; dotted names are welcome.
#[tracing::instrument(skip_all, fields(order.id = %id, order.items = items.len()))]
fn order(id: u32, items: &[&str]) -> f64 {
    let total: f64 = items.iter().map(|item| price(item)).sum();
    // On whatever span is the current one, without declaring it first.
    context::set_attribute("order.total", total);
    total
}

/// A field that is known late is declared as empty, and recorded.
fn price(item: &str) -> f64 {
    let span = tracing::info_span!("price", item.name = item, item.price = Empty);
    let price = span.in_scope(|| if item == "tea" { 2.5 } else { 10.0 });
    span.record("item.price", price);
    price
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = telemetry::init(telemetry::service_info!(), &telemetry::Settings::from_env())?;
    let total = order(42, &["tea", "cup"]);
    tracing::info!(order.total = total, "Ordered");
    telemetry.shutdown();
    Ok(())
}
