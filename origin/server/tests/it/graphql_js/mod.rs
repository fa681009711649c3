//! Answers to random documents with random failures are those of graphql-js: the same data in the
//! same order, and nulls for the same reasons. See `tests/graphql-js/compare.mjs`.

pub(crate) mod documents;
pub(crate) mod failing;

use std::io::Write as _;

use access::caller::{Asker, Caller, SignedIn};
use api::{
    documents::{Document, sent},
    environment::Environment,
    execution::execute::{Demand, execute},
    schema::{self, Schema},
};
use cache_core::variables::CanonicalVariables;
use domain::{
    UserId,
    auth::sessions::SessionId,
    users::account::{Membership, Post, Role},
};
use e2e::graphql_js::{Comparison, compare};
use pq_core::{DocumentHash, ErrorCode};
use serde_json::{Map, Value, json};

use self::{
    documents::{Fields, Random, Root},
    failing::{Failing, Rule},
};
use crate::{
    app::TestApp,
    booking::{booked, places, works_for},
    fixtures::{offer, partner, store},
};

/// Levels of fields below a root field.
const DEPTH: usize = 5;
/// Documents that are compared in one run of Node.
const BATCH: usize = 500;

/// What the documents are executed by.
struct Executor {
    app: TestApp,
    schema: Schema,
    failing: Failing,
    asker: Asker,
}

impl Executor {
    async fn run(&self, document: &Document, variables: &Map<String, Value>, rule: Rule) -> Value {
        let operation = &document.operation;
        let variables =
            CanonicalVariables::coerce(&operation.variables, &operation.input_types, variables);
        self.failing.begin(rule);
        let by = (&self.app.state.services, &self.schema);
        let asker = self.asker.clone();
        let executed = execute(by, document, &variables.unwrap(), asker, Demand::default()).await;
        let response = executed.unwrap().response;
        let paths: Vec<_> = response.errors.iter().map(|error| &error.path).collect();
        json!({"data": response.data, "paths": paths})
    }

    /// Everything that the root fields have, by the name that `compare.mjs` finds it by.
    async fn recorded(&self, fields: &Fields, roots: &[Root]) -> Map<String, Value> {
        let mut recorded = Map::new();
        for root in roots {
            let body = fields.all_of(root, DEPTH);
            let operation = json!({"id": DocumentHash::of(&body), "name": "All", "body": body,
                "type": root.kind.to_lowercase()});
            let document = Document::parse(serde_json::from_value(operation).unwrap()).unwrap();
            let answer = self.run(&document, &Map::new(), Rule::default()).await;
            assert_eq!(answer["paths"], json!([]), "{body}");
            let (_, value) = answer["data"].as_object().unwrap().iter().next().unwrap();
            recorded.insert(root.recorded.clone(), value.clone());
        }
        recorded
    }
}

/// A team with a guest who is an administrator as well, so that nothing is refused.
async fn started(fields: &Fields) -> (Executor, Vec<Root>) {
    let app = TestApp::start().await;
    let (first, second) = (places("a", 0, 9), places("a", 1, 9));
    store(&app, "a", vec![first.clone(), second.clone()]).await;
    store(&app, "b", vec![offer("b", 2)]).await;
    let ana = works_for(&app, "ana", "a", Post::Owner).await;
    works_for(&app, "ben", "a", Post::Staff).await;
    let booking = booked(&app, &ana, &first).await["id"].clone();
    booked(&app, &ana, &second).await;
    let favorite = format!("mutation {{ addFavorite(offerId: \"{}\") }}", second.id);
    ana.ask(&app, &favorite, json!({})).await.data();
    let membership = Membership::new(partner("a").id, Post::Owner);
    let signed_in = SignedIn {
        id: UserId::parse(&ana.id).unwrap(),
        role: Role::Admin,
        memberships: Some(membership).into(),
        chosen: None,
        session: SessionId::new("session".to_owned()),
    };
    let asker = Asker {
        caller: Caller::User(Box::new(signed_in)),
        ..Asker::anybody()
    };
    let failing = Failing::of(&fields.nullable);
    let schema = schema::builder(Environment::Development)
        .extension(failing.clone())
        .finish();
    let (a, nothing) = (partner("a").id, offer("a", 9).id);
    let query = |key: &str, text: String| Root::new("Query", key, text);
    let mutation = |key: &str, text: String| Root::new("Mutation", key, text);
    let roots = vec![
        query("offers", "offers(input: {})".to_owned()),
        query("offer", format!("offer(id: \"{}\")", first.id)),
        query("nothing", format!("offer(id: \"{nothing}\")")),
        query("categories", "categories".to_owned()),
        query("partner", format!("partner(id: \"{a}\")")),
        query("all", "partners(input: {first: 2})".to_owned()),
        query("theirs", format!("partnerOffers(partnerId: \"{a}\")")),
        query("bookings", "myBookings".to_owned()),
        query("page", "myBookingsConnection(first: 1)".to_owned()),
        query("booking", format!("booking(id: {booking})")),
        query("team", format!("team(partnerId: \"{a}\")")),
        query(
            "stats",
            format!("partnerStats(partnerId: \"{a}\", from: \"2026-05-31\", to: \"2026-06-02\")"),
        ),
        query("me", "me".to_owned()),
        query("user", format!("user(id: \"{}\")", ana.id)),
        query("sessions", "mySessions".to_owned()),
        mutation("profile", "updateProfile(input: {})".to_owned()),
        mutation("again", "updateProfile(input: {})".to_owned()),
        mutation("kept", format!("addFavorite(offerId: \"{}\")", second.id)),
        mutation("none", format!("removeFavorite(offerId: \"{nothing}\")")),
    ];
    let executor = Executor {
        app,
        schema,
        failing,
        asker,
    };
    (executor, roots)
}

