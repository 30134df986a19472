//! What is promised, and whether it is kept.

/// A figure and its limit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Target {
    pub(crate) what: &'static str,
    pub(crate) measured: f64,
    pub(crate) limit: Limit,
}

/// The side on which a figure has to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

impl Target {
    /// A figure that is none has missed.
    pub(crate) fn met(&self) -> bool {
        match self.limit {
            Limit::AtMost(limit) => self.measured <= limit,
            Limit::AtLeast(limit) => self.measured >= limit,
        }
    }

    pub(crate) fn limit(&self) -> String {
        match self.limit {
            Limit::AtMost(limit) => format!("<= {limit:.2}"),
            Limit::AtLeast(limit) => format!(">= {limit:.2}"),
        }
    }

    pub(crate) fn verdict(&self) -> &'static str {
        if self.met() { "pass" } else { "MISS" }
    }
}

/// Prints all targets. Whether each is met.
pub(crate) fn judge(targets: &[Target]) -> bool {
    println!();
    for target in targets {
        let Target { what, measured, .. } = target;
        println!("{}  {what}: {measured:.3}, target {}", target.verdict(), target.limit());
    }
    targets.iter().all(Target::met)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_itself_is_kept() {
        let met = |measured, limit| Target { what: "cost", measured, limit }.met();

        assert!(met(0.5, Limit::AtMost(0.5)) && !met(0.51, Limit::AtMost(0.5)));
        assert!(met(0.85, Limit::AtLeast(0.85)) && !met(0.84, Limit::AtLeast(0.85)));
    }

    #[test]
    fn what_is_no_number_has_missed() {
        for limit in [Limit::AtMost(1.0), Limit::AtLeast(1.0)] {
            assert!(!Target { what: "cost", measured: f64::NAN, limit }.met());
        }
    }
}
