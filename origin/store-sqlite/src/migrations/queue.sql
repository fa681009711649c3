-- Work that is done after a request. While a worker has a task, `due_at_ms` is when its lease ends.
CREATE TABLE queue (
    key TEXT PRIMARY KEY,
    lane TEXT NOT NULL,
    kind TEXT NOT NULL,
    work TEXT NOT NULL,
    person_id TEXT,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    lease TEXT,
    error TEXT,
    provider_id TEXT,
    created_at_ms INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER
) STRICT;
CREATE INDEX queue_due ON queue(state, lane, due_at_ms);
CREATE INDEX queue_of_person ON queue(person_id) WHERE person_id IS NOT NULL;
CREATE INDEX queue_ended ON queue(ended_at_ms) WHERE ended_at_ms IS NOT NULL;
