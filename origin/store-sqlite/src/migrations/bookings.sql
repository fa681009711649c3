-- `user_id` is absent once the account was erased. `counted`: it took a place of the offer's quota.
-- `due_ms`: when the job ends it; absent when it is over. Days are local, as '2026-10-25'.
CREATE TABLE bookings (
    id TEXT PRIMARY KEY,
    user_id TEXT,
    offer_id TEXT NOT NULL,
    partner_id TEXT NOT NULL,
    status TEXT NOT NULL,
    counted INTEGER NOT NULL CHECK (counted IN (0, 1)),
    from_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    idempotency_key TEXT,
    created_at_ms INTEGER NOT NULL,
    changed_at_ms INTEGER NOT NULL,
    checked_in_at_ms INTEGER,
    due_ms INTEGER,
    day TEXT NOT NULL,
    made_on TEXT NOT NULL,
    checked_in_on TEXT
) STRICT;
-- Whatever the programs believe: one open booking of a user and offer, one booking of a key.
CREATE UNIQUE INDEX bookings_open ON bookings(user_id, offer_id) WHERE due_ms IS NOT NULL AND user_id IS NOT NULL;
CREATE UNIQUE INDEX bookings_by_key ON bookings(user_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX bookings_by_user ON bookings(user_id, created_at_ms DESC, id DESC);
CREATE INDEX bookings_by_day ON bookings(offer_id, day);
CREATE INDEX bookings_due ON bookings(due_ms) WHERE due_ms IS NOT NULL;
CREATE INDEX bookings_made ON bookings(partner_id, made_on);
CREATE INDEX bookings_checked_in ON bookings(partner_id, checked_in_on) WHERE checked_in_on IS NOT NULL;

CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT;
