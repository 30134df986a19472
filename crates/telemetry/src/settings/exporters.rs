//! `OTEL_TRACES_EXPORTER`, `OTEL_LOGS_EXPORTER`, `OTEL_METRICS_EXPORTER`.

use super::variables::Variables;

/// Which exporters a signal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exporters {
    pub(super) otlp: bool,
    pub(super) console: bool,
    /// Whether a variable said so. Without one, `otlp` stands for whatever endpoints are named elsewhere.
    pub(super) is_explicit: bool,
}

impl Exporters {
    const DEFAULT: Self = Self { otlp: true, console: false, is_explicit: false };

    /// The list of one variable; `none` is nothing at all. `default` is what people are told is used instead of a bad one.
    pub(super) fn read(variables: &Variables<'_>, name: &str, default: &str) -> Self {
        let words = variables.list(name);
        if words.is_empty() {
            return Self::DEFAULT;
        }
        let mut exporters = Self { otlp: false, console: false, is_explicit: true };
        for word in &words {
            match word.to_ascii_lowercase().as_str() {
                "otlp" => exporters.otlp = true,
                // The older name of the same.
                "console" | "logging" => exporters.console = true,
                "none" => return Self { otlp: false, console: false, is_explicit: true },
                _ => {
                    variables
                        .problem(name, format!("`{word}` is not otlp, console or none; {default} is used"));
                    return Self::DEFAULT;
                }
            }
        }
        exporters
    }

    /// Whether everything was switched off.
    pub(super) fn is_none(self) -> bool {
        self.is_explicit && !self.otlp && !self.console
    }
}
