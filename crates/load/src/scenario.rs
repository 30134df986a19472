//! What a user does: the requests of each scenario.

use clap::ValueEnum;
use reqwest::Method;
use serde_json::{Value, json};

/// Whom created messages mention: a seed user who is not the viewer, so that there is somebody to notify.
pub(crate) const MENTIONED: &str = "londo";
/// Seed users whose pages are opened, in turn.
const HANDLES: [&str; 6] = ["andrewbrown", "bayko", "londo", "worf", "garek", "coco"];
/// A word that every created message holds.
const SEARCHED: &str = "waterfall";

/// One kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Scenario {
    /// Reads the feed.
    Home,
    /// Opens a user's page.
    Profile,
    /// Searches for a word.
    Search,
    /// Looks at the notifications of a user who has some.
    Notifications,
    /// Writes a message that mentions a user.
    Create,
    /// Answers a message.
    Reply,
}

/// `--scenario`: one of them, or the mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// One kind only.
    One(Scenario),
    /// All kinds, by [`MIX`].
    All,
}

/// The mix, one round of it: 8 of 20 read the feed, 4 of 20 write. Kinds are spread out, so that a short run has all
/// of them.
const MIX: [Scenario; 20] = {
    use Scenario::{Create, Home, Notifications, Profile, Reply, Search};
    [
        Home,
        Create,
        Profile,
        Search,
        Home,
        Notifications,
        Reply,
        Home,
        Profile,
        Home, //
        Search,
        Home,
        Create,
        Profile,
        Home,
        Notifications,
        Home,
        Reply,
        Search,
        Home,
    ]
};

/// A request, ready to be sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Path and query, below the public address.
    pub(crate) path: String,
    /// `x-cruddur-user`; the service's own default when `None`.
    pub(crate) viewer: Option<&'static str>,
    pub(crate) body: Option<Value>,
}

// === impl Scenario ===

impl Scenario {
    /// The `number`th request of a run. `activities` are those that may be answered; there is at least one.
    pub(crate) fn request(self, number: usize, activities: &[String]) -> Request {
        match self {
            Self::Home => Request::get("api/activities/home".to_owned()),
            Self::Profile => {
                let handle = HANDLES[number % HANDLES.len()];
                Request::get(format!("api/activities/@{handle}"))
            }
            Self::Search => Request::get(format!("api/activities/search?term={SEARCHED}")),
            Self::Notifications => {
                Request { viewer: Some(MENTIONED), ..Request::get("api/activities/notifications".to_owned()) }
            }
            Self::Create => {
                let message = format!("Request {number}: look at this {SEARCHED}, @{MENTIONED}");
                Request::post("api/activities".to_owned(), json!({"message": message, "ttl": "1-day"}))
            }
            Self::Reply => {
                let parent = &activities[number % activities.len()];
                let message = format!("Answer {number}: seen, @{MENTIONED}");
                Request::post(format!("api/activities/{parent}/reply"), json!({"message": message}))
            }
        }
    }

    /// As on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Profile => "profile",
            Self::Search => "search",
            Self::Notifications => "notifications",
            Self::Create => "create",
            Self::Reply => "reply",
        }
    }
}

// === impl Choice ===

impl Choice {
    /// The kind of the `number`th request.
    pub(crate) fn at(self, number: usize) -> Scenario {
        match self {
            Self::One(scenario) => scenario,
            Self::All => MIX[number % MIX.len()],
        }
    }

    /// As on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::One(scenario) => scenario.name(),
            Self::All => "all",
        }
    }
}

impl ValueEnum for Choice {
    fn value_variants<'a>() -> &'a [Self] {
        const VARIANTS: [Choice; 7] = [
            Choice::One(Scenario::Home),
            Choice::One(Scenario::Create),
            Choice::One(Scenario::Reply),
            Choice::One(Scenario::Profile),
            Choice::One(Scenario::Search),
            Choice::One(Scenario::Notifications),
            Choice::All,
        ];
        &VARIANTS
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name()))
    }
}

// === impl Request ===

impl Request {
    fn get(path: String) -> Self {
        Self { method: Method::GET, path, viewer: None, body: None }
    }

    fn post(path: String, body: Value) -> Self {
        Self { method: Method::POST, path, viewer: None, body: Some(body) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mix_holds_every_scenario_within_its_first_ten_requests() {
        for scenario in Scenario::value_variants() {
            assert!(MIX[..10].contains(scenario), "{scenario:?}");
        }
    }

    #[test]
    fn created_messages_mention_a_user_and_hold_the_searched_word() {
        let request = Scenario::Create.request(7, &[]);

        let message = request.body.unwrap()["message"].as_str().unwrap().to_owned();
        assert!(message.contains("@londo") && message.contains(SEARCHED), "{message}");
        assert!(message.chars().count() <= 280);
    }

    #[test]
    fn answers_go_to_the_known_activities_in_turn() {
        let activities = ["one".to_owned(), "two".to_owned()];

        let paths: Vec<_> = (0..3).map(|n| Scenario::Reply.request(n, &activities).path).collect();

        assert_eq!(
            paths,
            ["api/activities/one/reply", "api/activities/two/reply", "api/activities/one/reply"]
        );
    }
}
