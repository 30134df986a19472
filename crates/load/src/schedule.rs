//! When each request is to be sent. Times are fixed before the first one goes out: a service that slows down does not
//! slow its load down, and what waits in line is part of what its users see.

use std::time::Duration;

/// Send times, evenly spaced.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    requests: u32,
    rate: f64,
}

impl Schedule {
    /// `requests` of them, `rate` a second.
    pub(crate) fn new(requests: u32, rate: f64) -> Self {
        Self { requests, rate }
    }

    /// The intended time of each request, counted from the start of the run. Each is computed from the start, so that
    /// no rounding adds up.
    pub(crate) fn times(self) -> impl Iterator<Item = Duration> {
        (0..self.requests).map(move |number| Duration::from_secs_f64(f64::from(number) / self.rate))
    }

    /// How many requests there are.
    pub(crate) fn len(self) -> u32 {
        self.requests
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_evenly_spaced_from_the_start() {
        let times: Vec<_> = Schedule::new(4, 50.0).times().collect();

        assert_eq!(times, [0, 20, 40, 60].map(Duration::from_millis));
    }

    #[test]
    fn rounding_does_not_add_up() {
        let last = Schedule::new(900_001, 300.0).times().last().unwrap();

        assert_eq!(last, Duration::from_mins(50));
    }

    #[test]
    fn there_are_as_many_times_as_requests() {
        let schedule = Schedule::new(7, 0.3);

        assert_eq!(schedule.times().count(), 7);
        assert_eq!(schedule.len(), 7);
    }
}
