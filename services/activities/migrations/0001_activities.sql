-- Runs on SQLite and PostgreSQL alike: only TEXT and BIGINT; times are microseconds since 1970.
CREATE TABLE activities (
    uuid TEXT PRIMARY KEY,
    user_uuid TEXT NOT NULL,
    user_handle TEXT NOT NULL,
    message TEXT NOT NULL,
    -- The message in lower case, for the search: SQLite's own LOWER() knows ASCII only.
    message_lower TEXT NOT NULL,
    replies_count BIGINT NOT NULL DEFAULT 0,
    reposts_count BIGINT NOT NULL DEFAULT 0,
    likes_count BIGINT NOT NULL DEFAULT 0,
    reply_to_activity_uuid TEXT REFERENCES activities (uuid),
    expires_at BIGINT,
    created_at BIGINT NOT NULL
);

CREATE INDEX activities_by_time ON activities (created_at);
CREATE INDEX activities_of_author ON activities (user_handle, created_at);
CREATE INDEX replies_of_activity ON activities (reply_to_activity_uuid, created_at);
