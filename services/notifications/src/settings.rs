//! What the service reads from its environment.

use clients::BaseUrl;
use database::Location;
use server::{Env, ServerSettings, SettingsError};
use telemetry::propagation::TrustPolicy;

/// Port when `PORT` is not set.
const DEFAULT_PORT: u16 = 4569;

/// Everything that can be set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the service listens.
    pub server: ServerSettings,
    /// `DATABASE_URL`; without it the file `notifications.db` in `CRUDDUR_DATA` (default `data`).
    pub database: Location,
    /// `USERS_URL`: where users is. Default `http://127.0.0.1:4568`.
    pub users: BaseUrl,
    /// Whose trace context is believed: everybody's, unless `TELEMETRY_TRUST` says otherwise. Only our own services
    /// should reach this one.
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
        let database = Location::choose(env.optional("DATABASE_URL").as_deref(), &data, "notifications")
            .unwrap_or_else(|error| {
                env.mistake("DATABASE_URL", error);
                Location::file_in(data.as_ref(), "notifications")
            });
        let settings = Self {
            server: ServerSettings::from_env(&mut env, DEFAULT_PORT),
            database,
            users: address(&mut env, "USERS_URL", "http://127.0.0.1:4568"),
            trust: telemetry.trust.clone().unwrap_or(TrustPolicy::Internal),
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

        assert_eq!(settings.server.port, 4569);
        assert_eq!(settings.database.to_string(), "SQLite file data/notifications.db");
        assert_eq!(settings.users.to_string(), "http://127.0.0.1:4568/");
        assert_eq!(settings.trust, TrustPolicy::Internal);
    }

    #[test]
    fn all_mistakes_are_told_at_once_and_none_repeats_a_password() {
        let wrong = [
            ("PORT", "many"),
            ("USERS_URL", "http://me:hunter2@users"),
            ("DATABASE_URL", "mysql://me:hunter2@db/x"),
        ];
        let error = read(&wrong).unwrap_err();

        assert_eq!(error.mistakes.len(), 3);
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
