-- Phone numbers are unique among verified ones only. SQLite cannot drop the column's UNIQUE, so the
-- table is made anew, with the same columns in the same order.
CREATE TABLE users_anew (
    id TEXT PRIMARY KEY,
    email_key TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    email_verified_at_ms INTEGER,
    phone TEXT,
    phone_verified_at_ms INTEGER,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    avatar TEXT,
    preferences TEXT NOT NULL,
    identity_status TEXT NOT NULL,
    role TEXT NOT NULL,
    partner_id TEXT,
    post TEXT,
    status TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    signed_out_before_ms INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    CHECK ((partner_id IS NULL) = (post IS NULL))
) STRICT;
INSERT INTO users_anew SELECT * FROM users;
DROP TABLE users;
ALTER TABLE users_anew RENAME TO users;
CREATE INDEX users_by_partner ON users(partner_id) WHERE partner_id IS NOT NULL;
CREATE UNIQUE INDEX users_by_verified_phone ON users(phone) WHERE phone_verified_at_ms IS NOT NULL;
-- What an actor did, for the export and the erasure of an account.
CREATE INDEX purge_audit_by_actor ON purge_audit(actor, id);
