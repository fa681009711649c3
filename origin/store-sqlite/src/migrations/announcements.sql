-- News that an administrator wrote; and who keeps an offer as a favourite.
CREATE TABLE campaigns (
    id TEXT PRIMARY KEY,
    content TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX favorites_of_offer ON favorites(offer_id, user_id);
