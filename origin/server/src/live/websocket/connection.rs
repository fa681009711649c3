//! One connection, from `connection_init` to its end.

use std::{sync::Arc, time::Duration};

use access::peer::Peer;
use api::{
    execution::live::{
        operation::Operation,
        outcome::{Errors, Outcome, Payload},
    },
    live::position::Position,
    request::reader::Reader,
};
use axum::extract::ws::{Message as Frame, WebSocket};
use cache_core::Allowance;
use domain::sentence::Language;
use http::HeaderMap;
use pq_core::{
    ErrorCode, GraphqlRequest, Refusal,
    websocket::{Message, OperationId},
};
use serde_json::{Map, Value};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::{
    super::{
        INIT_WITHIN, KEEP_ALIVE_EVERY, SEND_WITHIN,
        credentials::{Credentials, CredentialsRefused},
        hub::Connection,
        mailbox::{Letter, Mailbox, OperationNumber},
        operation,
        protocol::{self, Close},
        resume::{self, Listening},
    },
    close,
    end::{End, TOO_SLOW},
    hear_out,
};
use crate::{admission, state::AppState};

/// How long the end may take.
pub(super) const CLOSE_WITHIN: Duration = Duration::from_secs(1);
/// A client that is not heard for so long is gone: it answers pings.
const SILENT: Duration = Duration::from_mins(1);
/// Maximum messages per second of a connection; clients need far fewer.
const MESSAGES_PER_S: u32 = 50;

/// A connection that was acknowledged.
struct Open {
    wire: Wire,
    state: AppState,
    connection: Connection,
    credentials: Credentials,
    operations: Vec<Known>,
}

/// One of its subscriptions.
struct Known {
    number: OperationNumber,
    id: OperationId,
    operation: Operation,
}

/// The socket, and what bounds it.
struct Wire {
    socket: WebSocket,
    mailbox: Arc<Mailbox>,
    heard_at: Instant,
    allowance: Allowance,
    began_at: Instant,
}

pub(super) async fn serve(
    socket: WebSocket,
    state: AppState,
    connection: Connection,
    peer: Peer,
    headers: HeaderMap,
) {
    let now = Instant::now();
    let mut wire = Wire {
        socket,
        mailbox: Arc::clone(connection.mailbox()),
        heard_at: now,
        allowance: Allowance::default(),
        began_at: now,
    };
    let (mut wire, end) = match begin(&mut wire, &state, connection, peer, headers).await {
        Ok((connection, credentials)) => {
            let mut open = Open {
                wire,
                state: state.clone(),
                connection,
                credentials,
                operations: Vec::new(),
            };
            let end = Box::pin(open.run()).await;
            (open.wire, end)
        }
        Err(end) => (wire, end),
    };
    match end {
        End::Gone => {}
        End::Closed => {
            let _or_never = timeout(CLOSE_WITHIN, hear_out(&mut wire.socket)).await;
        }
        End::Close(why) => close(&mut wire.socket, &state, &why).await,
    }
}

/// Waits for `connection_init`, and looks at who it is.
async fn begin(
    wire: &mut Wire,
    state: &AppState,
    mut connection: Connection,
    peer: Peer,
    headers: HeaderMap,
) -> Result<(Connection, Credentials), End> {
    let mailbox = Arc::clone(&wire.mailbox);
    let init = timeout(INIT_WITHIN, first_message(wire));
    let payload = tokio::select! {
        why = mailbox.closed() => return Err(why.into()),
        init = init => init.map_err(|_elapsed| Close::InitTimeout)??,
    };
    let credentials = Credentials::of_connection_init(&payload, headers, peer, state).await??;
    connection
        .counts_for(credentials.client())
        .map_err(|_| Close::TryAgainLater("Too many connections"))?;
    wire.send(protocol::CONNECTION_ACK.to_owned()).await?;
    Ok((connection, credentials))
}

