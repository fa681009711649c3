-- How often clients asked for documents, by day. Nothing in it is of a person.
CREATE TABLE document_usage (
    day TEXT NOT NULL,
    hash TEXT NOT NULL,
    client TEXT NOT NULL,
    version TEXT NOT NULL,
    requests INTEGER NOT NULL CHECK (requests > 0),
    PRIMARY KEY (day, hash, client, version)
) STRICT, WITHOUT ROWID;
