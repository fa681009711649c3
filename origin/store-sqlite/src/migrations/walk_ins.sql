-- People who came without a booking: of whom nothing is kept. `counted`: they took places of the offer's quota.
CREATE TABLE walk_ins (
    id TEXT PRIMARY KEY,
    offer_id TEXT NOT NULL,
    partner_id TEXT NOT NULL,
    night TEXT NOT NULL,
    party_size INTEGER NOT NULL CHECK (party_size > 0),
    counted INTEGER NOT NULL CHECK (counted IN (0, 1)),
    at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX walk_ins_of_night ON walk_ins(partner_id, night);
CREATE INDEX walk_ins_of_offer ON walk_ins(offer_id);
