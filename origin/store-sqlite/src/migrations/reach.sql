-- Addresses and numbers that nothing is sent to, as hashes. Without a barrier one can be reached again;
-- the row stays, so that an older report that comes late changes nothing.
CREATE TABLE reach (
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    barrier TEXT,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (channel, address)
) STRICT, WITHOUT ROWID;
