-- Up to where it was told that offers began or ended: one row.
CREATE TABLE turns_told (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at_ms INTEGER NOT NULL,
    -- Empty: all of that moment were told.
    offer_id TEXT NOT NULL
) STRICT;
