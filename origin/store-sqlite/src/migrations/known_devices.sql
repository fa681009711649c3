-- The devices from which somebody signed in to an account, as keyed hashes.
CREATE TABLE known_devices (
    user_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    seen_at_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX known_devices_by_time ON known_devices(seen_at_ms);
