-- How many people a booking of an offer may be for; absent: as many as any.
ALTER TABLE offers ADD COLUMN max_party_size INTEGER CHECK (max_party_size BETWEEN 1 AND 50);
