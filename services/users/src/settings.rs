//! What the service reads from its environment.

use database::Location;
use server::{Env, ServerSettings, SettingsError};
use telemetry::propagation::TrustPolicy;

/// Port when `PORT` is not set.
const DEFAULT_PORT: u16 = 4568;

/// Everything that can be set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the service listens.
    pub server: ServerSettings,
    /// `DATABASE_URL`; without it the file `users.db` in `CRUDDUR_DATA` (default `data`).
    pub database: Location,
    /// `CRUDDUR_USER`: the viewer when a request names none. Default `andrewbrown`.
    pub default_viewer: String,
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
        let database = Location::choose(env.optional("DATABASE_URL").as_deref(), &data, "users")
            .unwrap_or_else(|error| {
                env.mistake("DATABASE_URL", error);
                Location::file_in(data.as_ref(), "users")
            });
        let settings = Self {
            server: ServerSettings::from_env(&mut env, DEFAULT_PORT),
            database,
            default_viewer: env.string("CRUDDUR_USER", "andrewbrown"),
            trust: telemetry.trust.clone().unwrap_or(TrustPolicy::Internal),
            telemetry,
        };
        env.finish()?;
        Ok(settings)
    }
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

        assert_eq!(settings.server.port, 4568);
        assert_eq!(settings.database.to_string(), "SQLite file data/users.db");
        assert_eq!(settings.default_viewer, "andrewbrown");
        assert_eq!(settings.trust, TrustPolicy::Internal);
    }

    #[test]
    fn all_mistakes_are_told_at_once_and_none_repeats_a_password() {
        let error = read(&[("PORT", "many"), ("DATABASE_URL", "mysql://me:hunter2@db/users")]).unwrap_err();

        assert_eq!(error.mistakes.len(), 2);
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
