//! Where a service listens and how it stops.

use std::thread;
use std::time::Duration;

use crate::env::Env;

/// How a service listens.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// `HOST`: address to listen on. Default `127.0.0.1`.
    pub host: String,
    /// `PORT`; 0 takes a free one, which the line "Listening" tells.
    pub port: u16,
    /// `WORKERS`: threads that handle requests. Default: one a processor, four at most, which is plenty here and keeps
    /// an idle service small.
    pub workers: usize,
    /// How long requests in flight, and work that goes on beside them, may take after SIGTERM, in whole seconds. With the
    /// 1.5 s that telemetry may take to flush it stays within the 5 s in which a service must end.
    pub drain: Duration,
    /// `CRUDDUR_DEBUG_ROUTES`: 1 lets `/rollbar/test` fail on request. Default 0.
    pub debug_routes: bool,
}

impl ServerSettings {
    /// Reads `HOST`, `PORT`, `WORKERS` and `CRUDDUR_DEBUG_ROUTES`.
    pub fn from_env(env: &mut Env<'_>, default_port: u16) -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let workers = env.parse("WORKERS", processors.min(4));
        if workers == 0 {
            env.mistake("WORKERS", "at least 1 is needed");
        }
        Self {
            host: env.string("HOST", "127.0.0.1"),
            port: env.parse("PORT", default_port),
            workers,
            drain: Duration::from_secs(3),
            debug_routes: env.parse::<u8>("CRUDDUR_DEBUG_ROUTES", 0) == 1,
        }
    }
}
