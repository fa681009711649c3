-- Checks of identity documents: the provider keeps the documents. `session_url` is there while the session
-- is open. `due_ms`: when the job looks at it next.
CREATE TABLE verifications (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    consent_version TEXT NOT NULL,
    attempt INTEGER NOT NULL CHECK (attempt > 0),
    session_id TEXT,
    session_url TEXT,
    state TEXT NOT NULL,
    reason TEXT,
    birth_year INTEGER,
    decided_at_ms INTEGER,
    decided_by TEXT,
    ruled_by TEXT,
    ruled_at_ms INTEGER,
    ruling_note TEXT,
    expires_at_ms INTEGER,
    polls INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    changed_at_ms INTEGER NOT NULL
) STRICT;
-- Whatever the programs believe: one open check of a user, one check of a session.
CREATE UNIQUE INDEX verifications_open ON verifications(user_id) WHERE state IN ('created', 'open', 'resubmission');
CREATE UNIQUE INDEX verifications_of_session ON verifications(session_id) WHERE session_id IS NOT NULL;
CREATE INDEX verifications_of_user ON verifications(user_id, created_at_ms DESC, id DESC);
CREATE INDEX verifications_newest ON verifications(created_at_ms DESC, id DESC);
CREATE INDEX verifications_by_state ON verifications(state, created_at_ms DESC, id DESC);
CREATE INDEX verifications_due ON verifications(due_ms);
CREATE INDEX verifications_ruled_by ON verifications(ruled_by) WHERE ruled_by IS NOT NULL;

-- What the account knows of it: until when it counts, and the year of birth.
ALTER TABLE users ADD COLUMN identity_until_ms INTEGER;
ALTER TABLE users ADD COLUMN birth_year INTEGER;

-- What an offer asks of its guests.
ALTER TABLE offers ADD COLUMN requires_identity INTEGER NOT NULL DEFAULT 0 CHECK (requires_identity IN (0, 1));
ALTER TABLE offers ADD COLUMN minimum_age INTEGER;
