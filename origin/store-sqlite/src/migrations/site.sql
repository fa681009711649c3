-- Pages of the showcase site. `slugs` in a row is a JSON array, newest first; the table of that name has
-- each of them once, so that no two pages of a kind share one. Rows without are named by a job.
ALTER TABLE partners ADD COLUMN slugs TEXT;
ALTER TABLE partners ADD COLUMN updated_at_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE establishments ADD COLUMN slugs TEXT;
ALTER TABLE establishments ADD COLUMN updated_at_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE offers ADD COLUMN slugs TEXT;
ALTER TABLE offers ADD COLUMN updated_at_ms INTEGER NOT NULL DEFAULT 0;
CREATE INDEX partners_without_slug ON partners(row) WHERE slugs IS NULL;
CREATE INDEX establishments_without_slug ON establishments(row) WHERE slugs IS NULL;
CREATE INDEX offers_without_slug ON offers(row) WHERE slugs IS NULL;

-- The language of an offer's texts, and what it says in others.
ALTER TABLE offers ADD COLUMN language TEXT NOT NULL DEFAULT 'fr';
ALTER TABLE offers ADD COLUMN translations TEXT;

CREATE TABLE slugs (
    kind TEXT NOT NULL,
    slug TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (kind, slug)
) STRICT, WITHOUT ROWID;
