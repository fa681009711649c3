use api::live::topic::Topic;
use cache_core::{PurgeKind, Tag};

use super::{super::OPERATIONS, connection::TooMany, *};

fn hub() -> Hub {
    Hub::new(LiveConfig::default(), &RateLimitsConfig::default())
}

fn client() -> Client {
    Client::Network([192, 0, 2, 1].into())
}

fn booking() -> Tag {
    "booking:1".parse().unwrap()
}

fn changed(revision: u64) -> PurgeRecord {
    PurgeRecord {
        revision: Revision(revision),
        tags: vec![booking()],
        kind: PurgeKind::Hard,
    }
}

#[tokio::test]
async fn a_change_reaches_its_subscribers_and_no_connection_that_left() {
    let hub = hub();
    hub.follows_from(Revision(5));
    let mut connection = hub.open(client()).unwrap();
    let mut gone = hub.open(client()).unwrap();
    for connection in [&mut connection, &mut gone] {
        let number = connection.number().unwrap();
        let after = connection.listen(number, Topic::Thing(booking()), Start::Now);
        assert_eq!(after, Revision(5));
    }
    let letter = connection.mailbox().next().await.unwrap();
    assert_eq!(letter.event.required(), Revision(5));
    assert_eq!((hub.connections(), hub.subscriptions()), (2, 2));
    drop(gone);
    assert_eq!((hub.connections(), hub.subscriptions()), (1, 1));
    hub.heard(&changed(7));
    let letter = connection.mailbox().next().await.unwrap();
    assert_eq!(letter.event.required(), Revision(7));
    hub.look_again(Revision(9)).await;
    let letter = connection.mailbox().next().await.unwrap();
    assert_eq!(letter.event.required(), Revision(9));
    connection.forget(letter.operation);
    assert_eq!(hub.subscriptions(), 0);
}

#[tokio::test]
async fn a_server_that_goes_away_ends_all_connections_and_takes_no_more() {
    let hub = hub();
    let connection = hub.open(client()).unwrap();
    hub.drain();
    assert_eq!(connection.mailbox().closed().await, Closing::Draining);
    assert_eq!(hub.open(client()).unwrap_err(), NotOpened::Draining);
    hub.drained().await;
}

#[test]
fn a_connection_has_so_many_subscriptions() {
    let hub = hub();
    let mut connection = hub.open(client()).unwrap();
    let numbers: Vec<_> = (0..OPERATIONS)
        .map(|_| connection.number().unwrap())
        .collect();
    assert_eq!(connection.number(), Err(TooMany));
    connection.forget(numbers[3]);
    assert!(connection.number().is_ok());
}

#[tokio::test]
async fn a_subscription_gets_nothing_from_before_it_began() {
    let hub = hub();
    hub.follows_from(Revision(5));
    let mut connection = hub.open(client()).unwrap();
    let number = connection.number().unwrap();
    let after = connection.listen(number, Topic::Thing(booking()), Start::Resumed);
    assert_eq!((after, connection.is_current_to()), (Revision(5), None));
    hub.all_is_told();
    assert_eq!(connection.is_current_to(), Some(Revision(5)));
    hub.look_again(Revision(5)).await;
    assert_eq!(connection.is_current_to(), Some(Revision(5)));
    hub.heard(&changed(6));
    hub.all_is_told();
    assert_eq!(connection.is_current_to(), None);
    let letter = connection.mailbox().next().await.unwrap();
    assert_eq!(letter.event.required(), Revision(6));
    assert_eq!(connection.is_current_to(), Some(Revision(6)));
}

#[tokio::test]
async fn a_server_that_is_behind_is_waited_for_but_not_for_ever() {
    let hub = hub();
    let soon = Duration::from_millis(20);
    assert!(!hub.follows(Revision(6), soon).await);
    hub.heard(&changed(6));
    assert!(hub.follows(Revision(6), soon).await);
    assert!(hub.follows(Revision(2), soon).await);
}
