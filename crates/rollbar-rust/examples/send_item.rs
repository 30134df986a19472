//! Sends one message, and tells where it can be seen.
//!
//! `ROLLBAR_ACCESS_TOKEN` is needed; `ROLLBAR_ENDPOINT` names another server than Rollbar, `ROLLBAR_ENVIRONMENT` another
//! environment than `development`.

use std::env;
use std::error::Error;

use rollbar_rust::{Item, Level, Message, Retry, blocking};

fn main() -> Result<(), Box<dyn Error>> {
    let text = env::args().nth(1).unwrap_or_else(|| "Hello World!".to_owned());
    let environment = env::var("ROLLBAR_ENVIRONMENT").unwrap_or_else(|_| "development".to_owned());
    let item = Item::builder(environment, Message::new(text)).level(Level::Warning).build()?;

    let token = env::var("ROLLBAR_ACCESS_TOKEN").map_err(|_| "ROLLBAR_ACCESS_TOKEN is not set")?;
    let mut builder = blocking::Client::builder(token);
    if let Ok(endpoint) = env::var("ROLLBAR_ENDPOINT") {
        builder = builder.endpoint(endpoint.parse()?);
    }

    match builder.build_blocking()?.send(&item) {
        Ok(receipt) => {
            println!("taken: https://rollbar.com/occurrence/uuid/?uuid={}", receipt.uuid);
            Ok(())
        }
        Err(error) => {
            let again = match error.retry() {
                Retry::Never => "it would fail again".to_owned(),
                Retry::After(None) => "it may be sent again later".to_owned(),
                Retry::After(Some(wait)) => format!("it may be sent again in {} s", wait.as_secs()),
            };
            eprintln!("not taken; {again}");
            Err(error.into())
        }
    }
}
