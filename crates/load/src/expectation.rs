//! Which calls between services the trace of each scenario must show. This is the one place that says so.
//!
//! | scenario | calls |
//! |---|---|
//! | home | activities → users (authors), activities → notifications (unread count) |
//! | profile, search | activities → users |
//! | notifications | activities → notifications (references), activities → users (authors) |
//! | create, reply | activities → users (the viewer), activities → notifications (the event, after the answer), notifications → users (who is mentioned) |
//!
//! None of them depends on what is stored, because [`prepare`](crate::prepare) sees to it that there is an activity to
//! show and a mention to tell of.

use std::fmt;

use crate::scenario::Scenario;

/// One service calls another: a SERVER span of `callee` right below a CLIENT span of `caller`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) caller: &'static str,
    pub(crate) callee: &'static str,
}

impl fmt::Display for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} → {}", self.caller, self.callee)
    }
}

/// The service that a user talks to: its span is the root of every trace.
pub(crate) const EDGE: &str = "activities";

const USERS: Call = Call { caller: EDGE, callee: "users" };
const NOTIFICATIONS: Call = Call { caller: EDGE, callee: "notifications" };
const MENTIONED: Call = Call { caller: "notifications", callee: "users" };

/// The calls that a trace of this scenario must show.
pub(crate) const fn calls(scenario: Scenario) -> &'static [Call] {
    match scenario {
        Scenario::Home | Scenario::Notifications => &[USERS, NOTIFICATIONS],
        Scenario::Profile | Scenario::Search => &[USERS],
        Scenario::Create | Scenario::Reply => &[USERS, NOTIFICATIONS, MENTIONED],
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    fn text(scenario: Scenario) -> String {
        calls(scenario).iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn every_scenario_crosses_to_another_service() {
        for scenario in Scenario::value_variants() {
            assert!(!calls(*scenario).is_empty(), "{scenario:?}");
        }
    }

    #[test]
    fn writing_reaches_everyone_and_reading_the_feed_asks_both() {
        let written = "activities → users, activities → notifications, notifications → users";

        assert_eq!(text(Scenario::Create), written);
        assert_eq!(text(Scenario::Reply), written);
        assert_eq!(text(Scenario::Home), "activities → users, activities → notifications");
        assert_eq!(text(Scenario::Search), "activities → users");
    }
}
