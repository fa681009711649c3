-- What guests say of a visit. `state` says who is shown it; `reported_at_ms` is there while a report of it
-- waits for a decision.
CREATE TABLE reviews (
    id TEXT PRIMARY KEY,
    -- Whatever the programs believe: one review of a booking.
    booking_id TEXT NOT NULL UNIQUE,
    user_id TEXT,
    partner_id TEXT NOT NULL,
    offer_id TEXT NOT NULL,
    stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
    body TEXT,
    author TEXT,
    visited_at_ms INTEGER NOT NULL,
    state TEXT NOT NULL,
    idempotency_key TEXT,
    reply TEXT,
    replied_at_ms INTEGER,
    removed_at_ms INTEGER,
    removal_reason TEXT,
    removed_by TEXT,
    reported_at_ms INTEGER,
    created_at_ms INTEGER NOT NULL,
    changed_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX reviews_newest ON reviews(partner_id, state, created_at_ms DESC, id DESC);
CREATE INDEX reviews_highest ON reviews(partner_id, state, stars DESC, created_at_ms DESC, id DESC);
CREATE INDEX reviews_lowest ON reviews(partner_id, state, stars, created_at_ms DESC, id DESC);
CREATE INDEX reviews_of_user ON reviews(user_id, created_at_ms DESC, id DESC) WHERE user_id IS NOT NULL;
CREATE INDEX reviews_reported ON reviews(reported_at_ms, id) WHERE reported_at_ms IS NOT NULL;
CREATE INDEX reviews_removed_by ON reviews(removed_by) WHERE removed_by IS NOT NULL;

-- Who says that a review breaks the rules: each person once, and its partner's team once.
CREATE TABLE review_reports (
    id TEXT PRIMARY KEY,
    review_id TEXT NOT NULL,
    reporter TEXT NOT NULL,
    user_id TEXT,
    reason TEXT NOT NULL,
    body TEXT,
    at_ms INTEGER NOT NULL,
    decided_at_ms INTEGER
) STRICT;
CREATE INDEX review_reports_of_review ON review_reports(review_id, at_ms, id);
CREATE INDEX review_reports_by_user ON review_reports(user_id, at_ms, id) WHERE user_id IS NOT NULL;

-- How many reviews of each star a partner has. `partners.rating` and `review_count` are made of it; before a
-- partner's first review it has no row, and these are what the catalogue said.
CREATE TABLE partner_ratings (
    partner_id TEXT PRIMARY KEY,
    stars_1 INTEGER NOT NULL CHECK (stars_1 >= 0),
    stars_2 INTEGER NOT NULL CHECK (stars_2 >= 0),
    stars_3 INTEGER NOT NULL CHECK (stars_3 >= 0),
    stars_4 INTEGER NOT NULL CHECK (stars_4 >= 0),
    stars_5 INTEGER NOT NULL CHECK (stars_5 >= 0)
) STRICT, WITHOUT ROWID;
