-- Epochs of credentials take the place of the moment before which everybody was signed out: they are
-- compared for equality, so no clock decides whether a session is over.
ALTER TABLE users ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users DROP COLUMN signed_out_before_ms;
ALTER TABLE sessions ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
-- The token before the valid one: it may be sent again for a moment.
ALTER TABLE sessions ADD COLUMN previous_hash TEXT;
ALTER TABLE codes ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
