//! Every argument of the schema with every value that breaks a rule: C1. The values follow the
//! schema, so a new input is tried as well.

use std::collections::BTreeSet;

use async_graphql::parser::{
    parse_schema,
    types::{BaseType, FieldDefinition, ServiceDocument, Type, TypeKind},
};
use domain::{
    PartnerId,
    users::{
        account::Role,
        change::AccountChange,
        membership::{Membership, Post},
    },
};
use serde_json::{Value, json};

use super::{
    person::{Person, register},
    walking::{definition, fields, named},
};
use crate::app::TestApp;

/// A place in the variables: names and indexes.
type Path = Vec<String>;

/// Of everything that a call names.
const ID: &str = "000000000000000000000000";
/// The rules that are broken on the way. Those that compare two fields are not.
const RULES: &str = "AMOUNT BIRTH_YEAR CANCEL_REASON CONTENT_TYPE CONTEST_TEXT COUNTRY DATE_TIME DESCRIPTION EMAIL EVENT_ID EVENT_OFFER FOREIGN \
    HTTPS_URL IDEMPOTENCY_KEY LINE_LENGTH LIST_LENGTH LOCATION MAX_PARTY_SIZE MINIMUM MINIMUM_AGE NAME_LENGTH NEWS_PARAGRAPHS \
    NEWS_PATH NEWS_TITLE NOT_NULL ORIGINAL PARTNER_OF_PURPOSE PARTY_SIZE PASSWORD_BYTES PASSWORD_CHARACTERS PASSWORD_LENGTH \
    PERCENTAGE PHONE_E164 REFUNDABLE REPLY_TEXT REQUIRED REVIEW_TEXT SCANS SCAN_ID SESSION_TOKEN SIRET SIZE STARS SUGGESTION_TEXT TIME \
    VAT_RATE VERSION WEEKDAYS";

/// C1.
#[tokio::test]
async fn a_broken_rule_is_named_by_its_exact_path() {
    let app = TestApp::start().await;
    let admin = register(&app, "admin").await;
    // Of the team as well of the partner that every call names.
    let partner = PartnerId::parse(ID).unwrap();
    let membership = Membership::new(partner, Post::Owner);
    let role = AccountChange::Role(Role::Admin, Some(membership));
    let users = &app.state.services.users;
    users.change(&admin.user_id(), role, 0).await.unwrap();
    app.state.services.auth.standings.forget(&admin.user_id());

    let sdl = api::schema::sdl();
    let schema = parse_schema(&sdl).unwrap();
    let (mut rules, mut paths) = (BTreeSet::new(), BTreeSet::new());
    for (operation, of_type) in [("query", "Query"), ("mutation", "Mutation")] {
        for field in fields(&schema, of_type) {
            // Without its token it signs out who asks for the rest.
            if field.name.node == "logout" {
                continue;
            }
            let document = document(operation, field, &schema);
            let good: Value = field
                .arguments
                .iter()
                .map(|argument| {
                    let (name, of) = (argument.node.name.node.as_str(), &argument.node.ty.node);
                    (name.to_owned(), good(&schema, name, of))
                })
                .collect::<serde_json::Map<_, _>>()
                .into();
            for (path, bad) in broken(&schema, field, &good) {
                let mut variables = good.clone();
                *at(&mut variables, &path) = bad;
                for (said, rule) in refused(&app, &admin, &document, &variables).await {
                    let given = spelled(&path);
                    assert!(
                        given == said || given.starts_with(&said),
                        "{document} {variables}: {given} is broken, {said} is named"
                    );
                    rules.insert(rule);
                    paths.insert(format!("{} {said}", field.name.node));
                }
            }
        }
    }
    let expected: BTreeSet<String> = RULES.split(' ').map(ToOwned::to_owned).collect();
    assert_eq!(rules, expected);
    for path in [
        "register consents[0].version",
        "createEstablishment address.postalCode",
        "createEstablishment images[0]",
        "createOffer conditions[0]",
        "updateOffer schedule.from",
        "updateProfile avatar",
        "inviteMember email",
        "recordConsent version",
        "placeSuggestions sessionToken",
        "recordEvents events[0].id",
        "checkIn scanId",
    ] {
        assert!(paths.contains(path), "{path} is not in {paths:?}");
    }
}

/// The fields that the refusal names, with their rules.
async fn refused(
    app: &TestApp,
    who: &Person,
    document: &str,
    variables: &Value,
) -> Vec<(String, String)> {
    let answer = who.ask(app, document, variables.clone()).await;
    assert!(
        answer.status.as_u16() < 500,
        "{document} {variables}: {}",
        answer.text
    );
    let answer = answer.json();
    let extensions = &answer["errors"][0]["extensions"];
    assert_ne!(
        extensions["code"], "INTERNAL",
        "{document} {variables}: {answer}"
    );
    assert_ne!(
        extensions["code"], "GRAPHQL_VALIDATION_FAILED",
        "{document}: {answer}"
    );
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let named = extensions["fields"].as_array().into_iter().flatten();
    named
        .map(|field| (text(&field["field"]), text(&field["rule"])))
        .collect()
}

