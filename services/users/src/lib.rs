//! Profiles of Cruddur.
