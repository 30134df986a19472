//! The report on the terminal.

use std::fmt::Write;

use crate::figures::{Figures, IncompleteTrace};
use crate::http::CallError;
use crate::table::{table, time};

/// Of errors and of incomplete traces, this many are shown.
const SHOWN: usize = 10;

/// The whole report. `waterfall` is that of the slowest request.
pub(crate) fn report(figures: &Figures, waterfall: Option<Result<String, CallError>>) -> String {
    let mut text = format!("\n{}", table(&figures.summaries));
    text.push_str("latency counts from the moment a request was due to the end of its answer\n");
    errors(&mut text, figures);
    traces(&mut text, figures);
    slowest(&mut text, figures, waterfall);
    text
}

fn errors(text: &mut String, figures: &Figures) {
    if figures.errors.is_empty() {
        return;
    }
    text.push_str("\nfailed requests:\n");
    for error in figures.errors.iter().take(SHOWN) {
        put(text, &format!("  {} × {}: {}", error.requests, error.scenario, error.reason));
    }
    more(text, figures.errors.len());
}

fn traces(text: &mut String, figures: &Figures) {
    let traces = &figures.traces;
    put(text, &format!("\n{} of {} traces complete", traces.complete, traces.made));
    for trace in traces.incomplete.iter().take(SHOWN) {
        put(text, &incomplete(trace));
    }
    more(text, traces.incomplete.len());
}

fn incomplete(trace: &IncompleteTrace) -> String {
    let lacks = trace.lacks.join("; ");
    match &trace.url {
        Some(url) => format!("  {}: {lacks}\n    {url}", trace.scenario),
        None => format!("  {}: {lacks}", trace.scenario),
    }
}

fn slowest(text: &mut String, figures: &Figures, waterfall: Option<Result<String, CallError>>) {
    let (Some(slowest), Some(waterfall)) = (&figures.slowest, waterfall) else { return };
    let latency = time(slowest.latency_us);
    put(text, &format!("\nslowest request: {}, {latency}\n  {}\n", slowest.scenario, slowest.url));
    match waterfall {
        Ok(waterfall) => put(text, waterfall.trim_end()),
        Err(error) => put(text, &format!("  its waterfall cannot be shown: {error}")),
    }
}

fn more(text: &mut String, all: usize) {
    if all > SHOWN {
        put(text, &format!("  and {} more", all - SHOWN));
    }
}

fn put(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a String takes everything");
}
