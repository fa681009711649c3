-- Who checked a booking in: the same scanner gets the same answer again, another one learns who it was.
ALTER TABLE bookings ADD COLUMN checked_in_by TEXT;
CREATE INDEX bookings_checked_in_by ON bookings(checked_in_by) WHERE checked_in_by IS NOT NULL;
-- An invitation that was accepted stays until it ends: accepting it again gets the same answer.
ALTER TABLE invitations ADD COLUMN accepted INTEGER NOT NULL DEFAULT 0 CHECK (accepted IN (0, 1));
