//! The pipeline as a program uses it.

#![allow(clippy::unwrap_used, reason = "a panic of a test is its report")]

mod crash;
mod faults;
mod parts;
mod spool;
mod threads;
