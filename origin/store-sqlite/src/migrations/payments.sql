-- What offers cost, as JSON, and what bookings keep of that.
ALTER TABLE offers ADD COLUMN price TEXT;
ALTER TABLE bookings ADD COLUMN price_amount INTEGER CHECK (price_amount > 0);
ALTER TABLE bookings ADD COLUMN price_currency TEXT;
ALTER TABLE bookings ADD COLUMN price_is_deposit INTEGER CHECK (price_is_deposit IN (0, 1));
ALTER TABLE bookings ADD COLUMN price_vat_rate_bp INTEGER;
ALTER TABLE bookings ADD COLUMN price_fee INTEGER CHECK (price_fee BETWEEN 0 AND price_amount);
ALTER TABLE bookings ADD COLUMN refundable_until_ms INTEGER;
ALTER TABLE bookings ADD COLUMN pay_before_ms INTEGER;

-- A booking has at most one payment. Whatever the programs believe: no more is refunded than came.
CREATE TABLE payments (
    id TEXT PRIMARY KEY,
    booking_id TEXT NOT NULL UNIQUE,
    user_id TEXT,
    offer_id TEXT NOT NULL,
    partner_id TEXT NOT NULL,
    account TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    fee INTEGER NOT NULL CHECK (fee BETWEEN 0 AND amount),
    state TEXT NOT NULL,
    intent TEXT UNIQUE,
    refunded INTEGER NOT NULL CHECK (refunded BETWEEN 0 AND amount),
    created_at_ms INTEGER NOT NULL,
    captured_at_ms INTEGER,
    look_at_ms INTEGER,
    CHECK ((state = 'captured') = (captured_at_ms IS NOT NULL))
) STRICT;
CREATE INDEX payments_of_user ON payments(user_id, created_at_ms DESC, id DESC) WHERE user_id IS NOT NULL;
CREATE INDEX payments_to_look_at ON payments(look_at_ms) WHERE look_at_ms IS NOT NULL;

CREATE TABLE refunds (
    id TEXT PRIMARY KEY,
    payment_id TEXT NOT NULL REFERENCES payments(id),
    amount INTEGER NOT NULL CHECK (amount > 0),
    fee INTEGER NOT NULL CHECK (fee BETWEEN 0 AND amount),
    cause TEXT NOT NULL,
    reason TEXT,
    by_user TEXT,
    state TEXT NOT NULL,
    provider_id TEXT UNIQUE,
    created_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER
) STRICT;
CREATE INDEX refunds_of_payment ON refunds(payment_id, created_at_ms, id);
CREATE INDEX refunds_by_user ON refunds(by_user) WHERE by_user IS NOT NULL;
CREATE INDEX refunds_requested ON refunds(created_at_ms) WHERE state = 'requested';

-- The ledger. A transfer takes from one account what it gives to another, so that each transaction
-- sums to zero. Nothing of it is ever changed or deleted. `partner_id` is the partner whose account it
-- changes.
CREATE TABLE ledger (
    key TEXT PRIMARY KEY,
    payment_id TEXT REFERENCES payments(id),
    partner_id TEXT,
    provider_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX ledger_of_partner ON ledger(partner_id, at_ms, key) WHERE partner_id IS NOT NULL;
CREATE INDEX ledger_by_time ON ledger(at_ms);

-- `id` is the transaction's key and the transfer's place in it.
CREATE TABLE ledger_transfers (
    id TEXT PRIMARY KEY,
    key TEXT NOT NULL REFERENCES ledger(key),
    debit TEXT NOT NULL,
    credit TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    CHECK (debit <> credit)
) STRICT;
CREATE INDEX ledger_transfers_of_transaction ON ledger_transfers(key, id);
CREATE INDEX ledger_transfers_by_debit ON ledger_transfers(debit, currency, amount);
CREATE INDEX ledger_transfers_by_credit ON ledger_transfers(credit, currency, amount);
CREATE TRIGGER ledger_stays BEFORE UPDATE ON ledger
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_is_kept BEFORE DELETE ON ledger
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_transfers_stay BEFORE UPDATE ON ledger_transfers
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_transfers_are_kept BEFORE DELETE ON ledger_transfers
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE TABLE partner_accounts (
    partner_id TEXT PRIMARY KEY,
    account TEXT NOT NULL UNIQUE,
    takes_payments INTEGER NOT NULL CHECK (takes_payments IN (0, 1)),
    is_paid_out INTEGER NOT NULL CHECK (is_paid_out IN (0, 1)),
    has_given_details INTEGER NOT NULL CHECK (has_given_details IN (0, 1)),
    created_at_ms INTEGER NOT NULL,
    seen_at_ms INTEGER NOT NULL
) STRICT;

-- How the provider's books and the ledger differ.
CREATE TABLE payment_differences (
    provider_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    provider_minor INTEGER NOT NULL,
    ledger_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    found_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX payment_differences_by_time ON payment_differences(at_ms);
