-- Up to where rows left the outbox for a log: if the log does not have this any more, it lost records.
ALTER TABLE purge_logs ADD COLUMN end_revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE purge_logs ADD COLUMN end_digest TEXT NOT NULL DEFAULT '0000000000000000';
