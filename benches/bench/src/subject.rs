//! What is measured: a program, and how it is set.

use crate::process::Variables;

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) program: Program,
    pub(crate) mode: Mode,
}

/// A program of this workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// actix-web alone.
    Bare,
    /// The middleware of tracing-actix-web with nothing to do.
    Floor,
    /// The stock stack.
    Stock,
    /// The telemetry crate.
    Ours,
}

/// What is done with the span of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// There is none.
    Untraced,
    /// It is sent, compressed.
    Export,
    /// The same, and JSON log lines are on.
    Json,
    /// The same, and each request logs a line.
    JsonLine,
    /// It is sent as it is.
    Plain,
    /// It is sampled out.
    SampledOut,
}

/// All rows, in the order of the table.
pub(crate) const ALL: [Subject; 12] = {
    use Mode::{Export, Json, JsonLine, Plain, SampledOut, Untraced};
    use Program::{Bare, Floor, Ours, Stock};
    const fn of(program: Program, mode: Mode) -> Subject {
        Subject { program, mode }
    }
    [
        of(Bare, Untraced),
        of(Floor, Untraced),
        of(Stock, Export),
        of(Ours, Export),
        of(Stock, Plain),
        of(Ours, Plain),
        of(Stock, Json),
        of(Ours, Json),
        of(Stock, JsonLine),
        of(Ours, JsonLine),
        of(Stock, SampledOut),
        of(Ours, SampledOut),
    ]
};

impl Subject {
    /// The name of the row, as `scripts/bench profile` takes it.
    pub(crate) fn name(self) -> String {
        let program = self.program.binary();
        match self.mode {
            Mode::Untraced => program.to_owned(),
            Mode::Export => format!("{program}-export"),
            Mode::Json => format!("{program}-json"),
            Mode::JsonLine => format!("{program}-json-line"),
            Mode::Plain => format!("{program}-plain"),
            Mode::SampledOut => format!("{program}-sampled-out"),
        }
    }

    pub(crate) fn by_name(name: &str) -> Option<Self> {
        ALL.into_iter().find(|subject| subject.name() == name)
    }

    pub(crate) fn argument(self) -> Option<&'static str> {
        (self.program == Program::Stock && self.json()).then_some("json")
    }

    /// Ours logs each request by itself; a handler of the stock stack has to.
    pub(crate) fn path(self) -> &'static str {
        if self.program == Program::Stock && self.mode == Mode::JsonLine { "/line" } else { "/" }
    }

    /// How many spans of `requests` requests must have arrived in the end.
    pub(crate) fn spans(self, requests: usize) -> usize {
        match self.mode {
            Mode::Untraced | Mode::SampledOut => 0,
            Mode::Export | Mode::Json | Mode::JsonLine | Mode::Plain => requests,
        }
    }

    /// Whether they are sent with gzip.
    pub(crate) fn compresses(self) -> bool {
        self.mode != Mode::Plain
    }

    /// The variables, the same for both stacks but for the switch of log lines.
    pub(crate) fn variables(self, receiver: u16) -> Variables {
        let mut variables = vec![
            // Traces alone: the stock stack sends no log records, and ours would, to a general endpoint.
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", format!("http://127.0.0.1:{receiver}/v1/traces")),
            ("OTEL_SERVICE_NAME", self.program.binary().to_owned()),
            // Time passes slowly under callgrind: batches are to be cut by their size, as under load, and not by time.
            ("OTEL_BSP_SCHEDULE_DELAY", "600000".to_owned()),
        ];
        if self.compresses() {
            variables.push(("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip".to_owned()));
        }
        if self.mode == Mode::SampledOut {
            variables.push(("OTEL_TRACES_SAMPLER", "traceidratio".to_owned()));
            variables.push(("OTEL_TRACES_SAMPLER_ARG", "0".to_owned()));
        }
        if self.program == Program::Ours {
            // Chooses log lines and never spans.
            let lines = match self.mode {
                Mode::JsonLine => "info",
                Mode::Json => "info,access=off",
                _ => "off",
            };
            variables.push(("RUST_LOG", lines.to_owned()));
        }
        variables
    }

    fn json(self) -> bool {
        matches!(self.mode, Mode::Json | Mode::JsonLine)
    }
}

impl Program {
    pub(crate) fn binary(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Floor => "floor",
            Self::Stock => "stock",
            Self::Ours => "ours",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_own_name() {
        for subject in ALL {
            assert_eq!(Subject::by_name(&subject.name()), Some(subject));
        }
        assert_eq!(Subject::by_name("theirs"), None);
    }

    #[test]
    fn both_stacks_compress_alike() {
        for mode in [Mode::Export, Mode::Json, Mode::JsonLine, Mode::Plain, Mode::SampledOut] {
            let compression = |program| {
                let variables = Subject { program, mode }.variables(1);
                variables.into_iter().find(|(name, _)| *name == "OTEL_EXPORTER_OTLP_COMPRESSION")
            };
            assert_eq!(compression(Program::Stock), compression(Program::Ours));
        }
    }
}
