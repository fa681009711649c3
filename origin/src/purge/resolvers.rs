//! The purge mutation.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use cache_core::PurgeKind;
use pq_core::{DocumentHash, ErrorCode};

use super::{PurgeReport, PurgeRequest, PurgeTarget, Reason, Run, request};
use crate::{
    domain::{OfferId, PartnerId},
    graphql::{
        authorise::service_only,
        caller::Caller,
        context::RequestContext,
        errors::{failed, refused},
        place::LocationInput,
    },
};

/// What to purge: exactly one of the first six.
#[derive(Clone, Debug, InputObject)]
pub struct PurgeInput {
    pub offer_id: Option<ID>,
    pub partner_id: Option<ID>,
    pub tag: Option<String>,
    /// Every list whose search may reach this place.
    pub location: Option<LocationInput>,
    /// The hash of a document: all of its answers.
    pub document: Option<String>,
    pub all: Option<bool>,
    /// May still be served while it is refreshed.
    #[graphql(default_with = "Some(false)")]
    pub soft: Option<bool>,
    /// Tells what would be purged, and purges nothing.
    #[graphql(default_with = "Some(false)")]
    pub dry_run: Option<bool>,
    /// For the audit, at most 200 characters.
    pub reason: String,
}

#[derive(Clone, Debug, SimpleObject)]
pub struct PurgeResult {
    /// The purge's place in the log; none when nothing was purged.
    revision: Option<String>,
    tags: Vec<String>,
    dry_run: bool,
}

#[derive(Debug, Default)]
pub struct PurgeMutations;

#[Object]
impl PurgeMutations {
    /// Purges cached answers; for the service token only.
    async fn purge(&self, ctx: &Context<'_>, input: PurgeInput) -> Result<PurgeResult> {
        let context = RequestContext::of(ctx);
        service_only(context.caller, "purge")?;
        let asked = input.request(context.caller)?;
        let dry_run = asked.run == Run::Dry;
        let purged = request(&context.state.purge_log, asked, context.now_ms).await;
        let PurgeReport { revision, tags } = purged.map_err(failed)?;
        if let Some(revision) = revision {
            context.facts.purged(revision);
        }
        Ok(PurgeResult {
            revision: revision.map(|revision| revision.to_string()),
            tags: tags.into_iter().map(String::from).collect(),
            dry_run,
        })
    }
}

impl PurgeInput {
    fn request(self, caller: Caller) -> Result<PurgeRequest> {
        let reason = Reason::parse(&self.reason)
            .ok_or_else(|| bad_input("`reason` is 1 to 200 characters on one line"))?;
        Ok(PurgeRequest {
            kind: if self.soft == Some(true) {
                PurgeKind::Soft
            } else {
                PurgeKind::Hard
            },
            run: if self.dry_run == Some(true) {
                Run::Dry
            } else {
                Run::Real
            },
            reason,
            actor: caller.as_str().to_owned(),
            target: self.target()?,
        })
    }

    fn target(self) -> Result<PurgeTarget> {
        let offer = self.offer_id.map(|id| {
            OfferId::parse(&id)
                .map(PurgeTarget::Offer)
                .ok_or_else(|| bad_input("`offerId` is not an id"))
        });
        let partner = self.partner_id.map(|id| {
            PartnerId::parse(&id)
                .map(PurgeTarget::Partner)
                .ok_or_else(|| bad_input("`partnerId` is not an id"))
        });
        let tag = self.tag.map(|tag| {
            tag.parse()
                .map(PurgeTarget::Tag)
                .map_err(|_| bad_input("`tag` is not a tag"))
        });
        let place = self
            .location
            .map(|place| place.point().map(PurgeTarget::Geo));
        let document = self.document.map(|hash| {
            DocumentHash::parse(&hash)
                .map(PurgeTarget::Document)
                .map_err(|_| bad_input("`document` is not a document hash"))
        });
        let all = self
            .all
            .unwrap_or(false)
            .then_some(Ok(PurgeTarget::Everything));
        let mut targets = [offer, partner, tag, place, document, all]
            .into_iter()
            .flatten();
        match (targets.next(), targets.next()) {
            (Some(target), None) => target,
            (None, _) | (Some(_), Some(_)) => Err(bad_input("a purge has exactly one target")),
        }
    }
}

fn bad_input(message: &str) -> async_graphql::Error {
    refused(ErrorCode::BadUserInput, message)
}
