-- What operators did. Rows are added, each with the next number, and neither changed nor removed: not by
-- a mistake of the program either. `INSERT OR REPLACE` would remove a row without the trigger of DELETE,
-- and has a number that is not the next one.
CREATE TABLE operator_audit (
    number TEXT PRIMARY KEY CHECK (length(number) = 12),
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    deed TEXT NOT NULL,
    target TEXT,
    reason TEXT NOT NULL,
    request TEXT NOT NULL,
    digest TEXT NOT NULL CHECK (length(digest) = 64)
) STRICT, WITHOUT ROWID;
CREATE INDEX operator_audit_of_target ON operator_audit(target, number) WHERE target IS NOT NULL;
CREATE INDEX operator_audit_of_actor ON operator_audit(actor, number);

CREATE TRIGGER operator_audit_has_no_gap BEFORE INSERT ON operator_audit
WHEN NEW.number <> printf('%012d', (SELECT COALESCE(MAX(number), 0) FROM operator_audit) + 1)
BEGIN SELECT RAISE(ABORT, 'the audit of operators has no gap'); END;

CREATE TRIGGER operator_audit_is_not_changed BEFORE UPDATE ON operator_audit
BEGIN SELECT RAISE(ABORT, 'the audit of operators is not changed'); END;

CREATE TRIGGER operator_audit_is_not_removed BEFORE DELETE ON operator_audit
BEGIN SELECT RAISE(ABORT, 'the audit of operators is not removed'); END;