async fn first_message(wire: &mut Wire) -> Result<Map<String, Value>, End> {
    loop {
        match wire.hear().await? {
            Message::ConnectionInit(payload) => return Ok(payload),
            Message::Ping(payload) => wire.send(protocol::pong(payload)).await?,
            Message::Pong => {}
            Message::Subscribe { .. } | Message::Complete(_) => {
                return Err(Close::Unauthorized.into());
            }
        }
    }
}

impl Wire {
    /// The next message of the client.
    async fn hear(&mut self) -> Result<Message, End> {
        loop {
            let frame = match self.socket.recv().await {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => return Err(error.into()),
                None => return Err(End::Gone),
            };
            self.heard_at = Instant::now();
            let since_ms = self.began_at.elapsed().as_millis();
            let since_ms = u64::try_from(since_ms).unwrap_or(u64::MAX);
            if !self.allowance.admits(MESSAGES_PER_S, since_ms) {
                return Err(Close::BadRequest("Too many messages".to_owned()).into());
            }
            match frame {
                Frame::Text(text) => return Ok(Message::parse(text.as_str())?),
                Frame::Binary(_) => {
                    let why = "Invalid message received".to_owned();
                    return Err(Close::BadRequest(why).into());
                }
                Frame::Close(_) => return Err(End::Closed),
                // Answered by the library.
                Frame::Ping(_) | Frame::Pong(_) => {}
            }
        }
    }

    /// Sends, unless the client does not take it in time, or too much waits for it meanwhile.
    async fn send(&mut self, text: String) -> Result<(), End> {
        tokio::select! {
            sent = timeout(SEND_WITHIN, self.socket.send(Frame::Text(text.into()))) => match sent {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => Err(End::Gone),
                Err(_elapsed) => Err(TOO_SLOW.into()),
            },
            why = self.mailbox.closed() => Err(why.into()),
        }
    }
}

impl Open {
    async fn run(&mut self) -> End {
        let Err(end) = self.steps().await;
        end
    }

    async fn steps(&mut self) -> Result<std::convert::Infallible, End> {
        let mut keep_alive = interval_at(Instant::now() + KEEP_ALIVE_EVERY, KEEP_ALIVE_EVERY);
        keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mailbox = Arc::clone(&self.wire.mailbox);
        loop {
            tokio::select! {
                letter = mailbox.next() => self.deliver(letter?).await?,
                message = self.wire.hear() => self.answer(message?).await?,
                () = self.credentials.ended() => return Err(CredentialsRefused::expired().into()),
                _ = keep_alive.tick() => self.keep_alive().await?,
            }
        }
    }

    async fn answer(&mut self, message: Message) -> Result<(), End> {
        match message {
            Message::ConnectionInit(_) => Err(Close::TooManyInits.into()),
            Message::Ping(payload) => self.wire.send(protocol::pong(payload)).await,
            Message::Pong => Ok(()),
            Message::Subscribe { id, request } => self.subscribe(id, request).await,
            Message::Complete(id) => {
                if let Some(at) = self.operations.iter().position(|known| known.id == id) {
                    self.forget(at);
                }
                Ok(())
            }
        }
    }

    async fn subscribe(&mut self, id: OperationId, request: Map<String, Value>) -> Result<(), End> {
        if self.operations.iter().any(|known| known.id == id) {
            return Err(Close::SubscriberExists(id).into());
        }
        self.credentials.look_again(&self.state).await??;
        match self.begin(request).await {
            Ok((known, listening)) => {
                let told = listening.is_lost.then(|| id.clone());
                let (number, operation) = known;
                self.operations.push(Known {
                    number,
                    id,
                    operation,
                });
                match told {
                    Some(id) => self.tell_lost(&id, &listening).await,
                    None => Ok(()),
                }
            }
            Err(errors) => self.wire.send(protocol::error(&id, &errors.shown)).await,
        }
    }

    async fn tell_lost(&mut self, id: &OperationId, listening: &Listening) -> Result<(), End> {
        let reader = Reader::of(self.credentials.asker());
        let language = reader.language(&self.state.services).await;
        let payload = resume::lost(&self.state, listening, language);
        self.wire.send(protocol::next(id, &payload)).await
    }

