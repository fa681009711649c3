//! D8: `pq build --as apollo` makes of a folder what Apollo's own manifest generator makes of it.

use e2e::generator::Folder;

/// Fragments of other files, block strings, long lines, `@client`, `.gql`, byte order marks.
#[tokio::test]
async fn pq_builds_what_apollos_generator_builds() {
    let folder = Folder::of(
        "tests/manifest-generator/documents",
        "tests/manifest-generator/schema.graphql",
    );
    let generated = folder.generated().await.unwrap();
    assert_eq!(generated.len(), 8);
    assert_eq!(folder.built().await.unwrap(), generated);
}

#[tokio::test]
async fn our_own_documents_get_the_hashes_that_apollo_client_sends() {
    for client in ["admin", "mobile", "partner", "site"] {
        let documents = format!("persisted-queries/operations/{client}");
        let folder = Folder::of(&documents, "docs/schema.graphql");
        let generated = folder.generated().await.unwrap();
        assert_eq!(folder.built().await.unwrap(), generated, "{client}");
    }
}
