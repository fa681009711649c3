//! The public audits of GraphQL over HTTP (`graphql-http` on npm), against edge and origin. They send
//! unpublished documents, so the origin runs in the document mode `off`.

use e2e::{Options, Stack, audit::audits};

/// The number of audits in the locked version of the package, so that none is left out unnoticed.
const AUDITS: usize = 61;

#[tokio::test]
async fn every_must_every_should_and_every_may_holds_at_edge_and_origin() {
    let stack = Stack::start(Options {
        origin: vec![("YOUSOON_DOCUMENT_MODE", "off")],
        ..Options::default()
    })
    .await
    .unwrap();
    for base in [&stack.origin_url, &stack.edge_url] {
        let report = audits(&format!("{base}/graphql")).await.unwrap();
        let broken: Vec<_> = report
            .audits
            .iter()
            .filter(|audit| audit.status != "ok")
            .collect();
        assert!(broken.is_empty(), "{base}: {broken:#?}");
        assert_eq!(report.audits.len(), AUDITS, "{base}");
        // The introspection query of tools is within the limits on documents.
        assert!(report.types > 20, "{}", report.types);
    }
}
