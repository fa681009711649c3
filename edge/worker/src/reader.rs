//! A client's request for a shared answer, and how it is answered.

use cache_core::entry::ContentHash;
use cache_core::{EntryHead, Revision};
use edge_core::answer::Served;
use edge_core::nearest::Asked;
use edge_core::tally::{Outcome, Source};
use js_sys::Uint8Array;
use pq_core::{MediaType, Operation};
use worker::Context;

use crate::clock::now_ms;
use crate::error::EdgeError;
use crate::isolate::Isolate;
use crate::memory::{Body, Ready};
use crate::origin::{self, Timeout};
use crate::request::Incoming;
use crate::tally::Request;
use crate::{respond, tally};

/// What became of a shared read.
pub(crate) enum Answered {
    Sent(web_sys::Response),
    /// The public part of a document that is partly private.
    Part(Part),
    /// Items that are not among these candidates could belong to the list.
    NotCertain(Ready),
    /// The origin has to answer the client's own request.
    ByOrigin,
}

/// The answer to a public part.
pub(crate) struct Part {
    pub(crate) body: Uint8Array,
    pub(crate) cache_status: String,
}

/// The list by distance that a client asks for.
pub(crate) struct Near {
    pub(crate) asked: Asked,
    /// The candidates of the largest cell of the location, once they were not enough.
    pub(crate) largest: Option<Ready>,
}

/// A client's request for a shared read.
pub(crate) struct Reader<'a> {
    pub(crate) isolate: &'static Isolate,
    pub(crate) context: &'a Context,
    pub(crate) incoming: &'a Incoming,
    pub(crate) operation: &'a Operation,
    pub(crate) media: MediaType,
    pub(crate) min_revision: Option<Revision>,
    pub(crate) near: Option<Near>,
    /// Whether what is read is the public part of a document that is partly private.
    pub(crate) is_part: bool,
}

impl<'a> Reader<'a> {
    /// The same request, to read the public part of its document.
    pub(crate) fn for_part(&self) -> Reader<'a> {
        Reader {
            near: None,
            is_part: true,
            ..*self
        }
    }

    /// The answer to this client.
    pub(crate) fn serve(&self, ready: &Ready, served: Served) -> Result<Answered, EdgeError> {
        match (&ready.body, &self.near) {
            (Body::Whole(body), _) => self.send(&ready.head, ready.head.content, body, served),
            (Body::Candidates(list), Some(near)) => {
                let largest = near.largest.as_ref();
                let Some(page) = list.page(&near.asked, largest.and_then(Ready::candidates)) else {
                    return Ok(Answered::NotCertain(ready.clone()));
                };
                let older = largest.filter(|largest| largest.head.born_ms < ready.head.born_ms);
                let head = &older.unwrap_or(ready).head;
                let body = Uint8Array::from(page.body.as_slice());
                self.send(head, page.content, &body, served)
            }
            (Body::Candidates(_), None) => Ok(Answered::ByOrigin),
        }
    }

    fn send(
        &self,
        head: &EntryHead,
        content: ContentHash,
        body: &Uint8Array,
        served: Served,
    ) -> Result<Answered, EdgeError> {
        let now_ms = now_ms();
        self.count(served.counted_as(), Some(head.age_ms(now_ms)), now_ms);
        if self.is_part {
            return Ok(Answered::Part(Part {
                body: body.clone(),
                cache_status: served.cache_status(head, now_ms),
            }));
        }
        let if_none_match = self.incoming.if_none_match();
        let answer = respond::Shared {
            head,
            content,
            body,
        };
        let response = respond::read(
            &answer,
            served,
            now_ms,
            self.media,
            if_none_match.as_deref(),
        )?;
        Ok(Answered::Sent(response))
    }

    /// Notes what became of the request. `age_ms` is the age of an entry's answer.
    pub(crate) fn count(&self, key: (Outcome, Source), age_ms: Option<u64>, now_ms: u64) {
        let request = Request {
            operation: self.operation,
            incoming: self.incoming,
            key,
            age_ms,
        };
        tally::count(self.isolate, self.context, &request, now_ms);
    }
}

/// Sends the origin a client's own request.
pub(crate) async fn forward(
    isolate: &Isolate,
    incoming: &Incoming,
    body: Option<&[u8]>,
    timeout: Timeout,
) -> Result<web_sys::Response, EdgeError> {
    let response = respond::forwarded(origin::forward(isolate, incoming, body, timeout).await?)?;
    respond::revalidate(&response)?;
    Ok(response)
}
