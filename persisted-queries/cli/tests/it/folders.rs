//! `pq build` on folders as people have them.

use std::path::PathBuf;

use pq_core::{DocumentHash, Manifest};
use serde_json::Value;
use tempfile::TempDir;

use crate::{OPERATIONS, built, pq};

const SDL: &str = "type Query { places(first: Int): [Place!]! @cacheControl(maxAge: 60) }
    type Place { id: ID! name: String owner: Place }";

/// A folder with operations, and where `pq build` writes.
struct Folder(TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        folder.write("schema.graphql", SDL);
        for (name, text) in files {
            folder.write(&format!("operations/{name}"), text);
        }
        folder
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs `pq build`; returns its exit code and its output.
    fn build(&self, options: &[&str]) -> (i32, String) {
        let [schema, operations, out] =
            ["schema.graphql", "operations", "out.json"].map(|name| self.path(name));
        let paths = [schema, operations, out].map(|path| path.display().to_string());
        let fixed = [
            "build",
            "--schema",
            &paths[0],
            "--operations",
            &paths[1],
            "--out",
            &paths[2],
        ];
        let (code, text) = pq(&[&fixed, options].concat());
        (code, text.replace(&paths[1], "DIR"))
    }

    /// Runs `pq build`, which must succeed; returns the manifest and the output.
    fn built(&self, options: &[&str]) -> (Manifest, String) {
        let (code, text) = self.build(options);
        assert_eq!(code, 0, "{text}");
        let json = std::fs::read_to_string(self.path("out.json")).expect("a manifest");
        (Manifest::from_json(&json).expect("a manifest"), text)
    }

    fn bodies(&self, options: &[&str]) -> Vec<(String, String)> {
        let operations = self.built(options).0.into_operations().into_iter();
        let bodies = operations.map(|operation| (operation.label(), operation.body));
        bodies.collect()
    }
}

/// D3.
#[test]
fn a_document_in_two_clients_folders_belongs_to_both() {
    let a = "query A { places { id } }";
    let folder = Folder::new(&[
        ("mobile/A.graphql", a),
        ("site/Same.graphql", a),
        ("site/B.graphql", "query B { places { id } }"),
    ]);
    let (manifest, text) = folder.built(&[]);
    let labels: Vec<_> = manifest
        .operations()
        .iter()
        .map(pq_core::Operation::label)
        .collect();
    assert_eq!(labels, ["mobile+site/A", "site/B"]);
    let rows = text.lines().filter(|line| line.contains(" A "));
    assert_eq!(rows.count(), 2, "{text}");
    // Built from the manifest, it is the same.
    let json = std::fs::read_to_string(folder.path("out.json")).unwrap();
    std::fs::remove_dir_all(folder.path("operations")).unwrap();
    folder.write("operations", &json);
    assert_eq!(folder.built(&[]).0, manifest);
    assert_eq!(
        std::fs::read_to_string(folder.path("out.json")).unwrap(),
        json
    );
}

/// D4.
#[test]
fn gql_files_are_read_and_what_is_passed_over_is_named() {
    let folder = Folder::new(&[
        ("site/A.gql", "query A { places { id } }"),
        ("site/deep/B.GraphQL", "query B { places { id } }"),
        ("site/C.graphqls", "query C { places { id } }"),
        ("site/.hidden.txt", ""),
        ("site/Types.graphql", "type T { id: ID }"),
        ("README.md", "text"),
    ]);
    let (manifest, text) = folder.built(&[]);
    assert_eq!(manifest.operations().len(), 2, "{text}");
    let others = "passed over, because they are not .graphql or .gql files (2): DIR/README.md, DIR/site/C.graphqls\n";
    // In the order of the folder, where capitals come first.
    assert!(text.contains(others), "{text}");
    let nothing =
        "passed over, because they ask the server for nothing (1): DIR/site/Types.graphql";
    assert!(text.contains(nothing), "{text}");
}

