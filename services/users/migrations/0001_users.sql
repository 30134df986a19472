-- Runs on SQLite and PostgreSQL alike: only TEXT and BIGINT; times are microseconds since 1970.
CREATE TABLE users (
    uuid TEXT PRIMARY KEY,
    display_name TEXT NOT NULL,
    handle TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    bio TEXT,
    created_at BIGINT NOT NULL
);
