//! Two stacks that run all the time and get their load in turns, so that whatever else the machine does hits both alike.

use std::time::Duration;

use crate::load;
use crate::stack::Stack;

/// What every request asks for.
pub(crate) const HOME: &str = "/api/activities/home";

/// A turn of a stack. It is short because of what the kernel, or a neighbour of a virtual machine, does every second or so,
/// for which a processor stands still: longer turns have one of those each, and their p99 shows little else. Of these most
/// have none, and the median is one of them.
pub(crate) const TURN: Duration = Duration::from_millis(400);
/// Before the first turn: connections, caches, and the first pages of the databases.
const WARM_UP: Duration = Duration::from_secs(3);

/// What one turn showed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    /// Requests a second.
    pub(crate) throughput: f64,
    /// Milliseconds.
    pub(crate) p50: f64,
    /// Milliseconds.
    pub(crate) p99: f64,
    /// Processor time of the three services, milliseconds a request.
    pub(crate) processor: f64,
}

/// Lets both stacks do what they do only once.
pub(crate) fn warm_up(stacks: [&Stack; 2]) -> anyhow::Result<()> {
    stacks.into_iter().try_for_each(|stack| load::during(WARM_UP, stack.edge(), HOME).map(drop))
}

/// So many turns of each stack, without pause.
pub(crate) fn alternate(stacks: [&Stack; 2], turns: usize) -> anyhow::Result<[Vec<Turn>; 2]> {
    let mut all = [Vec::new(), Vec::new()];
    for turn in 0..turns {
        // Who comes second finds a warm machine; it is each one's turn.
        let order = if turn.is_multiple_of(2) { [0, 1] } else { [1, 0] };
        for one in order {
            all[one].push(Turn::of(stacks[one])?);
        }
    }
    Ok(all)
}

impl Turn {
    /// One turn of a stack.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 requests")]
    fn of(stack: &Stack) -> anyhow::Result<Self> {
        let before = stack.processor()?;
        let mut load = load::during(TURN, stack.edge(), HOME)?;
        let spent = stack.processor()?.saturating_sub(before);
        Ok(Self {
            throughput: load.a_second(),
            p50: load.within(50),
            p99: load.within(99),
            processor: spent.as_secs_f64() * 1000.0 / load.requests() as f64,
        })
    }

    /// Of each figure, the median of all turns.
    pub(crate) fn medians(turns: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(turns.iter().map(figure).collect());
        Self {
            throughput: of(|turn| turn.throughput),
            p50: of(|turn| turn.p50),
            p99: of(|turn| turn.p99),
            processor: of(|turn| turn.processor),
        }
    }
}

/// The one in the middle.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_not_moved_by_one_odd_turn() {
        assert!((median(vec![3.0, 100.0, 1.0]) - 3.0).abs() < 1e-9);
        assert!(median(Vec::new()).is_nan());
    }
}
