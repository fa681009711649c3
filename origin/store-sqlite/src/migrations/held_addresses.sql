-- The address before a change is held for its account, as long as the code for the way back is valid.
ALTER TABLE codes ADD COLUMN holds_email TEXT;
CREATE INDEX codes_by_held_email ON codes(holds_email) WHERE holds_email IS NOT NULL;
