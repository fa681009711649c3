//! What an operator does, for the audit.

use access::random;
use async_graphql::Result;
use domain::operators::{
    deed::{Deed, NewDeed, Target},
    input::reason,
};

use crate::request::{
    attempts::{Attempt, count_attempt},
    context::RequestContext,
    errors::{broken, failed},
};

/// The deed as the audit keeps it. A line of the log has the same reference.
pub(crate) fn deed(
    request: &RequestContext,
    deed: Deed,
    target: Option<Target>,
    reason: String,
) -> NewDeed {
    let actor = request.asker.caller.actor();
    deed_of(actor, request.now_ms, deed, target, reason)
}

/// As [`deed`], of a request that is not GraphQL.
pub fn deed_of(
    actor: String,
    at_ms: i64,
    deed: Deed,
    target: Option<Target>,
    reason: String,
) -> NewDeed {
    let reference = hex::encode(random::bytes::<8>());
    let about = target.as_ref().map_or("", Target::as_str);
    tracing::info!(
        actor,
        deed = deed.as_str(),
        about,
        reference,
        "an operator's deed"
    );
    NewDeed {
        at_ms,
        actor,
        deed,
        target,
        reason,
        request: reference,
    }
}

/// A reason that may be left out.
pub(super) fn given(text: Option<String>) -> Result<String> {
    let read = text.map(|text| required(&text)).transpose();
    Ok(read?.unwrap_or_default())
}

/// A reason that has to be given.
pub(super) fn required(text: &str) -> Result<String> {
    reason(text).map_err(|rule| broken(vec![rule.into()]))
}

/// The same, with a reason as it was entered. Counted, because whoever has an administrator's session
/// could read everybody with it.
pub(super) async fn reasoned(
    request: &RequestContext,
    what: Deed,
    target: Option<Target>,
    text: &str,
) -> Result<NewDeed> {
    let reason = required(text)?;
    count_attempt(request, Attempt::Operate(&request.signed_in()?.id)).await?;
    Ok(deed(request, what, target, reason))
}

/// Records a deed that is no transaction of the database, before it is done.
pub(crate) async fn record(request: &RequestContext, deed: NewDeed) -> Result<()> {
    let recorded = request.services.operators.record(deed).await;
    recorded.map(drop).map_err(failed)
}
