//! Runs `pq` as its users do.

mod clients;
mod folders;
mod published;

use std::path::{Path, PathBuf};
use std::process::Command;

/// The origin's SDL; a test of the origin keeps it current.
const SDL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schema.graphql");
const OPERATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../operations");

/// Runs `pq`; returns its exit code and its output, stderr after stdout.
pub(crate) fn pq(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_pq"))
        .args(arguments)
        .env_remove("YOUSOON_ADMIN_TOKEN")
        .env_remove("YOUSOON_ADMIN_TOKEN_FILE")
        .output()
        .expect("pq runs");
    let mut text = String::from_utf8(output.stdout).expect("UTF-8");
    text.push_str(&String::from_utf8(output.stderr).expect("UTF-8"));
    (output.status.code().expect("an exit code"), text)
}

/// The origin's SDL.
fn sdl() -> String {
    std::fs::read_to_string(SDL).expect("the origin's schema")
}

/// Writes the origin's SDL to a file.
fn schema(folder: &Path) -> PathBuf {
    let path = folder.join("origin.graphql");
    std::fs::write(&path, sdl()).expect("a file");
    path
}

/// Builds a manifest of our own operations.
pub(crate) fn built(folder: &Path) -> PathBuf {
    let out = folder.join("manifest.json");
    let (code, text) = build(&schema(folder), OPERATIONS, &out, &[]);
    assert_eq!(code, 0, "{text}");
    out
}

fn build(schema: &Path, operations: &str, out: &Path, options: &[&str]) -> (i32, String) {
    let [schema, out] = [schema, out].map(|path| path.to_str().expect("a UTF-8 path"));
    let fixed = [
        "build",
        "--schema",
        schema,
        "--operations",
        operations,
        "--out",
        out,
    ];
    pq(&[&fixed, options].concat())
}

/// Writes the origin's SDL to a file, with one text replaced.
pub(crate) fn changed_schema(folder: &Path, from: &str, to: &str) -> PathBuf {
    let sdl = sdl();
    assert!(sdl.contains(from));
    let path = folder.join("schema.graphql");
    std::fs::write(&path, sdl.replace(from, to)).expect("a file");
    path
}

#[test]
fn build_prints_what_it_decided_and_is_deterministic() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("1.json"), folder.path().join("2.json"));
    let (code, text) = build(&schema(folder.path()), OPERATIONS, &first, &[]);
    assert_eq!(code, 0, "{text}");
    insta::assert_snapshot!(text);
    build(&schema(folder.path()), OPERATIONS, &second, &[]);
    let bytes = std::fs::read(&first).unwrap();
    assert_eq!(bytes, std::fs::read(&second).unwrap());
    // Compiling a manifest again gives the same manifest.
    let (code, _) = build(
        &schema(folder.path()),
        first.to_str().unwrap(),
        &second,
        &[],
    );
    assert_eq!((code, bytes), (0, std::fs::read(&second).unwrap()));
}

#[test]
fn build_refuses_what_is_wrong_file_by_file() {
    let folder = tempfile::tempdir().unwrap();
    let operations = folder.path().join("operations");
    let write = |name: &str, body: &str| {
        let path = operations.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, body).unwrap();
    };
    let out = folder.path().join("out.json");
    let refused = || {
        let (code, text) = build(
            &schema(folder.path()),
            operations.to_str().unwrap(),
            &out,
            &[],
        );
        assert!(!out.exists());
        assert_eq!(code, 1);
        text.replace(operations.to_str().unwrap(), "DIR")
    };
    write("site/A.graphql", "query A { nope }");
    write("mobile/B.graphql", "{ categories { id } }");
    write("mobile/README.md", "not a document");
    let invalid = refused();
    write("site/A.graphql", "query A { categories { id } }");
    write("mobile/B.graphql", "query B { categories { id } }");
    write(
        "mobile/C.gql",
        "query B { categories { name } } fragment F on Offer { id }",
    );
    write("mobile/D.gql", "fragment F on Offer { id }");
    let twice = refused();
    write("mobile/D.gql", "fragment F on");
    write("site/A.graphql", "query A {");
    let syntax = refused();
    write("C.graphql", "query C { categories { id } }");
    let stray = refused();
    insta::assert_snapshot!(format!("{invalid}{twice}{syntax}{stray}"), @r"
    pq: DIR/mobile/B.graphql: the document's operation has no name
    pq: DIR/site/A.graphql: the document is not valid: 1:11 type `Query` does not have a field `nope`
    pq: DIR/mobile/C.gql: the operation B is defined in DIR/mobile/B.graphql already
    pq: DIR/mobile/D.gql: the fragment F is defined in DIR/mobile/C.gql already
    pq: DIR/mobile/D.gql: the document is not valid: 1:14 syntax error: expected a Name in Type Condition; 1:14 syntax error: expected a Selection Set
    pq: DIR/mobile/C.gql: the operation B is defined in DIR/mobile/B.graphql already
    pq: DIR/site/A.graphql: the document is not valid: 1:10 syntax error: expected at least one Selection in Selection Set; 1:10 syntax error: expected R_CURLY, got EOF
    pq: DIR/C.graphql: a document belongs in a client's sub-folder
    ");
}

