//! Every query the origin asks MongoDB, with the index it uses. None scans a collection.

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
    query("next number of the outbox", "counters", "findAndModify", "_id_"),
    query("offers by id", "offers", "find", "_id_"),
    query("what is left of quotas", "offers", "find", "_id_"),
    query("an offer before its update", "offers", "find", "_id_"),
    query("update of an offer", "offers", "update", "_id_"),
    query("offers near, nearest first", "offers", "aggregate", "near"),
    query("how many offers are near", "offers", "aggregate", "near"),
    query("next change near", "offers", "aggregate", "near"),
    query("offers newest first", "offers", "find", "newest"),
    query("offers of one partner newest first", "offers", "find", "newestOfPartner"),
    query("how many offers there are", "offers", "aggregate", "newest"),
    query("how many offers are visible", "offers", "aggregate", "ending"),
    query("how many offers of one partner", "offers", "aggregate", "newestOfPartner"),
    query("next start", "offers", "find", "starting"),
    query("next end", "offers", "find", "ending"),
    query("offers with words newest first", "offers", "find", "words"),
    query("how many offers have words", "offers", "aggregate", "words"),
    query("where offers with words are", "offers", "aggregate", "words"),
    query("page of offers with words near", "offers", "find", "_id_"),
    query("newest offers of partners", "partners", "aggregate", "_id_, of offers newestOfPartner"),
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
