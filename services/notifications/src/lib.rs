//! Mentions and replies of Cruddur.
