//! The mutation of product events. All others follow from what people write.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use domain::{
    UserId,
    analytics::reported::{self, MOST_EVENTS, Reported},
    broken::{BrokenField, Reading},
    queue::NewTask,
    sentence::Sentence,
    texts::MOMENT,
};
use pq_core::ErrorCode;

use crate::{
    nodes::moment::Moment,
    request::{
        attempts::{Attempt, count_attempt},
        context::RequestContext,
        errors::{broken, failed, refused},
    },
};

/// What somebody did in the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ReportedEventKind {
    OfferViewed,
    /// An offer was shared.
    Shared,
    /// What was searched for is not told.
    Searched,
}

impl From<ReportedEventKind> for Reported {
    fn from(kind: ReportedEventKind) -> Self {
        match kind {
            ReportedEventKind::Searched => Self::Searched,
            ReportedEventKind::OfferViewed => Self::OfferViewed,
            ReportedEventKind::Shared => Self::Shared,
        }
    }
}

/// Something that a user did in an app, for analytics.
#[derive(Clone, Debug, InputObject)]
pub struct ReportedEventInput {
    /// A random text, such as a UUID: an event that is sent again counts once. At most 36 letters,
    /// digits, `-` and `_`.
    id: ID,
    kind: ReportedEventKind,
    /// Of an offer that was viewed or shared.
    offer_id: Option<ID>,
    /// When it happened. Events that are older than six days are left out.
    at: Moment,
}

#[derive(Debug, Default)]
pub struct AnalyticsMutations;

#[Object]
impl AnalyticsMutations {
    /// Counts what the user did in the app, for users who agreed to that (`ANALYTICS` in
    /// `recordConsent`); at most 50 events at once. Returns how many are counted: none without consent.
    /// Refusals: `BAD_USER_INPUT`, `RATE_LIMITED`.
    async fn record_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 50.")] events: Vec<ReportedEventInput>,
    ) -> Result<i32> {
        let request = RequestContext::of(ctx);
        let user = &request.signed_in()?.id;
        if events.len() > MOST_EVENTS {
            return Err(too_many());
        }
        let mut reading = Reading::default();
        let mut tasks = Vec::new();
        for (at, event) in events.into_iter().enumerate() {
            let read = event.task(user, request.now_ms);
            tasks.extend(reading.within(&format!("events[{at}]"), read));
        }
        let tasks = reading.end(tasks).map_err(broken)?;
        count_attempt(request, Attempt::RecordEvents(user)).await?;
        if tasks.is_empty() {
            return Ok(0);
        }
        let count = i32::try_from(tasks.len()).unwrap_or(i32::MAX);
        let recorded = request.services.users.record_events(user, tasks).await;
        Ok(if recorded.map_err(failed)? { count } else { 0 })
    }
}

impl ReportedEventInput {
    /// The task that sends it; none if it is too old.
    fn task(self, user: &UserId, now_ms: i64) -> Result<Option<NewTask>, Vec<BrokenField>> {
        let kind = Reported::from(self.kind);
        let mut reading = Reading::default();
        let id = reading.take(reported::id(&self.id));
        let offer = reading.take(kind.offer(self.offer_id.as_ref().map(|id| id.as_str())));
        let at_ms = reading.take(self.at.0.ok_or(MOMENT.at("at")));
        let (id, offer, at_ms) = reading.end((id, offer, at_ms))?;
        let event = kind.event(user, offer, at_ms, now_ms);
        Ok(event.map(|event| NewTask::of_report(&id, event, now_ms)))
    }
}

fn too_many() -> async_graphql::Error {
    refused(
        ErrorCode::BAD_USER_INPUT,
        Sentence::with(
            format!("`events` : au plus {MOST_EVENTS}"),
            format!("`events` has at most {MOST_EVENTS}"),
        ),
    )
}
