//! Hostile clients against an origin and an edge: nothing breaks, and nobody sees what is another's.

mod bombs;
mod dice;
mod forged;
mod sessions;
mod tally;
mod wire;

use e2e::{Target, TargetOptions};

use self::tally::Tally;
use crate::people::{register, registration};
use crate::{PARIS, venue};

#[tokio::test]
async fn forged_tokens_used_refresh_tokens_and_bombs_are_refused_and_break_nothing() {
    let options = TargetOptions {
        venues: vec![venue(PARIS, "thai")],
        origin: vec![
            ("YOUSOON_JWT_KEYS", forged::KEYS),
            ("YOUSOON_BCRYPT_COST", "4"),
            ("YOUSOON_DOCUMENT_MODE", "off"),
        ],
    };
    let mut target = Target::start(&options).await.unwrap();
    let before = target.vitals().unwrap();
    let tally = Tally::default();
    let sign_up = target.ask("Register", registration("ana"));
    let ana = register(&target.client, &target.edge_url, &sign_up).await;
    sessions::forgeries(&target, &tally, &ana).await;
    sessions::refresh_reuse(&target, &tally, "ben").await;
    bombs::explode(&target, &tally).await;
    let after = target.vitals().unwrap();
    for (before, after) in before.iter().zip(&after) {
        let is_alive = (before.pid, before.panics) == (after.pid, after.panics);
        tally.holds(is_alive, || format!("{before:?} became {after:?}"));
    }
    println!("{tally}");
    assert_eq!(tally.faults(), "", "{}", target.last_words());
}
