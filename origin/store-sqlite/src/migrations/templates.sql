-- Texts of messages that administrators changed. A row without a source stays: its version goes on
-- growing, so that no edit of an older version is taken for one of a newer.
CREATE TABLE templates (
    kind TEXT NOT NULL,
    language TEXT NOT NULL,
    part TEXT NOT NULL,
    source TEXT,
    version INTEGER NOT NULL CHECK (version > 0),
    changed_at_ms INTEGER NOT NULL,
    PRIMARY KEY (kind, language, part)
) STRICT, WITHOUT ROWID;
