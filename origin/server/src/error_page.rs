//! Generates `docs/errors.md`, which lists all error codes for client developers.

use domain::codes::BLOCKS;
use pq_core::{ErrorCode, MediaType, Refusal, error::Layer};

const INTRODUCTION: &str = "\
# Error codes

A refused request has a code in `errors[0].extensions.code`. Clients compare the code, never the message.

An answer without `data` has the HTTP status of its code: the column *Status* as `application/graphql-response+json`, the column *Status as JSON* as `application/json`. An answer with `data` has status 200, and each field that failed has an error with a code.

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
    let rows = codes.map(|code| {
        let refusal = Refusal::new(*code, "");
        let status = refusal.status(MediaType::GraphqlResponse);
        let as_json = refusal.status(MediaType::Json);
        format!(
            "| `{}` | {status} | {as_json} | {} | {} |",
            code.word, code.meaning, code.remedy
        )
    });
    let heading = [
        format!("\n## {title}\n"),
        "| Code | Status | Status as JSON | Meaning | What to do |".to_owned(),
        "| --- | --- | --- | --- | --- |".to_owned(),
    ];
    for line in heading.into_iter().chain(rows) {
        page.push_str(&line);
        page.push('\n');
    }
}