    async fn begin(
        &mut self,
        request: Map<String, Value>,
    ) -> Result<((OperationNumber, Operation), Listening), Errors> {
        let refuse = |code, message: String| Errors::of_refusal(&Refusal::new(code, message));
        let asker = self.credentials.asker();
        let counted = admission::count(&self.state, Some(&asker.caller), asker.peer).await;
        if let Some(decision) = counted.filter(|decision| !decision.is_admitted()) {
            return Err(refuse(
                ErrorCode::RATE_LIMITED,
                admission::sentence(&decision)
                    .text(Language::English)
                    .to_owned(),
            ));
        }
        let number = self
            .connection
            .number()
            .map_err(|why| refuse(ErrorCode::TOO_MANY_SUBSCRIPTIONS, why.to_string()))?;
        let request = GraphqlRequest::from_payload(request);
        let begun = match &request {
            // Boxed, here and below: thousands of connections wait, and few of them do anything.
            Ok(request) => Box::pin(operation::begin(&self.state, asker, request)).await,
            Err(refusal) => Err(Errors::of_refusal(refusal)),
        };
        match begun {
            Ok((operation, topic)) => {
                let resume_from = request.ok().and_then(|request| request.resume_from);
                let begun = (&operation, topic);
                let (state, from) = (&self.state, resume_from.as_deref());
                let listen = resume::listen(state, &mut self.connection, number, begun, from);
                let listening = Box::pin(listen).await;
                Ok(((number, operation), listening))
            }
            Err(errors) => {
                self.connection.forget(number);
                Err(errors)
            }
        }
    }

    async fn deliver(&mut self, letter: Letter) -> Result<(), End> {
        let number = letter.operation;
        let Some(at) = self
            .operations
            .iter()
            .position(|known| known.number == number)
        else {
            // The client completed it meanwhile.
            return Ok(());
        };
        // Credentials that were revoked meanwhile get no further event.
        self.credentials.look_again(&self.state).await??;
        let Known { id, operation, .. } = &self.operations[at];
        let asker = self.credentials.asker();
        let (by, answers) = (
            (&self.state.services, &self.state.schema),
            self.state.live.answers(),
        );
        let result = operation.result(by, asker, &letter.event, answers);
        let outcome = Box::pin(result).await;
        let remainder = operation.remainder(&letter.event);
        let position = match remainder {
            // What is left out now would be missed after this one.
            Some(_) => None,
            None => letter.event.resumable_at(),
        };
        if let Some(event) = remainder {
            self.wire.mailbox.put(number, event);
        }
        match outcome {
            Outcome::Result(payload) => {
                let event = position.and_then(|at| resume::id_of(&self.state, at));
                let payload = match event {
                    Some(event) => payload.with_id(&event),
                    None => payload,
                };
                self.wire.send(protocol::next(id, &payload)).await?;
                self.state.live.metrics().sent();
            }
            Outcome::Failed(errors) => {
                let text = protocol::next(id, &Payload::of_errors(&errors));
                self.wire.send(text).await?;
                self.state.live.metrics().sent();
            }
            Outcome::Nothing => {}
            Outcome::Over(errors) => {
                let text = protocol::error(id, &errors.shown);
                self.forget(at);
                self.wire.send(text).await?;
            }
        }
        Ok(())
    }

    fn forget(&mut self, at: usize) {
        let known = self.operations.swap_remove(at);
        self.connection.forget(known.number);
    }

    async fn keep_alive(&mut self) -> Result<(), End> {
        if self.wire.heard_at.elapsed() > SILENT {
            return Err(Close::TryAgainLater("No answer to pings").into());
        }
        self.credentials.look_again(&self.state).await??;
        let current = self.connection.is_current_to().map(Position::whole);
        let current = current.and_then(|at| resume::id_of(&self.state, at));
        self.wire.send(protocol::ping(current.as_ref())).await
    }
}
