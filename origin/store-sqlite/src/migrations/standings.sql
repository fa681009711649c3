-- Where partners stand: those that are there were approved by whoever made them. A SIRET is one partner's among
-- those that an operator believed.
ALTER TABLE partners ADD COLUMN status TEXT NOT NULL DEFAULT 'APPROVED'
    CHECK (status IN ('DRAFT', 'IN_REVIEW', 'APPROVED', 'SUSPENDED'));
ALTER TABLE partners ADD COLUMN siret TEXT;
ALTER TABLE partners ADD COLUMN review_reason TEXT;
ALTER TABLE partners ADD COLUMN submitted_at_ms INTEGER;
ALTER TABLE partners ADD COLUMN archived_at_ms INTEGER;
CREATE INDEX partners_listed ON partners(name_folded, id)
    WHERE status = 'APPROVED' AND archived_at_ms IS NULL;
CREATE INDEX partners_to_review ON partners(submitted_at_ms, id)
    WHERE status = 'IN_REVIEW' AND archived_at_ms IS NULL;
CREATE UNIQUE INDEX partners_by_siret ON partners(siret)
    WHERE siret IS NOT NULL AND status IN ('APPROVED', 'SUSPENDED') AND archived_at_ms IS NULL;
