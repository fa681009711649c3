//! The cache policies that the schema states. The schema itself is compared in [`crate::docs`].

#[test]
fn the_schema_compiles_the_policies_that_it_states() {
    let compiler = pq_core::compile::Compiler::new(&api::schema::sdl()).unwrap();
    let policy = |body: &str| {
        let policy = compiler.compile(body, None).unwrap().operation.policy;
        format!(
            "{} {}/{}/{}{}",
            policy.scope.as_str(),
            policy.max_age_s,
            policy.stale_while_revalidate_s,
            policy.stale_if_error_s,
            policy
                .snap
                .map(|snap| format!(" ${} at {}", snap.path.join("."), snap.resolution))
                .unwrap_or_default()
        )
    };
    let offers = "query A($i: OffersInput!) { offers(input: $i) { edges { node { id partner { name establishments { address { city } } } } } pageInfo { endCursor } } }";
    assert_eq!(policy(offers), "public 300/60/86400 $i.location at 8");
    assert_eq!(
        policy("query A { offer(id: 1) { schedule { weekdays } quota { total } } }"),
        "public 900/60/86400"
    );
    assert_eq!(
        policy("query A { offer(id: 1) { title quota { total isSoldOut } } }"),
        "public 900/60/86400"
    );
    // What is left is 5 s old at most: fresh for so long, and never served stale.
    assert_eq!(
        policy("query A { offer(id: 1) { title quota { remaining } } }"),
        "public 5/0/0"
    );
    assert_eq!(
        policy("query A { partner(id: 1) { offers { quota { remaining } } } }"),
        "public 5/0/0"
    );
    assert_eq!(
        policy("query A { partner(id: 1) { offers { id } } }"),
        "public 3600/300/86400"
    );
    assert_eq!(
        policy("query A { partners(input: {}) { edges { node { id } } } }"),
        "public 3600/300/86400"
    );
    assert_eq!(
        policy("query A { categories { id name } }"),
        "public 86400/3600/604800"
    );
    assert!(policy("query A { offer(id: 1) { isFavorite } }").starts_with("private"));
}