/// How often values fail: in a quarter of the documents never, else in up to 3 percent of paths.
fn rule(seed: u32) -> Rule {
    let rate = if seed.is_multiple_of(4) {
        0
    } else {
        1 + seed % 30
    };
    Rule { seed, rate }
}

#[tokio::test]
async fn random_documents_with_random_failures_are_answered_as_by_graphql_js() {
    let wanted = std::env::var("YOUSOON_GRAPHQL_JS_DOCUMENTS");
    let wanted: usize = wanted.map_or(500, |number| number.parse().unwrap());
    let sdl = schema::sdl();
    let fields = Fields::of(&sdl);
    let (executor, roots) = started(&fields).await;
    let recorded = executor.recorded(&fields, &roots).await;
    let first_line = json!({"sdl": sdl, "data": recorded, "nullable": fields.nullable}).to_string();
    let variables = Map::from_iter([("t".to_owned(), json!(true))]);
    let file = executor.app.data_dir().join("answers.jsonl");
    let mut all = Comparison {
        documents: 0,
        failures: 0,
        differences: Vec::new(),
    };
    let mut seeds = 0_u32..;
    while all.documents < wanted {
        let mut lines = std::io::BufWriter::new(std::fs::File::create(&file).unwrap());
        writeln!(lines, "{first_line}").unwrap();
        let mut written = 0;
        while written < BATCH.min(wanted - all.documents) {
            let rule = rule(seeds.next().unwrap());
            let body = Random::document(&fields, &roots, rule.seed, DEPTH);
            let used = if body.contains("$t") {
                variables.clone()
            } else {
                Map::new()
            };
            let compiler = &executor.app.state.services.compiler;
            let document = match sent::compile(compiler, &body, &used, Environment::Development) {
                Ok(document) => document,
                Err(why) if why.code == ErrorCode::DOCUMENT_TOO_COMPLEX => continue,
                Err(why) => panic!("{why}: {body}"),
            };
            let mut line = executor.run(&document, &used, rule).await;
            line["document"] = body.into();
            line["variables"] = used.into();
            line["seed"] = rule.seed.into();
            line["rate"] = rule.rate.into();
            writeln!(lines, "{line}").unwrap();
            written += 1;
        }
        drop(lines);
        let compared = compare(&file).await.unwrap();
        all.documents += compared.documents;
        all.failures += compared.failures;
        all.differences.extend(compared.differences);
    }
    let twice = executor.failing.executed_twice();
    println!(
        "graphql-js: {} documents, {} failures, {} differences, {} fields executed twice",
        all.documents,
        all.failures,
        all.differences.len(),
        twice.len()
    );
    assert!(all.failures > all.documents / 4, "{}", all.failures);
    assert!(all.differences.is_empty(), "{}", all.differences[0]);
    assert!(twice.is_empty(), "{}", twice[0]);
}
