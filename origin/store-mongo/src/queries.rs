//! Every query the origin asks MongoDB, with the index it uses. None scans a collection: a test
//! asks them all, and has their plans explained.

/// One query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query {
    pub name: &'static str,
    pub collection: &'static str,
    /// The server's command.
    pub command: &'static str,
    /// As the migrations name it; `_id_` is the one that every collection has.
    pub index: &'static str,
}

const fn query(
    name: &'static str,
    collection: &'static str,
    command: &'static str,
    index: &'static str,
) -> Query {
    Query {
        name,
        collection,
        command,
        index,
    }
}

/// All of them, one a line, sorted by collection. The planner may prefer another
/// index of the collection, such as `starting` for `ending`.
#[rustfmt::skip]
pub const QUERIES: &[Query] = &[
    query("bookings by id", "bookings", "find", "_id_"),
    query("booking of an idempotency key", "bookings", "find", "bookingOfKey"),
    query("open booking of a user and offer", "bookings", "find", "openBooking"),
    query("bookings of a user that a new one meets", "bookings", "find", "bookingsOfUser"),
    query("how many bookings of a user", "bookings", "aggregate", "bookingsOfUser"),
    query("bookings of a user newest first", "bookings", "find", "bookingsOfUser"),
    query("bookings that are due", "bookings", "find", "bookingsDue"),
    query("bookings of a partner by day", "bookings", "aggregate", "bookingsMade"),
    query("check-ins of a partner by day", "bookings", "aggregate", "bookingsCheckedIn"),
    query("step of a booking", "bookings", "update", "_id_"),
    query("bookings that count in a quota", "bookings", "update", "bookingsOfDay"),
    query("bookings of an erased account", "bookings", "update", "bookingsOfUser"),
    query("check-ins by an erased account", "bookings", "update", "bookingsCheckedInBy"),
    query("bookings that are moved", "bookings", "find", "_id_"),
    query("which bookings were moved before", "bookings", "find", "_id_"),
    query("code of a user", "codes", "find", "_id_"),
    query("try of a code", "codes", "findAndModify", "_id_"),
    query("code that another replaces", "codes", "update", "_id_"),
    query("codes of an erased account", "codes", "delete", "codesOfUser"),
    query("consents of a user", "consents", "find", "byOwner"),
    query("consents of an erased account", "consents", "update", "byOwner"),
    query("consents that are moved", "consents", "find", "byOwner"),
    query("consents of one moment that are moved", "consents", "find", "byOwner"),
    query("which consents were moved before", "consents", "find", "byOwner"),
    query("next number of a row of another database", "counters", "findAndModify", "_id_"),
    query("record of a document", "documents", "find", "_id_"),
    query("records before a publish", "documents", "find", "_id_"),
    query("names of documents", "documents", "find", "_id_"),
    query("update of a document", "documents", "update", "_id_"),
    query("erasures that are moved", "erasures", "find", "_id_"),
    query("which erasures were moved before", "erasures", "find", "_id_"),
    query("establishments by id", "establishments", "find", "_id_"),
    query("names of establishments", "establishments", "find", "_id_"),
    query("establishments of partners", "establishments", "find", "byPartner"),
    query("establishment that is held", "establishments", "findAndModify", "_id_"),
    query("change of an establishment", "establishments", "update", "_id_"),
    query("how many establishments of a partner", "establishments", "aggregate", "byPartner"),
    query("which establishments are stored", "establishments", "find", "_id_"),
    query("favourite that is added", "favorites", "find", "_id_"),
    query("favourites among offers", "favorites", "find", "_id_"),
    query("favourites of a user", "favorites", "find", "byUser"),
    query("how many favourites", "favorites", "aggregate", "byUser"),
    query("favourite that is removed", "favorites", "delete", "_id_"),
    query("favourites of an erased account", "favorites", "delete", "byUser"),
    query("favourites that are moved", "favorites", "find", "_id_"),
    query("which favourites were moved before", "favorites", "find", "_id_"),
    query("invitation to an address", "invitations", "find", "ofTeam"),
    query("invitations to an address", "invitations", "find", "ofEmail"),
    query("invitation by id", "invitations", "find", "_id_"),
    query("invitations of a team", "invitations", "find", "ofTeam, or invitationsForgotten"),
    query("how many invitations", "invitations", "find", "ofTeam"),
    query("invitation that another replaces", "invitations", "delete", "ofTeam"),
    query("invitation that is used or withdrawn", "invitations", "update", "_id_"),
    query("invitations of an erased account", "invitations", "delete", "ofEmail"),
    query("invitations that are moved", "invitations", "find", "_id_"),
    query("which invitations were moved before", "invitations", "find", "_id_"),
    query("lease of bookings", "leases", "findAndModify", "_id_"),
    query("lease that is given back", "leases", "delete", "_id_"),
    query("which views are stored", "offer_views", "find", "_id_"),
    query("views that are added", "offer_views", "update", "_id_"),
    query("views of a partner by day", "offer_views", "aggregate", "ofPartnerByDay"),
    query("views that are moved", "offer_views", "find", "_id_"),
    query("which views were moved before", "offer_views", "find", "_id_"),
    query("offers by id", "offers", "find", "_id_"),
    query("what is left of quotas", "offers", "find", "_id_"),
    query("an offer before its update", "offers", "find", "_id_"),
    query("offer that is booked", "offers", "findAndModify", "_id_"),
    query("place of an offer, taken or given back", "offers", "update", "_id_"),
    query("update of an offer", "offers", "update", "_id_"),
    query("how many open offers of a partner", "offers", "aggregate", "newestOfPartner"),
    query("offers of an establishment", "offers", "find", "byEstablishment"),
    query("offers that move along", "offers", "update", "byEstablishment"),
    query("whether an establishment is used", "offers", "find", "byEstablishment"),
    query("sample of the offers in a disk", "offers", "aggregate", "near"),
    query("sample of offers with a word", "offers", "aggregate", "words"),
    query("listings of all", "offers", "find", "_id_"),
    query("listing after an id", "offers", "find", "_id_"),
    query("listings of some ids", "offers", "find", "_id_"),
    query("offers that begin", "offers", "find", "starting"),
    query("offers that end", "offers", "find", "ending"),
    query("offers are there", "offers", "find", "_id_"),
    query("which offers are stored", "offers", "find", "_id_"),
    query("pending purges", "outbox", "find", "_id_"),
    query("last pending purge", "outbox", "find", "_id_"),
    query("which rows are still pending", "outbox", "find", "_id_"),
    query("pending purges by an erased account", "outbox", "update", "_id_"),
    query("rows out of the outbox", "outbox", "delete", "_id_"),
    query("purge that another replaces", "outbox", "delete", "_id_"),
    query("newest offers of partners", "partners", "aggregate", "_id_, of offers newestOfPartner"),
    query("partners by id", "partners", "find", "_id_"),
    query("names of partners", "partners", "find", "_id_"),
    query("partners by name", "partners", "find", "byName"),
    query("partners of a category by name", "partners", "find", "byCategoryAndName"),
    query("partners with words by name", "partners", "find", "words"),
    query("how many partners", "partners", "aggregate", "byName"),
    query("how many partners of a category", "partners", "aggregate", "byCategoryAndName"),
    query("how many partners have words", "partners", "aggregate", "words"),
    query("a partner before its update", "partners", "find", "_id_"),
    query("update of a partner", "partners", "update", "_id_"),
    query("partner that is held", "partners", "update", "_id_"),
    query("which partners are stored", "partners", "find", "_id_"),
    query("audit, newest first", "purge_audit", "find", "byId"),
    query("audit of a tag, newest first", "purge_audit", "find", "byTag"),
    query("audit of an actor, newest first", "purge_audit", "find", "byActor"),
    query("audit of an erased account", "purge_audit", "update", "byActor"),
    query("audit that is too old", "purge_audit", "delete", "byTime"),
    query("log in force", "purge_logs", "find", "inForce"),
    query("whether a log was retired", "purge_logs", "find", "_id_"),
    query("how many logs there were", "purge_logs", "aggregate", "_id_"),
    query("log that is retired", "purge_logs", "update", "inForce"),
    query("log in force, held", "purge_logs", "findAndModify", "_id_"),
    query("end of the log in force", "purge_logs", "update", "_id_"),
    query("token of a service", "service_tokens", "find", "byTokenHash"),
    query("tokens of services", "service_tokens", "find", "inOrder"),
    query("token that is revoked", "service_tokens", "update", "_id_"),
    query("tokens of services that are moved", "service_tokens", "find", "_id_"),
    query("which tokens of services were moved before", "service_tokens", "find", "_id_"),
    query("session of a token", "sessions", "find", "_id_"),
    query("sessions of a user", "sessions", "find", "ofUser"),
    query("session that is refreshed or reused", "sessions", "findAndModify", "_id_"),
    query("sessions that end", "sessions", "delete", "ofUser"),
    query("up to where turns of offers were told", "turns_told", "find", "_id_"),
    query("how far turns of offers were told", "turns_told", "update", "_id_"),
    query("account by id", "users", "find", "_id_"),
    query("accounts by id", "users", "find", "_id_"),
    query("account by e-mail address", "users", "find", "byEmail"),
    query("who has verified a phone number", "users", "find", "byVerifiedPhone"),
    query("account that is held", "users", "update", "_id_"),
    query("members of a team", "users", "find", "ofPartner"),
    query("member of a team", "users", "find", "_id_"),
    query("how many members", "users", "aggregate", "ofPartner"),
    query("owners who are held", "users", "update", "ofPartner"),
    query("change of an account", "users", "update", "_id_"),
    query("account that is erased", "users", "delete", "_id_"),
    query("accounts that are moved", "users", "find", "_id_"),
    query("which accounts were moved before", "users", "find", "_id_"),
];

#[cfg(test)]
mod tests {
    use super::QUERIES;

    #[test]
    fn queries_have_names_of_their_own_and_are_sorted_by_collection() {
        assert!(QUERIES.is_sorted_by_key(|query| query.collection));
        for (n, query) in QUERIES.iter().enumerate() {
            let same = |other: &&super::Query| other.name == query.name;
            assert!(
                !QUERIES[..n].iter().any(|other| same(&other)),
                "{}",
                query.name
            );
            assert!(!query.index.is_empty());
        }
    }
}
