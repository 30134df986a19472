//! Pauses between attempts.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use crate::policy::Policy;

/// The pause before attempt number `failures + 1`, where `failures` is at least 1: what the destination asked for, within
/// the policy's bounds (one that asks for none is not asked again at the speed of the network), else the exponential one, less a quarter of it at most by `jitter`, which is between 0 and 1. Many clients that failed
/// together should not come back together.
pub(crate) fn pause(policy: &Policy, failures: u32, asked: Option<Duration>, jitter: f64) -> Duration {
    let exponential = || {
        let steps = i32::try_from(failures - 1).unwrap_or(i32::MAX).min(64);
        let grown = policy.backoff_first.as_secs_f64() * 1.5_f64.powi(steps);
        let capped = grown.min(policy.backoff_most.as_secs_f64());
        Duration::from_secs_f64(capped * (1.0 - 0.25 * jitter))
    };
    asked.map_or_else(exponential, |asked| asked.clamp(policy.backoff_first, policy.backoff_most))
}

/// A number between 0 and 1. The standard library's hasher is seeded at random, which is all that jitter needs.
pub(crate) fn jitter() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 32;
    f64::from(u32::try_from(bits).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: fn() -> Policy = Policy::default;

    #[test]
    fn pauses_grow_by_half_up_to_the_longest() {
        let pauses: Vec<u128> =
            [1, 2, 3, 20, u32::MAX].iter().map(|n| pause(&POLICY(), *n, None, 0.0).as_millis()).collect();

        assert_eq!(pauses, [500, 750, 1125, 30_000, 30_000]);
    }

    #[test]
    fn jitter_takes_a_quarter_at_most() {
        assert_eq!(pause(&POLICY(), 1, None, 1.0), Duration::from_millis(375));
        for _ in 0..1000 {
            assert!((0.0..=1.0).contains(&jitter()));
        }
    }

    #[test]
    fn a_destination_may_ask_for_a_pause_within_bounds() {
        assert_eq!(pause(&POLICY(), 9, Some(Duration::from_secs(2)), 1.0), Duration::from_secs(2));
        assert_eq!(pause(&POLICY(), 1, Some(Duration::from_secs(9999)), 0.0), Duration::from_secs(30));
        assert_eq!(pause(&POLICY(), 1, Some(Duration::ZERO), 1.0), Duration::from_millis(500));
    }
}