fn document(operation: &str, field: &FieldDefinition, schema: &ServiceDocument) -> String {
    let arguments = || field.arguments.iter().map(|argument| &argument.node);
    let declared: Vec<String> = arguments()
        .map(|argument| format!("${}: {}", argument.name.node, argument.ty.node))
        .collect();
    let given: Vec<String> = arguments()
        .map(|argument| format!("{0}: ${0}", argument.name.node))
        .collect();
    let of = definition(schema, named(&field.ty.node));
    let selection = if matches!(of, Some(TypeKind::Object(_))) {
        " { __typename }"
    } else {
        ""
    };
    let brackets = |all: &[String]| match all {
        [] => String::new(),
        some => format!("({})", some.join(", ")),
    };
    let (declared, given) = (brackets(&declared), brackets(&given));
    format!(
        "{operation} W{declared} {{ {}{given}{selection} }}",
        field.name.node
    )
}

/// A value that breaks no rule.
fn good(schema: &ServiceDocument, name: &str, of: &Type) -> Value {
    if let BaseType::List(of) = &of.base {
        return json!([good(schema, name, of)]);
    }
    match (named(of), definition(schema, named(of))) {
        // Another language than the offer's own.
        (_, Some(TypeKind::Enum(_))) if name == "locale" => "EN".into(),
        (_, Some(TypeKind::Enum(of))) => of.values[0].node.value.node.as_str().into(),
        (input, Some(TypeKind::InputObject(of))) => of
            .fields
            .iter()
            // A discount of so many percent: what belongs to other kinds would be refused.
            .filter(|field| {
                let name = field.node.name.node.as_str();
                let of_other_kinds = ["amount", "price", "original", "currency", "item"];
                !(input.ends_with("DiscountInput") && of_other_kinds.contains(&name))
            })
            .map(|field| {
                let (name, of) = (field.node.name.node.as_str(), &field.node.ty.node);
                (name.to_owned(), good(schema, name, of))
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        ("Boolean", _) => false.into(),
        ("Int", _) if name == "minimumAge" => 18.into(),
        ("Int", _) if name == "birthYear" => 1990.into(),
        ("Int", _) if ["amount", "original"].contains(&name) => 100.into(),
        ("Int" | "Float", _) => 1.into(),
        ("DateTime", _) => match name {
            "validUntil" => "2027-01-02T00:00:00Z".into(),
            _ => "2027-01-01T00:00:00Z".into(),
        },
        // An avatar is of no partner.
        ("ID", _) if name == "partnerId" && of.nullable => Value::Null,
        ("ID", _) => ID.into(),
        _ => match name {
            "email" | "newEmail" => "walk@example.fr",
            "phone" => "+33612345678",
            "avatar" | "logo" | "website" | "images" => "https://img.example/a",
            "country" => "FR",
            "opens" | "from" => "10:00",
            "closes" | "to" => "12:00",
            "idempotencyKey" => "key",
            "path" => "/offers",
            "contentType" => "image/jpeg",
            "siret" => "73282932000074",
            _ => "correct horse",
        }
        .into(),
    }
}

/// Every place in the arguments with every value of its type that may break a rule.
fn broken(schema: &ServiceDocument, field: &FieldDefinition, good: &Value) -> Vec<(Path, Value)> {
    let mut all = Vec::new();
    for argument in &field.arguments {
        let name = argument.node.name.node.to_string();
        let value = &good[&name];
        collect(
            schema,
            &argument.node.ty.node,
            value,
            std::slice::from_ref(&name),
            &mut all,
        );
    }
    all
}

fn collect(
    schema: &ServiceDocument,
    of: &Type,
    good: &Value,
    path: &[String],
    all: &mut Vec<(Path, Value)>,
) {
    let long = "x".repeat(5_000);
    let wide = "é".repeat(40);
    let strings: [&str; 6] = ["", "-", "a\nb", "1234\n5678", &wide, &long];
    let mut add = |bad: Value| all.push((path.to_vec(), bad));
    if of.nullable {
        add(Value::Null);
    }
    if let BaseType::List(inner) = &of.base {
        add(json!([]));
        add(vec![good[0].clone(); 30].into());
        let path = [path, &["0".to_owned()]].concat();
        return collect(schema, inner, &good[0], &path, all);
    }
    match (named(of), definition(schema, named(of))) {
        (_, Some(TypeKind::Enum(_))) | ("Boolean", _) => {}
        (_, Some(TypeKind::InputObject(of))) => {
            for field in &of.fields {
                let name = field.node.name.node.to_string();
                let path = [path, std::slice::from_ref(&name)].concat();
                collect(schema, &field.node.ty.node, &good[&name], &path, all);
            }
        }
        ("Int", _) => [-1, i32::MAX].into_iter().for_each(|bad| add(bad.into())),
        ("Float", _) => [-181.0].into_iter().for_each(|bad| add(bad.into())),
        _ => strings.into_iter().for_each(|bad| add(bad.into())),
    }
}

fn at<'v>(variables: &'v mut Value, path: &[String]) -> &'v mut Value {
    path.iter().fold(variables, |value, step| match value {
        Value::Array(all) => &mut all[step.parse::<usize>().unwrap()],
        value => &mut value[step],
    })
}

/// As a refusal spells it: without the argument, if that is the input.
fn spelled(path: &[String]) -> String {
    let path = match path {
        [input, rest @ ..] if input == "input" => rest,
        path => path,
    };
    path.iter().fold(String::new(), |spelled, step| {
        match (spelled.is_empty(), step.parse::<usize>()) {
            (_, Ok(index)) => format!("{spelled}[{index}]"),
            (true, Err(_)) => step.clone(),
            (false, Err(_)) => format!("{spelled}.{step}"),
        }
    })
}
