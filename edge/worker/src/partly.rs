//! Answers a document that is partly private: the public part as any shared read, from memory, KV or a fetch
//! that others join, and the remainder from the origin, as the client. Nothing of the remainder is kept.
//!
//! Whatever does not fit together is forwarded as it came: the origin answers the whole document too.

use std::rc::Rc;

use cache_core::variables::CanonicalVariables;
use edge_core::partly::{PartlyPrivate, PublicAnswer, Remainder, variables_of};
use edge_core::plan::{self, Plan};
use futures_util::future::join;
use pq_core::split::Split;

use crate::documents;
use crate::error::EdgeError;
use crate::origin;
use crate::read::from_cells;
use crate::reader::{Answered, Near, Part, Reader};
use crate::respond;
use crate::shared::shared;

/// Answers a request for a document that is partly private.
pub(crate) async fn answer(
    reader: Reader<'_>,
    split: &Split,
    variables: &CanonicalVariables,
) -> Result<web_sys::Response, EdgeError> {
    let request = PartlyPrivate::new(split, variables);
    // Root fields need nothing of the public part, so they are asked for at the same time.
    let early = match split.most_ids {
        None => request.remainder(&[]),
        Some(_) => None,
    };
    let early = async {
        match &early {
            Some(body) => Some(origin::remainder(reader.isolate, reader.incoming, body).await),
            None => None,
        }
    };
    let (part, early) = join(public_part(&reader, split, variables), early).await;
    let part = match part {
        // The edge may not ask for the client. The origin counts what is forwarded itself.
        Err(EdgeError::Refused(_)) => None,
        part => part?,
    };
    let Some(part) = part else {
        return reader.forward().await;
    };
    let body = part.body.to_vec();
    let Some(public) = PublicAnswer::read(&request, &body).filter(PublicAnswer::is_within_limit)
    else {
        return reader.forward().await;
    };
    let remainder = match (early, request.remainder(public.ids())) {
        (Some(early), _) => early,
        (None, None) => Remainder::NotNeeded,
        (None, Some(body)) => origin::remainder(reader.isolate, reader.incoming, &body).await,
    };
    let merged = public.merged_with(&remainder);
    let statuses = (part.cache_status.as_str(), remainder.as_str());
    respond::partly(&merged.body, statuses, reader.media)
}

/// The answer to the public part; none if the origin has to answer the whole request.
async fn public_part(
    reader: &Reader<'_>,
    split: &Split,
    variables: &CanonicalVariables,
) -> Result<Option<Part>, EdgeError> {
    let Reader {
        isolate,
        context,
        incoming,
        ..
    } = *reader;
    let found = documents::find(isolate, context, incoming, split.public).await;
    // It is retired, or the origin did not say: the whole document may still be answered.
    let Ok(Some(public)) = found else {
        return Ok(None);
    };
    let of_public = variables_of(&public, variables);
    let answered = match plan::plan_for(&public, of_public) {
        Plan::Forward => return Ok(None),
        Plan::Read(read) => shared(isolate, context, Rc::new(read), &reader.for_part(None)).await?,
        Plan::Nearest(read) => {
            let near = Near {
                asked: read.asked,
                largest: None,
            };
            from_cells(isolate, context, read, &mut reader.for_part(Some(near))).await?
        }
    };
    Ok(match answered {
        Answered::Part(part) => Some(part),
        Answered::Sent(_) | Answered::NotCertain(_) | Answered::ByOrigin => None,
    })
}
