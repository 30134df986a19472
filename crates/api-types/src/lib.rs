//! The JSON bodies that cross a service boundary.
