-- How often a booking was changed; absent: once, if it was changed at all.
ALTER TABLE bookings ADD COLUMN changes INTEGER;
CREATE INDEX bookings_by_time ON bookings(user_id, from_ms, id) WHERE user_id IS NOT NULL;
CREATE INDEX bookings_to_come ON bookings(user_id, from_ms, id) WHERE due_ms IS NOT NULL;
-- The feed that a user's calendar reads. It ends with the epoch of their credentials.
ALTER TABLE users ADD COLUMN calendar_hash TEXT;
ALTER TABLE users ADD COLUMN calendar_epoch INTEGER;
ALTER TABLE users ADD COLUMN calendar_since_ms INTEGER;
CREATE UNIQUE INDEX users_by_calendar ON users(calendar_hash) WHERE calendar_hash IS NOT NULL;
