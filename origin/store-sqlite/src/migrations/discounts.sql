-- What a discount is that is no percentage, as JSON; null for a percentage.
ALTER TABLE offers ADD COLUMN discount_terms TEXT;
