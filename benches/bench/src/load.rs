//! Load over connections that are kept: a certain number of requests, or for a certain time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::http::{Connection, get};

/// Requests that are under way at the same time, each on a connection of its own.
pub(crate) const CONNECTIONS: usize = 8;

/// What came of a load.
pub(crate) struct Load {
    /// How long each request took.
    latencies: Vec<Duration>,
    took: Duration,
}

/// Sends exactly `requests` requests.
pub(crate) fn exactly(requests: usize, port: u16, path: &str) -> anyhow::Result<Load> {
    let sent = AtomicUsize::new(0);
    run(port, path, || sent.fetch_add(1, Ordering::Relaxed) < requests)
}

/// Sends requests for as long as `time`.
pub(crate) fn during(time: Duration, port: u16, path: &str) -> anyhow::Result<Load> {
    let end = Instant::now() + time;
    run(port, path, || Instant::now() < end)
}

/// Sends requests for as long as `time`, each connection with a `pause` after each answer.
pub(crate) fn paced(time: Duration, pause: Duration, port: u16, path: &str) -> anyhow::Result<Load> {
    let end = Instant::now() + time;
    run(port, path, || {
        thread::sleep(pause);
        Instant::now() < end
    })
}

/// One thread a connection. Each asks `more` before a request.
fn run(port: u16, path: &str, more: impl Fn() -> bool + Sync) -> anyhow::Result<Load> {
    let start = Instant::now();
    let latencies = thread::scope(|scope| {
        let threads = [(); CONNECTIONS].map(|()| scope.spawn(|| one_after_the_other(port, path, &more)));
        let mut all = Vec::new();
        for thread in threads {
            all.extend(thread.join().expect("sending a request does not panic")?);
        }
        anyhow::Ok(all)
    })?;
    Ok(Load { latencies, took: start.elapsed() })
}

fn one_after_the_other(port: u16, path: &str, more: &impl Fn() -> bool) -> anyhow::Result<Vec<Duration>> {
    let (mut connection, request) = (Connection::open(port)?, get(path));
    let mut latencies = Vec::new();
    while more() {
        let start = Instant::now();
        let answer = connection.send(&request).with_context(|| format!("GET {path}"))?;
        latencies.push(start.elapsed());
        ensure!(answer.status == 200, "GET {path} is answered {}", answer.status);
        ensure!(!answer.degraded, "GET {path} is answered without what another service should tell");
    }
    Ok(latencies)
}

impl Load {
    pub(crate) fn requests(&self) -> usize {
        self.latencies.len()
    }

    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 requests")]
    pub(crate) fn a_second(&self) -> f64 {
        self.requests() as f64 / self.took.as_secs_f64()
    }

    /// The latency that so many of 100 requests keep within, in milliseconds.
    pub(crate) fn within(&mut self, percent: usize) -> f64 {
        self.latencies.sort_unstable();
        let rank = (self.latencies.len() * percent).div_ceil(100);
        self.latencies.get(rank.saturating_sub(1)).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p99_is_what_99_of_100_keep_within() {
        let load = |count| Load {
            latencies: (1..=count).rev().map(Duration::from_millis).collect(),
            took: Duration::from_secs(1),
        };

        for (count, expected) in [(1, 1.0), (100, 99.0), (200, 198.0), (101, 100.0)] {
            assert!((load(count).within(99) - expected).abs() < 1e-9, "{count}");
        }
    }
}
