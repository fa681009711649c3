-- Offers whose bookings the venue confirms, until when it may, and how many people a booking is for;
-- absent: one, as all were before.
ALTER TABLE offers ADD COLUMN requires_approval INTEGER NOT NULL DEFAULT 0 CHECK (requires_approval IN (0, 1));
ALTER TABLE bookings ADD COLUMN decide_before_ms INTEGER;
ALTER TABLE bookings ADD COLUMN party_size INTEGER CHECK (party_size BETWEEN 1 AND 20);
