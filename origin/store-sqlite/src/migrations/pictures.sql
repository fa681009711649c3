-- Pictures and how they are uploaded. A row is stored before its files, and deleted after them.
CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    user_id TEXT,
    purpose TEXT NOT NULL,
    partner_id TEXT,
    content_type TEXT NOT NULL,
    bytes INTEGER NOT NULL CHECK (bytes > 0),
    state TEXT NOT NULL,
    refusal TEXT,
    picture_id TEXT,
    holder TEXT,
    held_until_ms INTEGER,
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX uploads_of_user ON uploads(user_id, created_at_ms) WHERE user_id IS NOT NULL;
CREATE INDEX uploads_expiring ON uploads(expires_at_ms);

CREATE TABLE pictures (
    id TEXT PRIMARY KEY,
    purpose TEXT NOT NULL,
    user_id TEXT,
    partner_id TEXT,
    width INTEGER NOT NULL CHECK (width > 0),
    height INTEGER NOT NULL CHECK (height > 0),
    widths TEXT NOT NULL,
    bytes INTEGER NOT NULL CHECK (bytes > 0),
    blurhash TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    unused_since_ms INTEGER,
    due_ms INTEGER NOT NULL,
    CHECK (user_id IS NULL OR partner_id IS NULL)
) STRICT;
CREATE INDEX pictures_of_user ON pictures(user_id, created_at_ms) WHERE user_id IS NOT NULL;
CREATE INDEX pictures_of_partner ON pictures(partner_id) WHERE partner_id IS NOT NULL;
CREATE INDEX pictures_due ON pictures(due_ms);
