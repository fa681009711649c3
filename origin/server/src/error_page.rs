//! Generates `docs/errors.md`, which lists all error codes for client developers.

use domain::codes::BLOCKS;
use pq_core::{ErrorCode, MediaType, Refusal, error::Layer};

const INTRODUCTION: &str = "\
# Error codes

A refused request has a code in `errors[0].extensions.code`. Clients compare the code, never the message.

## Which HTTP status

| What happened | `application/graphql-response+json` | `application/json` | Body |
| --- | --- | --- | --- |
| The request was executed, also if some or all of its fields failed | 200 | 200 | `data`, and for each field that failed an error with its `path`. The field is null in `data`. If its type does not allow null, the nearest object or list around it that may be null is null instead; if there is none, `data` is null. |
| The request is well-formed, but its document or its variables are refused | *Status* | 200 | `errors` without `data` |
| The request is refused for any other reason, or the server failed before it was executed | *Status* | *Status* | `errors` without `data` |

Who may use a field of `Query`, `Mutation` or `Subscription` is checked before anything is executed: `UNAUTHENTICATED`, `TOKEN_EXPIRED`, `TOKEN_INVALID` and `FORBIDDEN` then refuse the whole request, with 401 or 403 in both media types. What depends on the object, such as the phone number of a user or the partner of an offer, is known only during execution: the same codes are then errors of that field, and the status is 200.

Codes of fields have a status only at addresses outside GraphQL, such as `/bookings/<id>/qr.svg`.

## Messages

A message is for the person who uses the client. It is in the language that `Accept-Language` prefers of French and English, else in the one that the account prefers, else in French. Messages about the protocol (a malformed request, a document that is not known or not valid, variables of another type, the credentials of a connection for subscriptions) are for developers, and in English; so are those of `/admin`.

A refusal for an input names every field that breaks a rule. `extensions.fields` lists them in the order of the input, each with `field` (its path, such as `consents[0].version`), `rule` and `message`; `extensions.field` and `extensions.rule` are those of the first one.

`yousoon errors` prints this page.
";

const LAYERS: [(Layer, &str); 3] = [
    (Layer::Transport, "Request, access and capacity"),
    (Layer::Document, "Document and variables"),
    (Layer::Field, "Arguments of any field"),
];

/// The page as Markdown: one table per protocol layer, then one per functional block.
pub fn markdown() -> String {
    let mut page = INTRODUCTION.to_owned();
    for (layer, title) in LAYERS {
        let of_layer = |code: &&ErrorCode| code.layer == layer;
        table(
            &mut page,
            title,
            ErrorCode::PROTOCOL.iter().filter(of_layer),
        );
    }
    for block in &BLOCKS {
        table(&mut page, block.title, block.codes.iter());
    }
    page
}

fn table<'a>(page: &mut String, title: &str, codes: impl Iterator<Item = &'a ErrorCode>) {
    let mut codes = codes.peekable();
    let of_fields = codes.peek().is_some_and(|code| code.layer == Layer::Field);
    let (statuses, rule) = if of_fields {
        ("Status outside GraphQL", "---")
    } else {
        ("Status | Status as JSON", "--- | ---")
    };
    let rows = codes.map(|code| {
        let refusal = Refusal::new(*code, "");
        let status = refusal.status(MediaType::GraphqlResponse);
        let as_json = refusal.status(MediaType::Json);
        let statuses = if of_fields {
            status.to_string()
        } else {
            format!("{status} | {as_json}")
        };
        format!(
            "| `{}` | {statuses} | {} | {} |",
            code.word, code.meaning, code.remedy
        )
    });
    let heading = [
        format!("\n## {title}\n"),
        format!("| Code | {statuses} | Meaning | What to do |"),
        format!("| --- | {rule} | --- | --- |"),
    ];
    for line in heading.into_iter().chain(rows) {
        page.push_str(&line);
        page.push('\n');
    }
}
