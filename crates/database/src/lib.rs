//! SQLite or PostgreSQL behind one sqlx pool: open, check, migrate, traced queries.
