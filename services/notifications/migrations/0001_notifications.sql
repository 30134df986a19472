-- Runs on SQLite and PostgreSQL alike: only TEXT and BIGINT; times are microseconds since 1970.
CREATE TABLE events (
    event_id TEXT PRIMARY KEY,
    accepted_at BIGINT NOT NULL
);

CREATE TABLE notifications (
    uuid TEXT PRIMARY KEY,
    event_id TEXT NOT NULL REFERENCES events (event_id),
    recipient TEXT NOT NULL,
    kind TEXT NOT NULL,
    activity_uuid TEXT NOT NULL,
    actor_handle TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    read_at BIGINT,
    UNIQUE (event_id, recipient)
);

CREATE INDEX notifications_of_recipient ON notifications (recipient, created_at);
