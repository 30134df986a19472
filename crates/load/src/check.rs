//! Asks the explorer for every trace of a run.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::{Instant, sleep};

use crate::expectation::{Call, calls};
use crate::explorer::Explorer;
use crate::outcome::{Outcome, TraceRef};
use crate::progress::Progress;
use crate::scenario::Scenario;

/// Questions to the explorer at the same time.
const CONCURRENCY: usize = 8;
/// Between two rounds over the traces that are not complete yet.
const POLL: Duration = Duration::from_millis(500);

/// What the explorer knows of the traces of a run.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    /// How many requests were answered, and so have a trace.
    pub(crate) traces: usize,
    pub(crate) incomplete: Vec<Incomplete>,
}

/// A trace that is not all there.
#[derive(Debug, Clone)]
pub(crate) struct Incomplete {
    pub(crate) scenario: Scenario,
    /// `None` when the answer named no trace.
    pub(crate) trace_id: Option<String>,
    /// One phrase each.
    pub(crate) lacks: Vec<String>,
}

/// A trace to look for.
#[derive(Debug, Clone)]
struct Wanted {
    scenario: Scenario,
    trace: TraceRef,
    calls: &'static [Call],
}

/// Looks for the trace of every answered request, until all are complete or nothing has changed for `patience`.
///
/// A span may come after its trace looked complete, and may then lack its parent. So complete traces are looked at
/// once more, when there is nothing left to wait for.
pub(crate) async fn check(explorer: &Explorer, outcomes: &[Outcome], patience: Duration) -> Verdict {
    let (wanted, mut incomplete) = wanted(outcomes);
    let traces = wanted.len() + incomplete.len();
    let mut progress = Progress::new("looking for traces", wanted.len() as u64);
    let mut missing = wait(explorer, &wanted, patience, &mut progress).await;
    if missing.is_empty() {
        missing = wait(explorer, &wanted, patience, &mut progress).await;
    }
    progress.finish();
    incomplete.extend(missing.into_iter().map(|(wanted, lacks)| Incomplete {
        scenario: wanted.scenario,
        trace_id: Some(wanted.trace.trace_id.clone()),
        lacks,
    }));
    Verdict { traces, incomplete }
}

/// The traces to look for, and the answers that name none.
fn wanted(outcomes: &[Outcome]) -> (Vec<Wanted>, Vec<Incomplete>) {
    let (mut wanted, mut nameless) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        let scenario = outcome.scenario;
        // A failed request need not have got as far as to its calls, but its trace is a tree all the same.
        let calls = if outcome.failure.is_none() { calls(scenario) } else { &[] };
        match &outcome.trace {
            Some(Ok(trace)) => wanted.push(Wanted { scenario, trace: trace.clone(), calls }),
            Some(Err(why)) => {
                nameless.push(Incomplete { scenario, trace_id: None, lacks: vec![why.to_string()] });
            }
            None => {}
        }
    }
    (wanted, nameless)
}

/// Asks again and again for what is not complete. What still is not, in the end.
async fn wait<'a>(
    explorer: &Explorer,
    wanted: &'a [Wanted],
    patience: Duration,
    progress: &mut Progress,
) -> Vec<(&'a Wanted, Vec<String>)> {
    let mut open: Vec<_> = wanted.iter().map(|wanted| (wanted, Vec::new())).collect();
    let mut changed = Instant::now();
    loop {
        let still = round(explorer, &open).await;
        let same = still.len() == open.len() && still.iter().zip(&open).all(|(now, then)| now.1 == then.1);
        open = still;
        if !same {
            changed = Instant::now();
        }
        progress.set((wanted.len() - open.len()) as u64, String::new());
        if open.is_empty() || changed.elapsed() >= patience {
            return open;
        }
        sleep(POLL).await;
    }
}

/// Asks for each of the open traces once. Those that are not complete, in the same order, with what they lack.
async fn round<'a>(
    explorer: &Explorer,
    open: &[(&'a Wanted, Vec<String>)],
) -> Vec<(&'a Wanted, Vec<String>)> {
    let questions = open.iter().map(|(wanted, _)| async move {
        let trace = &wanted.trace;
        let lacks = match explorer.trace(&trace.trace_id).await {
            Ok(found) => found.lacks(&trace.span_id, wanted.calls),
            Err(error) => vec![format!("the explorer: {error}")],
        };
        (*wanted, lacks)
    });
    let answers = stream::iter(questions).buffered(CONCURRENCY);
    answers.filter(|(_, lacks)| std::future::ready(!lacks.is_empty())).collect().await
}
