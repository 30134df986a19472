//! Helpers of the whole-stack tests.