#[test]
fn check_names_broken_documents_by_client_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = built(folder.path());
    let manifest = manifest.to_str().unwrap();
    let same = schema(folder.path());
    let same = same.to_str().unwrap();
    let (code, text) = pq(&["check", "--schema", same, "--manifest", manifest]);
    assert_eq!(code, 0, "{text}");
    assert!(text.ends_with(" checked, 0 broken, 0 changed\n"), "{text}");

    let changed = changed_schema(
        folder.path(),
        "totalCount: Int!\n  \"\"\"\n  Whether `totalCount` is exact; false if it is counted around the middle of a cell.\n  \"\"\"\n  isTotalExact",
        "isTotalExact",
    );
    let (code, text) = pq(&[
        "check",
        "--schema",
        changed.to_str().unwrap(),
        "--manifest",
        manifest,
    ]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(text, @r"
    mobile
      broken   HomeForMe (29c92fcd0fd5e26443c9e2f71515219c1570a400d77f3b181aac368ca5990a3b): the document is not valid: 16:5 type `OfferConnection` does not have a field `totalCount`
      broken   HomeForMe__public (d7d4065d948f6999fcfa571761d4f495c2d2f3b4ebc1da4e8c8e80e3fc5168e5): the document is not valid: 15:5 type `OfferConnection` does not have a field `totalCount`
      broken   OfferFacets (1c0a81c9ecc33f11fa0f7179e99867c69b6cbcc0399c02dbd942b15651ebefbc): the document is not valid: 3:5 type `OfferConnection` does not have a field `totalCount`
      broken   OfferSearch (6ca9837214b277f218a51d1bb5ee5d38f27d1aaa0b79edf6af6c7bd3484d5b9b): the document is not valid: 38:5 type `OfferConnection` does not have a field `totalCount`
      broken   OffersFiltered (ae5fbd7c7cfd04c378c448d84b6a4b255f9a4014d13c68e8e2c8a9ccadb7ad5a): the document is not valid: 42:5 type `OfferConnection` does not have a field `totalCount`
      broken   OffersNearby (18e6e8eecfcf4694e48b1a43203f1e0d4e35bcf25f4ffcff6bb5d5e9907a1ef7): the document is not valid: 51:5 type `OfferConnection` does not have a field `totalCount`
      broken   OffersNearbyForMe (bc7449fcdecbe789212335228a96b8b484d6ed0b7c26450508438ca585f920cd): the document is not valid: 53:5 type `OfferConnection` does not have a field `totalCount`
      broken   OffersNearbyForMe__public (ce403731edf35d72975bdad5154927140309f8bb02880837149f907cf5c3f640): the document is not valid: 37:5 type `OfferConnection` does not have a field `totalCount`
      broken   SearchEverything (5faace29146a6d82c213b32da461d78e5ea212e620ba31cd982546565bb34b21): the document is not valid: 26:7 type `OfferConnection` does not have a field `totalCount`
    partner
      broken   PartnerOffers (2e9a5ddabb18bbf6eefd0c2e473917d485617145e593fcd4ad8c377cc3f9e4c7): the document is not valid: 3:5 type `OfferConnection` does not have a field `totalCount`
    site
      broken   CategoryPage (4dadb2677e59232eff6906ff34b95ce761877d68387c41db0304cc802063f429): the document is not valid: 26:5 type `OfferConnection` does not have a field `totalCount`
      broken   Home (d2519dcc765b0519244b9f1ba6636937bb2a096dbd4f5e5532f7015a385740f2): the document is not valid: 30:5 type `OfferConnection` does not have a field `totalCount`
      broken   PartnerOfferList (f78c30070940cd4a7b31304942f8e2a90168d3f958ac881026f030ae35cb5dda): the document is not valid: 23:7 type `OfferConnection` does not have a field `totalCount`
      broken   SiteOffers (4fd37fc8b42629311bf7eb1b34c53f350e7d4ce2b9ccf9d93877a2b681f9a3c7): the document is not valid: 34:5 type `OfferConnection` does not have a field `totalCount`
      broken   SiteSearch (4de92150747fe50170a212196cb4aa13215a73de33baf389ad0e55b0ca5ee18a): the document is not valid: 32:7 type `OfferConnection` does not have a field `totalCount`
    208 checked, 15 broken, 0 changed
    ");

    let changed = changed_schema(
        folder.path(),
        "maxAge: 86400, staleWhileRevalidate",
        "maxAge: 60, staleWhileRevalidate",
    );
    let (code, text) = pq(&[
        "check",
        "--schema",
        changed.to_str().unwrap(),
        "--manifest",
        manifest,
    ]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(text, @r"
    site
      changed  Categories: public maxAge=86400 swr=3600 sie=604800 -> public maxAge=60 swr=3600 sie=604800
      changed  Home: public maxAge=300 swr=60 sie=86400 -> public maxAge=60 swr=60 sie=86400
    208 checked, 0 broken, 2 changed
    ");
}

#[test]
fn diff_tells_added_removed_and_changed() {
    let folder = tempfile::tempdir().unwrap();
    let old = built(folder.path());
    let operations = folder.path().join("operations/site");
    std::fs::create_dir_all(&operations).unwrap();
    for name in ["Categories", "Home"] {
        let from = format!("{OPERATIONS}/site/{name}.graphql");
        std::fs::copy(from, operations.join(format!("{name}.graphql"))).unwrap();
    }
    std::fs::write(
        operations.join("New.graphql"),
        "query New { categories { id } }",
    )
    .unwrap();
    let changed = changed_schema(
        folder.path(),
        "maxAge: 86400, staleWhileRevalidate",
        "maxAge: 60, staleWhileRevalidate",
    );
    let new = folder.path().join("new.json");
    let (code, text) = build(
        &changed,
        operations.parent().unwrap().to_str().unwrap(),
        &new,
        &[],
    );
    assert_eq!(code, 0, "{text}");
    let (code, text) = pq(&["diff", old.to_str().unwrap(), new.to_str().unwrap()]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(text, @r"
    changed  site/Categories (28984888517b): public maxAge=86400 swr=3600 sie=604800 -> public maxAge=60 swr=3600 sie=604800
    changed  site/Home (d2519dcc765b): public maxAge=300 swr=60 sie=86400 -> public maxAge=60 swr=60 sie=86400
    added    site/New (928f681242bf): public maxAge=60 swr=3600 sie=604800
    removed  site/CategoryPage (4dadb2677e59): stays published
    removed  site/CityDirectory (308f9e74600b): stays published
    removed  site/CityPage (51544df4dd4b): stays published
    removed  site/CityPartners (d2c672eab2ca): stays published
    removed  site/EstablishmentPage (4fc4d5c2a46e): stays published
    removed  site/OfferPage (39258a617f78): stays published
    removed  site/OfferReviews (36137415d98e): stays published
    removed  site/PartnerBySlug (4216c81c681c): stays published
    removed  site/PartnerDirectory (401bd126e36c): stays published
    removed  site/PartnerOfferList (f78c30070940): stays published
    removed  site/PartnerPage (6fcc387a5191): stays published
    removed  site/PartnerReviews (6cc4d4f95074): stays published
    removed  site/SiteOfferMap (ab0b8f8133a2): stays published
    removed  site/SiteOffers (4fd37fc8b426): stays published
    removed  site/SiteSearch (4de92150747f): stays published
    removed  site/SiteSuggestions (032e0bf99e07): stays published
    removed  site/Sitemap (59993691c4a5): stays published
    1 added, 17 removed, 2 changed
    not compared: the documents of admin, mobile, partner
    ");
}

#[test]
fn a_file_that_is_not_there_is_one_line() {
    let (code, text) = pq(&["diff", "/no/such/file", "/no/such/file"]);
    assert_eq!(code, 1);
    assert_eq!(
        text,
        "pq: cannot read /no/such/file: No such file or directory (os error 2)\n"
    );
}
