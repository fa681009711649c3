//! Which addresses can be reached.

use domain::messages::{
    kind::Channel,
    reach::{AddressHash, Barrier, Reach},
};
use futures_util::future::join_all;

use crate::{backends::Fresh, runner::tests, samples::NOW_MS};

tests! {
    the_latest_report_of_an_address_counts: [],
    of_reports_at_once_the_latest_counts: [Transactions],
}

fn reach(barrier: Option<Barrier>, at_ms: i64) -> Reach {
    Reach {
        channel: Channel::Email,
        address: AddressHash::of("ana@example.fr"),
        barrier,
        at_ms,
    }
}

async fn barrier(fresh: &Fresh, channel: Channel, address: &str) -> Option<Barrier> {
    let address = AddressHash::of(address);
    fresh.db.reach.barrier(channel, &address).await.unwrap()
}

async fn the_latest_report_of_an_address_counts(fresh: Fresh) {
    let anas = "Ana@example.fr";
    assert_eq!(barrier(&fresh, Channel::Email, anas).await, None);
    for (noted, at_ms, expected) in [
        (Some(Barrier::Bounced), NOW_MS, Some(Barrier::Bounced)),
        // Again, and one that comes late.
        (Some(Barrier::Bounced), NOW_MS, Some(Barrier::Bounced)),
        (None, NOW_MS - 1, Some(Barrier::Bounced)),
        (None, NOW_MS + 1, None),
        (Some(Barrier::Bounced), NOW_MS, None),
        (
            Some(Barrier::Complained),
            NOW_MS + 2,
            Some(Barrier::Complained),
        ),
    ] {
        fresh.db.reach.note(reach(noted, at_ms)).await.unwrap();
        let found = barrier(&fresh, Channel::Email, anas).await;
        assert_eq!(found, expected, "{noted:?} at {at_ms}");
    }
    assert_eq!(barrier(&fresh, Channel::Sms, anas).await, None);
    assert_eq!(
        barrier(&fresh, Channel::Email, "ben@example.fr").await,
        None
    );
}

async fn of_reports_at_once_the_latest_counts(fresh: Fresh) {
    let notes = (0..8).map(|n| {
        let barrier = (n % 2 == 1).then_some(Barrier::Stopped);
        fresh.db.reach.note(reach(barrier, NOW_MS + n))
    });
    for noted in join_all(notes).await {
        noted.unwrap();
    }
    let found = barrier(&fresh, Channel::Email, "ana@example.fr").await;
    assert_eq!(found, Some(Barrier::Stopped));
}
