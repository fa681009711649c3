-- One person in the teams of several partners, and staff of some establishments. The oldest membership stays in
-- `partner_id` and `post`. `establishments` are the ids at which its member works, separated by spaces; null is
-- all of the partner. `memberships` has the further ones, oldest first; null is none.
ALTER TABLE users ADD COLUMN establishments TEXT;
ALTER TABLE users ADD COLUMN memberships TEXT;
CREATE INDEX users_of_several ON users(id) WHERE memberships IS NOT NULL;
ALTER TABLE invitations ADD COLUMN establishments TEXT;
