//! Reads arbitrary text as a manifest, and as a document of a client: both must be refused or read. A
//! manifest that is written must be read back, and the text that Apollo Client sends of a document
//! must not change when Apollo Client reads it again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pq_core::compile::folder::{self, File, Form};
use pq_core::{DocumentHash, Manifest};

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    if let Ok(manifest) = Manifest::from_json(text) {
        let json = manifest.to_json().expect("a manifest can be written");
        let again = Manifest::from_json(&json).expect("a written manifest can be read");
        assert_eq!(again.operations(), manifest.operations());
        for operation in manifest.operations() {
            assert_eq!(operation.id, DocumentHash::of(&operation.body));
            document(&operation.body);
        }
    } else {
        document(text);
    }
});

fn document(text: &str) {
    let Some(sent) = sent(text) else {
        return;
    };
    assert_eq!(
        self::sent(&sent).as_ref(),
        Some(&sent),
        "it is sent otherwise when it is read again"
    );
}

/// What Apollo Client sends of a document.
fn sent(text: &str) -> Option<String> {
    let file = File {
        path: "fuzz.graphql".to_owned(),
        text: text.to_owned(),
    };
    let mut made = folder::documents(vec![file], Form::Apollo).ok()?;
    Some(made.documents.pop()?.body)
}