/// D5.
#[test]
fn a_byte_order_mark_is_no_part_of_any_file() {
    let plain = "query A { places { id } }";
    let utf_16 = |text: &str| -> Vec<u8> {
        let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    let id = DocumentHash::of(plain);
    for bytes in [format!("\u{feff}{plain}").into_bytes(), utf_16(plain)] {
        let folder = Folder::new(&[]);
        folder.write("operations/site/A.graphql", &bytes);
        folder.write("schema.graphql", utf_16(SDL));
        let (manifest, text) = folder.built(&[]);
        assert_eq!(manifest.operations()[0].id, id, "{text}");
        let json = manifest.to_json().unwrap();
        folder.write("out.json", format!("\u{feff}{json}"));
        let path = folder.path("out.json").display().to_string();
        let (code, text) = pq(&["diff", &path, &path]);
        assert_eq!(
            (code, text.as_str()),
            (0, "0 added, 0 removed, 0 changed\n")
        );
    }
    let folder = Folder::new(&[]);
    folder.write(
        "operations/site/A.graphql",
        b"query A { places { id } } # \xe9",
    );
    let (code, text) = folder.build(&[]);
    assert_eq!(
        (code, text.as_str()),
        (1, "pq: DIR/site/A.graphql is not UTF-8\n")
    );
}

/// D6.
#[test]
fn a_document_with_carriage_returns_is_named() {
    let crlf = "query A {\r\n  places { id }\r\n}\r\n";
    let folder = Folder::new(&[
        ("site/A.graphql", crlf),
        ("site/B.graphql", "query B { places { id } }\n"),
    ]);
    let (manifest, text) = folder.built(&[]);
    assert_eq!(manifest.operations()[0].body, crlf);
    assert!(
        text.contains("carriage returns (CRLF), which change the hash, in documents (1)"),
        "{text}"
    );
    assert!(text.contains("eol=lf"), "{text}");
    assert!(text.contains("\n  DIR/site/A.graphql\n"), "{text}");
    // Printed, the text does not depend on how lines end.
    let (_, text) = folder.built(&["--as", "apollo"]);
    assert!(!text.contains("carriage returns"), "{text}");
}

/// D6: our own documents, and git's part of it.
#[test]
fn our_documents_have_line_feeds_in_every_checkout() {
    let folder = tempfile::tempdir().unwrap();
    let json = std::fs::read_to_string(built(folder.path())).unwrap();
    let manifest = Manifest::from_json(&json).unwrap();
    for operation in manifest.operations() {
        assert!(!operation.body.contains('\r'), "{}", operation.label());
    }
    let attributes = format!("{OPERATIONS}/../../.gitattributes");
    let attributes = std::fs::read_to_string(attributes).unwrap();
    for pattern in ["*.graphql", "*.gql"] {
        let line = format!("{pattern} text eol=lf");
        assert!(attributes.lines().any(|one| one == line), "{line}");
    }
}

const PARTS: [(&str, &str); 4] = [
    ("site/A.graphql", "query A { places { ...Named } }"),
    ("site/B.graphql", "query B { places { id } }"),
    (
        "site/parts/Named.gql",
        "fragment Named on Place { ...Owned name }",
    ),
    (
        "site/parts/Other.gql",
        "fragment Owned on Place { owner { id } } fragment Unused on Place { id }",
    ),
];

const A: &str = "query A {
  places {
    ...Named
    __typename
  }
}

fragment Named on Place {
  ...Owned
  name
  __typename
}

fragment Owned on Place {
  owner {
    id
    __typename
  }
  __typename
}";

/// D8: `tests/it/manifests.rs` compares with the real generator.
#[test]
fn fragments_of_other_files_are_added_and_typename_where_it_is_asked_for() {
    let folder = Folder::new(&PARTS);
    let b = "query B { places { id } }";
    let exact = [
        ("site/A".to_owned(), A.to_owned()),
        ("site/B".to_owned(), b.to_owned()),
    ];
    assert_eq!(folder.bodies(&[]), exact);
    let (_, text) = folder.built(&[]);
    assert!(
        text.contains("without `__typename` somewhere: 1."),
        "{text}"
    );
    assert!(text.contains(&DocumentHash::of(A).to_string()), "{text}");

    let b = "query B {\n  places {\n    id\n    __typename\n  }\n}";
    let apollo = [exact[0].clone(), ("site/B".to_owned(), b.to_owned())];
    assert_eq!(folder.bodies(&["--as", "apollo"]), apollo);
    let (_, text) = folder.built(&["--as", "apollo"]);
    assert!(!text.contains("__typename"), "{text}");
    // Another client does not see the fragments.
    folder.write(
        "operations/mobile/C.graphql",
        "query C { places { ...Named } }",
    );
    let (code, text) = folder.build(&[]);
    assert_eq!(code, 1);
    assert!(text.starts_with("pq: DIR/mobile/C.graphql: "), "{text}");
    assert!(text.contains("`Named`"), "{text}");
}

/// D8.
#[test]
fn each_client_gets_its_hashes_by_name() {
    let folder = Folder::new(&PARTS);
    folder.write("operations/mobile/B.graphql", "query B { places { name } }");
    let ids = folder.path("ids");
    folder.built(&["--ids", ids.to_str().unwrap()]);
    let read = |client: &str| -> Value {
        let json = std::fs::read(ids.join(format!("{client}.json"))).unwrap();
        serde_json::from_slice(&json).unwrap()
    };
    let hash = |body: &str| DocumentHash::of(body).to_string();
    let b = hash("query B { places { id } }");
    assert_eq!(read("site"), serde_json::json!({"A": hash(A), "B": b}));
    let b = hash("query B { places { name } }");
    assert_eq!(read("mobile"), serde_json::json!({ "B": b }));
    assert_eq!(std::fs::read_dir(&ids).unwrap().count(), 2);
}

/// D9.
#[test]
fn with_a_client_the_folder_is_its_own() {
    let folder = Folder::new(&[
        ("A.graphql", "query A { places { id } }"),
        ("deep/B.gql", "query B { places { id } }"),
    ]);
    let labels = folder.bodies(&["--client", "site"]).into_iter();
    let labels: Vec<_> = labels.map(|(label, _)| label).collect();
    assert_eq!(labels, ["site/A", "site/B"]);
}
