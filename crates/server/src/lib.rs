//! The actix-web chassis that every service shares: settings, start, stop, health, ApiError.
