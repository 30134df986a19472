//! Where the instructions of one row go: by thread, and by function with all that it calls.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::callgrind::{Callgrind, LONG, SHORT, a_request};
use crate::subject::Subject;

/// Functions a thread that are printed, by what they cost with all that they call, and by what they cost alone.
const WITH_CALLS: usize = 70;
const ALONE: usize = 20;
/// A thread that costs less is none to look at.
const LEAST: f64 = 50.0;
/// Names of generic functions are longer than any screen.
const WIDTH: usize = 180;

pub(crate) fn print(binaries: &Path, folder: &Path, subject: Subject) -> anyhow::Result<()> {
    let callgrind = Callgrind { binaries, folder, by_thread: true };
    let ((short, _), (long, _)) = (callgrind.run(subject, SHORT)?, callgrind.run(subject, LONG)?);
    println!(
        "{}: instructions of one request, of a function with all that it calls, and of it alone",
        subject.name()
    );
    for thread in 1.. {
        let file = |run: &Path| PathBuf::from(format!("{}-{thread:02}", run.display()));
        if !file(&long).exists() {
            break;
        }
        let with_calls = costs(&file(&short), &file(&long), true)?;
        let alone = costs(&file(&short), &file(&long), false)?;
        let total: f64 = alone.values().sum();
        if total >= LEAST {
            println!("\nthread {thread}: {total:.0}\n{:>10} {:>9}", "with calls", "alone");
            table(&with_calls, WITH_CALLS, &with_calls, &alone);
            println!("  the same, by what they cost alone");
            table(&alone, ALONE, &with_calls, &alone);
        }
    }
    Ok(())
}

type Costs = HashMap<String, f64>;

/// The first functions in the order of `by`.
fn table(by: &Costs, first: usize, with_calls: &Costs, alone: &Costs) {
    let mut functions: Vec<_> = by.iter().collect();
    functions.sort_by(|a, b| b.1.total_cmp(a.1).then(a.0.cmp(b.0)));
    for (function, _) in functions.into_iter().take(first) {
        let of = |costs: &Costs| costs.get(function).copied().unwrap_or_default();
        let name: String = function.chars().take(WIDTH).collect();
        println!("{:>10.0} {:>9.0}  {name}", of(with_calls), of(alone));
    }
}

/// What each function costs a request.
fn costs(short: &Path, long: &Path, inclusive: bool) -> anyhow::Result<Costs> {
    // A thread that starts with the load has no file of a run in which it did nothing.
    let before = if short.exists() { annotate(short, inclusive)? } else { HashMap::new() };
    let after = annotate(long, inclusive)?;
    let cost = |(function, long): (String, u64)| {
        let cost = a_request(before.get(&function).copied().unwrap_or_default(), long);
        (function, cost)
    };
    Ok(after.into_iter().map(cost).collect())
}

fn annotate(file: &Path, inclusive: bool) -> anyhow::Result<HashMap<String, u64>> {
    let output = Command::new("callgrind_annotate")
        .arg("--threshold=100")
        .arg(format!("--inclusive={}", if inclusive { "yes" } else { "no" }))
        .arg(file)
        .output()
        .context("running callgrind_annotate, which comes with valgrind")?;
    ensure!(output.status.success(), "callgrind_annotate: {}", String::from_utf8_lossy(&output.stderr));
    let mut costs = HashMap::new();
    for (function, cost) in String::from_utf8_lossy(&output.stdout).lines().filter_map(parse) {
        // Copies of a generic function have one name.
        *costs.entry(function).or_default() += cost;
    }
    Ok(costs)
}

/// A line such as `1,234,567 (12.3%)  file.rs:function [program]`.
fn parse(line: &str) -> Option<(String, u64)> {
    let (number, rest) = line.trim_start().split_once(' ')?;
    let cost = number.replace(',', "").parse().ok()?;
    let rest = rest.split_once('%').map_or(rest, |(_, rest)| rest.trim_start_matches(')')).trim();
    let (_, function) = rest.split_once(':')?;
    let function = function.rsplit_once(" [").map_or(function, |(function, _)| function);
    Some((without_hash(function).to_owned(), cost))
}

fn without_hash(function: &str) -> &str {
    match function.rsplit_once("::h") {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => name,
        _ => function,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_cost_and_a_function() {
        let parsed = |line: &str| parse(line).map(|(function, cost)| format!("{cost} {function}"));

        assert_eq!(
            parsed(" 1,234,567 ( 1.25%)  ???:core::ptr::drop_in_place<a::B>::h0123456789abcdef [/x/ours]")
                .as_deref(),
            Some("1234567 core::ptr::drop_in_place<a::B>")
        );
        assert_eq!(parsed("77 (100.0%)  file.c:main [/x/ours]").as_deref(), Some("77 main"));
        assert_eq!(parsed("1,234 (100.0%)  PROGRAM TOTALS"), None);
        assert_eq!(parsed("------"), None);
    }
}
