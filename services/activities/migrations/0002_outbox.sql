-- Events that must reach notifications, written in the transaction of what they tell of, deleted when accepted.
CREATE TABLE outbox (
    event_id TEXT PRIMARY KEY,
    payload TEXT NOT NULL,
    -- The trace context of the request, as its headers would carry it.
    traceparent TEXT,
    tracestate TEXT,
    baggage TEXT,
    attempts BIGINT NOT NULL DEFAULT 0,
    -- Not before this time, and not while a dispatcher holds the row.
    next_attempt_at BIGINT NOT NULL,
    leased_until BIGINT NOT NULL DEFAULT 0,
    last_error TEXT,
    -- Refused for good: kept for a person to look at, and not tried again.
    dead_at BIGINT,
    created_at BIGINT NOT NULL
);

CREATE INDEX outbox_due ON outbox (dead_at, next_attempt_at);
