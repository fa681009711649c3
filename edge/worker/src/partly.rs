//! Answers a document that is partly private: the public part as any shared read, from memory, KV or a fetch
//! that others join, and the remainder from the origin, as the client. Nothing of the remainder is kept.
//!
//! Whatever does not fit together is forwarded as it came: the origin answers the whole document too.

use cache_core::variables::CanonicalVariables;
use edge_core::partly::{PartlyPrivate, PublicAnswer, Remainder, variables_of};
use edge_core::plan;
use futures_util::future::join;
use pq_core::split::Split;

use crate::error::EdgeError;
use crate::reader::{Answered, Part, Reader};
use crate::{cached, console, documents, origin, respond};

/// Answers a request for a document that is partly private.
pub(crate) async fn answer(
    reader: &Reader<'_>,
    split: &Split,
    variables: &CanonicalVariables,
) -> Result<Answered, EdgeError> {
    let request = PartlyPrivate::new(split, variables);
    // Root fields need nothing of the public part, so they are asked for at the same time.
    let early = match split.most_ids {
        None => request.remainder(&[]),
        Some(_) => None,
    };
    let early = remainder(reader, early);
    let (part, early) = join(public_part(reader, split, variables), early).await;
    let part = match part {
        // The edge may not ask for the client. The origin counts what is forwarded itself.
        Err(EdgeError::Refused(_)) => None,
        part => part?,
    };
    let Some(part) = part else {
        return Ok(Answered::ByOrigin);
    };
    let body = String::from_utf8(part.body.to_vec()).unwrap_or_default();
    let Some(public) = PublicAnswer::read(&request, &body).filter(PublicAnswer::is_within_limit)
    else {
        return Ok(Answered::ByOrigin);
    };
    let remainder = match split.most_ids {
        None => early,
        Some(_) => remainder(reader, request.remainder(public.ids())).await,
    };
    let remainder = match &remainder {
        None => Remainder::NotNeeded,
        Some(Ok(answer)) => Remainder::of_answer(answer),
        Some(Err(error)) => {
            console::warn(&format!("a remainder is missing: {error}"));
            Remainder::unreachable()
        }
    };
    if remainder.is_refused_itself() {
        return Ok(Answered::ByOrigin);
    }
    let merged = public.merged_with(&remainder);
    let statuses = (part.cache_status.as_str(), remainder.as_str());
    respond::partly(&merged, statuses, reader.media).map(Answered::Sent)
}

/// The origin's answer to a request for the remainder, if there is one.
async fn remainder(
    reader: &Reader<'_>,
    request: Option<String>,
) -> Option<Result<String, EdgeError>> {
    let body = request?;
    Some(origin::remainder(reader.isolate, reader.incoming, &body).await)
}

/// The answer to the public part; none if the origin has to answer the whole request.
async fn public_part(
    reader: &Reader<'_>,
    split: &Split,
    variables: &CanonicalVariables,
) -> Result<Option<Part>, EdgeError> {
    let (isolate, incoming) = (reader.isolate, reader.incoming);
    let found = documents::find(isolate, reader.context, incoming, split.public).await;
    // It is retired, or the origin did not say: the whole document may still be answered.
    let Ok(Some(public)) = found else {
        return Ok(None);
    };
    let plan = plan::plan_for(&public, variables_of(&public, variables));
    Ok(match cached::answer(plan, reader.for_part()).await? {
        Answered::Part(part) => Some(part),
        Answered::Sent(_) | Answered::NotCertain(_) | Answered::ByOrigin => None,
    })
}
