//! Puts a line of text into CloudWatch Logs, where the environment says: `AWS_REGION`, `AWS_ACCESS_KEY_ID` and
//! `AWS_SECRET_ACCESS_KEY` or any other credentials, and `AWS_ENDPOINT_URL` for a server that is not AWS's.
//!
//! ```sh
//! AWS_REGION=eu-central-1 cargo run --example put_events -- my-group my-stream "Hello World!"
//! ```

use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cloudwatch_logs::{Batch, Client, LogEvent, LogStream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), String> {
    run().await.map_err(|error| error.to_string())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |default: &str| arguments.next().unwrap_or_else(|| default.to_owned());
    let stream = LogStream::new(next("put-events"), next("example"))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let mut batch = Batch::new([LogEvent::new(i64::try_from(now)?, next("Hello World!"))]);

    Box::pin(Client::from_env().put(&stream, &mut batch, Duration::from_secs(10))).await?;

    println!("put, {} refused", batch.rejected().total());
    Ok(())
}
