//! The public audits of GraphQL over HTTP (`graphql-http` on npm) at both doors. They send documents
//! that nobody published, so the origin runs in the mode `off`.

use e2e::{Options, Stack, audit::audits};

/// As many as there are in the version of the lock file: none is left out unseen.
const AUDITS: usize = 61;

#[tokio::test]
async fn every_must_every_should_and_every_may_holds_at_both_doors() {
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
        // Tools read the schema in one document, which is within the limits.
        assert!(report.types > 20, "{}", report.types);
    }
}
