//! The table of figures.

use crate::summary::Summary;

const HEADINGS: [&str; 7] = ["scenario", "requests", "errors", "p50", "p95", "p99", "max"];
/// Between two columns.
const GAP: &str = "   ";

/// One aligned line a row: names to the left, figures to the right.
pub(crate) fn table(rows: &[Summary]) -> String {
    let mut lines = vec![HEADINGS.map(str::to_owned)];
    lines.extend(rows.iter().map(cells));
    let width =
        |column: usize| lines.iter().map(|cells| cells[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; 7] = std::array::from_fn(width);
    lines.iter().map(|cells| line(cells, &widths)).collect()
}

fn line(cells: &[String; 7], widths: &[usize; 7]) -> String {
    let aligned = cells.iter().zip(widths).enumerate().map(|(column, (cell, &width))| match column {
        0 => format!("{cell:<width$}"),
        _ => format!("{cell:>width$}"),
    });
    format!("{}\n", aligned.collect::<Vec<_>>().join(GAP))
}

fn cells(row: &Summary) -> [String; 7] {
    let times = row.latency.map(|latency| [latency.p50_us, latency.p95_us, latency.p99_us, latency.max_us]);
    let [p50, p95, p99, max] =
        times.map_or_else(|| [(); 4].map(|()| "-".to_owned()), |times| times.map(time));
    [row.scenario.to_owned(), row.requests.to_string(), row.errors.to_string(), p50, p95, p99, max]
}

/// Microseconds for a person.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52 microseconds")]
pub(crate) fn time(micros: u64) -> String {
    match micros {
        0..1_000_000 => format!("{:.1} ms", micros as f64 / 1e3),
        _ => format!("{:.2} s", micros as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::Latency;

    #[test]
    fn figures_stand_under_each_other() {
        let latency = Latency { p50_us: 3_100, p95_us: 12_340, p99_us: 999_900, max_us: 1_234_567 };
        let rows = [
            Summary { scenario: "home", requests: 1500, errors: 0, latency: Some(latency) },
            Summary { scenario: "notifications", requests: 3, errors: 3, latency: None },
        ];

        let expected = "\
scenario        requests   errors      p50       p95        p99      max
home                1500        0   3.1 ms   12.3 ms   999.9 ms   1.23 s
notifications          3        3        -         -          -        -
";
        assert_eq!(table(&rows), expected);
    }
}
