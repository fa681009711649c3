-- What the author of a removed review says against that, and what an administrator answers who keeps it removed.
ALTER TABLE reviews ADD COLUMN contest TEXT;
ALTER TABLE reviews ADD COLUMN contested_at_ms INTEGER;
ALTER TABLE reviews ADD COLUMN contest_answer TEXT;
ALTER TABLE reviews ADD COLUMN contest_answered_at_ms INTEGER;
CREATE INDEX reviews_of_offer ON reviews(offer_id, state, created_at_ms DESC, id DESC);
