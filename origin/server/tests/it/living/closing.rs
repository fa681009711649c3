//! A server that goes away.

use reqwest::StatusCode;

use super::{begun, client::Socket, nearby, paris, subscribed, until};
use crate::app::TestApp;

#[tokio::test]
async fn everybody_is_sent_to_another_server_whatever_they_are_doing() {
    let app = TestApp::start().await;
    begun(&app).await;
    let mut subscribing = Socket::anonymous(&app).await;
    subscribing.subscribe("1", nearby(paris())).await;
    let mut idle = Socket::anonymous(&app).await;
    let mut silent = Socket::open(&app).await;
    subscribed(&app, 1).await;
    app.state.live.drain();
    for socket in [&mut subscribing, &mut idle, &mut silent] {
        assert_eq!(socket.closed().await, (1012, "Service restart".to_owned()));
    }
    let refused = Socket::handshake(&app, Some("graphql-transport-ws"), &[]).await;
    assert_eq!(refused.err(), Some(StatusCode::SERVICE_UNAVAILABLE));
    drop((subscribing, idle, silent));
    app.state.live.drained().await;
    until(|| app.state.live.connections() == 0).await;
}

/// B15.
#[tokio::test]
async fn a_client_that_closes_is_answered_with_its_own_code() {
    let app = TestApp::start().await;
    let anonymous = Socket::anonymous(&app).await;
    let silent = Socket::open(&app).await;
    for mut socket in [anonymous, silent] {
        socket.close(1000).await;
        assert_eq!(socket.closed().await.0, 1000);
    }
    until(|| app.state.live.connections() == 0).await;
}
