//! What the service reads from its environment.

use clients::BaseUrl;
use database::Location;
use server::{Env, ServerSettings, SettingsError};
use telemetry::propagation::TrustPolicy;

use crate::outbox::DeliveryPolicy;

/// Port when `PORT` is not set.
const DEFAULT_PORT: u16 = 4567;

/// Everything that can be set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the service listens.
    pub server: ServerSettings,
    /// `DATABASE_URL`; without it the file `activities.db` in `CRUDDUR_DATA` (default `data`).
    pub database: Location,
    /// `CRUDDUR_USER`: the viewer when a request names none. Default `andrewbrown`.
    pub default_viewer: String,
    /// `USERS_URL`: where users is. Default `http://127.0.0.1:4568`.
    pub users: BaseUrl,
    /// `NOTIFICATIONS_URL`: where notifications is. Default `http://127.0.0.1:4569`.
    pub notifications: BaseUrl,
    /// `FRONTEND_URL`: the origin whose pages may read answers. Default `http://localhost:3000`.
    pub frontend: String,
    /// How events are delivered.
    pub delivery: DeliveryPolicy,
    /// Whose trace context is believed: nobody's, unless `TELEMETRY_TRUST` says otherwise. Strangers reach this one.
    pub trust: TrustPolicy,
    /// Where telemetry goes.
    pub telemetry: telemetry::Settings,
}

impl Settings {
    /// Reads the environment of the process; all mistakes are told at once.
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::read(Env::from_process(), telemetry::Settings::from_env())
    }

    fn read(mut env: Env<'_>, telemetry: telemetry::Settings) -> Result<Self, SettingsError> {
        let data = env.string("CRUDDUR_DATA", "data");
        let database = Location::choose(env.optional("DATABASE_URL").as_deref(), &data, "activities")
            .unwrap_or_else(|error| {
                env.mistake("DATABASE_URL", error);
                Location::file_in(data.as_ref(), "activities")
            });
        let settings = Self {
            server: ServerSettings::from_env(&mut env, DEFAULT_PORT),
            database,
            default_viewer: env.string("CRUDDUR_USER", "andrewbrown"),
            users: address(&mut env, "USERS_URL", "http://127.0.0.1:4568"),
            notifications: address(&mut env, "NOTIFICATIONS_URL", "http://127.0.0.1:4569"),
            frontend: frontend(&mut env),
            delivery: DeliveryPolicy::default(),
            trust: telemetry.trust.clone().unwrap_or(TrustPolicy::Public),
            telemetry,
        };
        env.finish()?;
        Ok(settings)
    }
}

/// The address of a service. A mistake is told without the value, which may hold a password.
fn address(env: &mut Env<'_>, name: &str, default: &str) -> BaseUrl {
    let default = || default.parse().expect("the default is a URL of the right form");
    env.optional(name).map_or_else(default, |text| {
        text.parse().unwrap_or_else(|error| {
            env.mistake(name, error);
            default()
        })
    })
}

/// A browser compares origins as text, and writes them without a path: `http://localhost:3000/` would never match.
fn frontend(env: &mut Env<'_>) -> String {
    address(env, "FRONTEND_URL", "http://localhost:3000").url().origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let lookup =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Settings::read(Env::from_lookup(lookup), telemetry::Settings::default())
    }

    #[test]
    fn without_variables_everything_has_a_default() {
        let settings = read(&[]).unwrap();

        assert_eq!(settings.server.port, 4567);
        assert_eq!(settings.database.to_string(), "SQLite file data/activities.db");
        assert_eq!(settings.default_viewer, "andrewbrown");
        assert_eq!(settings.users.to_string(), "http://127.0.0.1:4568/");
        assert_eq!(settings.notifications.to_string(), "http://127.0.0.1:4569/");
        assert_eq!(settings.frontend, "http://localhost:3000");
        assert_eq!(settings.trust, TrustPolicy::Public);
    }

    #[test]
    fn an_origin_has_no_path() {
        let settings = read(&[("FRONTEND_URL", "https://cruddur.example:443/")]).unwrap();

        assert_eq!(settings.frontend, "https://cruddur.example");
    }

    #[test]
    fn all_mistakes_are_told_at_once_and_none_repeats_a_password() {
        let error = read(&[
            ("PORT", "many"),
            ("USERS_URL", "users:4568"),
            ("NOTIFICATIONS_URL", "http://me:hunter2@notifications"),
            ("FRONTEND_URL", "*"),
            ("DATABASE_URL", "mysql://me:hunter2@db/x"),
        ])
        .unwrap_err();

        assert_eq!(error.mistakes.len(), 5);
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
