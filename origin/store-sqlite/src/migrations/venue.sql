-- What a venue does with bookings: the reason that the guest is told, the code that is said at the door, and
-- the scanner's own id of a scan.
ALTER TABLE bookings ADD COLUMN cancel_reason TEXT;
ALTER TABLE bookings ADD COLUMN short_code TEXT;
ALTER TABLE bookings ADD COLUMN scan_id TEXT;
CREATE INDEX bookings_of_night ON bookings(partner_id, day, from_ms, id);
-- Whatever the programs believe: one booking of a partner's night with a code.
CREATE UNIQUE INDEX bookings_by_short_code ON bookings(partner_id, day, short_code) WHERE short_code IS NOT NULL;
