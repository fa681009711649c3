//! Manifests of other tools, and of one client among several.

use std::path::Path;

use pq_core::Manifest;
use serde_json::{Value, json};

use crate::{build, built, changed_schema, pq, schema};

/// What other tools write of the documents of one client, or of all.
struct Formats {
    apollo: Value,
    relay: Value,
    sources: Value,
}

fn formats(manifest: &Manifest, client: Option<&str>) -> Formats {
    let of_client = |one: &&pq_core::Operation| {
        client.is_none() || one.clients.iter().any(|name| Some(name) == client)
    };
    let listed: Vec<_> = manifest.operations().iter().filter(of_client).collect();
    let apollo = listed.iter().map(
        |one| json!({"id": one.id, "name": one.name, "type": one.kind.as_str(), "body": one.body}),
    );
    Formats {
        apollo: json!({"format": "apollo-persisted-query-manifest", "version": 1,
            "operations": apollo.collect::<Vec<_>>()}),
        relay: listed
            .iter()
            .map(|one| (one.id.to_string(), json!(one.body)))
            .collect(),
        sources: listed
            .iter()
            .map(|one| {
                (
                    one.id.to_string(),
                    json!({"name": one.name, "source": one.body}),
                )
            })
            .collect(),
    }
}

fn read(path: &Path) -> Manifest {
    Manifest::from_json(&std::fs::read_to_string(path).expect("a file")).expect("a manifest")
}

fn diff(old: &Path, new: &Path, options: &[&str]) -> String {
    let [old, new] = [old, new].map(|path| path.to_str().expect("a UTF-8 path"));
    let (code, text) = pq(&[&["diff", old, new], options].concat());
    assert_eq!(code, 0, "{text}");
    text
}

/// D7.
#[test]
fn a_manifest_that_says_nothing_of_caching_changes_nothing_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let ours = built(folder.path());
    let Formats {
        apollo,
        relay,
        sources,
    } = formats(&read(&ours), None);
    let plain = folder.path().join("plain.json");
    for format in [apollo, relay, sources] {
        std::fs::write(&plain, format.to_string()).unwrap();
        for text in [diff(&ours, &plain, &[]), diff(&plain, &ours, &[])] {
            assert_eq!(
                text,
                "0 added, 0 removed, 0 changed\n208 compared without their caching, of which a \
                 manifest says nothing\n"
            );
        }
        // Nor does a check of what such a manifest published.
        let [sdl, manifest] =
            [&schema(folder.path()), &plain].map(|path| path.to_str().unwrap().to_owned());
        let (code, text) = pq(&["check", "--schema", &sdl, "--manifest", &manifest]);
        assert_eq!(
            (code, text.as_str()),
            (0, "208 checked, 0 broken, 0 changed\n")
        );
    }
}

/// D9.
#[test]
fn one_clients_manifest_is_built_under_its_name_and_compared_with_its_documents_only() {
    let folder = tempfile::tempdir().unwrap();
    let ours = built(folder.path());
    let all = read(&ours);
    let Formats {
        apollo,
        relay,
        sources,
    } = formats(&all, Some("site"));
    let (given, out) = (
        folder.path().join("site.json"),
        folder.path().join("new.json"),
    );
    let same =
        "0 added, 0 removed, 0 changed\nnot compared: the documents of admin, mobile, partner\n";
    for format in [apollo, relay, sources] {
        std::fs::write(&given, format.to_string()).unwrap();
        let path = given.to_str().unwrap();
        let (code, text) = build(&schema(folder.path()), path, &out, &["--client", "site"]);
        assert_eq!(code, 0, "{text}");
        let of_site = all.operations().iter().filter(|one| {
            let mut clients = one.clients.iter();
            clients.any(|name| name == "site")
        });
        let of_site: Vec<_> = of_site.cloned().collect();
        assert_eq!(read(&out).operations(), of_site);
        assert_eq!(diff(&ours, &out, &[]), same);
        // As it is, it is compared under the client's name.
        let text = diff(&ours, &given, &["--client", "site"]);
        assert!(
            text.starts_with("0 added, 0 removed, 0 changed\n19 compared"),
            "{text}"
        );
        assert!(
            text.ends_with("the documents of admin, mobile, partner\n"),
            "{text}"
        );
    }
    // What the client has no more is removed; what another client has is added to it.
    let mut site = serde_json::to_value(read(&out)).unwrap();
    let login = all.operations().iter().find(|one| one.name == "Login");
    let mut login = serde_json::to_value(login.unwrap()).unwrap();
    login["clientName"] = json!("site");
    site["operations"][0] = login;
    std::fs::write(&out, site.to_string()).unwrap();
    insta::assert_snapshot!(diff(&ours, &out, &[]), @r"
    added    site/Login (9502fb4d1562): private maxAge=0 swr=0 sie=0
    removed  site/Categories (28984888517b): stays published
    1 added, 1 removed, 0 changed
    not compared: the documents of admin, mobile, partner
    ");
    let given = given.to_str().unwrap();
    let (_, text) = build(
        &schema(folder.path()),
        ours.to_str().unwrap(),
        &out,
        &["--client", "site"],
    );
    assert!(text.contains("is not a document of site"), "{text}");
    let ids = folder.path().join("ids");
    let (code, text) = build(
        &schema(folder.path()),
        given,
        &out,
        &["--ids", ids.to_str().unwrap()],
    );
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("`--client` names it") && !ids.exists(),
        "{text}"
    );
}

/// Each client has documents of its own, also to sign in: what breaks one names the client whose it is.
#[test]
fn check_blames_the_client_whose_document_breaks() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = built(folder.path());
    let changed = changed_schema(folder.path(), "  expiresIn: Int!\n", "");
    let arguments = [
        "--schema",
        changed.to_str().unwrap(),
        "--manifest",
        manifest.to_str().unwrap(),
    ];
    let (code, text) = pq(&[&["check"][..], &arguments].concat());
    assert_eq!(code, 1);
    let mut blamed: Vec<(String, Vec<&str>)> = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("  broken   ") {
            Some(broken) => {
                let (name, _) = broken.split_once(' ').unwrap();
                blamed.last_mut().unwrap().1.push(name);
            }
            None => blamed.push((line.to_owned(), Vec::new())),
        }
    }
    let of = |client: &str| {
        let found = blamed.iter().find(|(name, _)| name == client);
        found.map(|(_, names)| names.as_slice()).unwrap_or_default()
    };
    assert_eq!(of("admin"), ["OperatorLogin", "OperatorRefreshToken"]);
    assert_eq!(of("partner"), ["StaffLogin", "StaffRefreshToken"]);
    assert!(of("mobile").contains(&"Login"), "{text}");
    assert_eq!(of("site"), [] as [&str; 0]);
}
