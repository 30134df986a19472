//! Typed, traced clients of the services.
