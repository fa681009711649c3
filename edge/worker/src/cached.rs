//! Reads through the cache: what is the same for everybody, or a list that is made of what is the same for
//! everybody in a cell.

use std::rc::Rc;

use edge_core::nearest::RESOLUTIONS;
use edge_core::plan::{NearestRead, Plan};

use crate::error::EdgeError;
use crate::reader::{Answered, Near, Reader};
use crate::shared::shared;

/// Answers a request as it is planned.
pub(crate) async fn answer(plan: Plan, mut reader: Reader<'_>) -> Result<Answered, EdgeError> {
    match plan {
        Plan::Forward => Ok(Answered::ByOrigin),
        Plan::Read(read) => shared(Rc::new(read), &reader).await,
        Plan::Nearest(read) => {
            reader.near = Some(Near {
                asked: read.asked,
                largest: None,
            });
            nearest(read, reader).await
        }
    }
}

/// Answers a list by distance from the candidates of the location's cells, the largest first; the origin has
/// to if they are not enough.
async fn nearest(mut read: NearestRead, mut reader: Reader<'_>) -> Result<Answered, EdgeError> {
    for resolution in RESOLUTIONS {
        let Some(candidates) = read.candidates(resolution) else {
            break;
        };
        match shared(Rc::new(candidates), &reader).await? {
            done @ (Answered::Sent(_) | Answered::Part(_)) => return Ok(done),
            Answered::NotCertain(ready) => {
                if let Some(near) = &mut reader.near {
                    near.largest.get_or_insert(ready);
                }
            }
            Answered::ByOrigin => break,
        }
    }
    Ok(Answered::ByOrigin)
}
