-- Devices that get push notifications, by the provider's names of them; and what people were told.
CREATE TABLE devices (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    platform TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    seen_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX devices_of_user ON devices(user_id, seen_at_ms);

CREATE TABLE inbox (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    letter TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    read_at_ms INTEGER
) STRICT;
CREATE INDEX inbox_of_user ON inbox(user_id, at_ms, id);
CREATE INDEX inbox_unread ON inbox(user_id) WHERE read_at_ms IS NULL;
CREATE INDEX inbox_by_time ON inbox(at_ms);
