//! The `purge` mutation, and the code it shares with the HTTP route for purges.

use access::caller::Caller;
use async_graphql::{Context, ID, InputObject, Object, Result as FieldResult, SimpleObject};
use cache_core::{PurgeKind, Revision};
use domain::{OfferId, PartnerId, StoreError, sentence::Sentence};
use pq_core::{DocumentHash, ErrorCode};
use purging::{Afterwards, PurgeReport, PurgeRequest, PurgeTarget, Reason, Run, request};
use serde::{Deserialize, Serialize};

use super::{
    affected::{Affected, AffectedDocument, affected},
    warming,
};
use crate::{
    nodes::place::LocationInput,
    request::{
        context::RequestContext,
        errors::{Refused, failed},
    },
    services::Services,
};

/// What to purge: exactly one of the first six fields.
// Unknown fields are refused: a misspelt `dryRun` would purge.
#[derive(Clone, Debug, InputObject, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PurgeInput {
    pub offer_id: Option<ID>,
    pub partner_id: Option<ID>,
    pub tag: Option<String>,
    /// Purges every list whose area may include this location.
    pub location: Option<LocationInput>,
    /// The hash of a document; purges all its answers.
    pub document: Option<String>,
    pub all: Option<bool>,
    /// Soft purge: stale answers may still be served while they are refreshed.
    #[graphql(default_with = "Some(false)")]
    pub soft: Option<bool>,
    /// Only reports what would be purged; purges nothing.
    #[graphql(default_with = "Some(false)")]
    pub dry_run: Option<bool>,
    /// After the purge, every cache makes its hottest answers anew before they are asked for, as far as they
    /// may not be served any more.
    #[graphql(default_with = "Some(false)")]
    pub warm: Option<bool>,
    /// The reason for the audit log, at most 200 characters.
    pub reason: String,
}

/// What a purge did, or with `dryRun` would do.
#[derive(Clone, Debug, SimpleObject, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PurgeResult {
    /// The purge's revision in the purge log; null for a dry run, or if the purge still waits to be
    /// written to the log.
    pub revision: Option<String>,
    pub tags: Vec<String>,
    pub dry_run: bool,
    /// Dry runs only: the cached answers that would be invalidated (stale if `soft`), by document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affected: Option<Vec<AffectedDocument>>,
    /// Dry runs only: whether Redis may have more answers than were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<bool>,
    /// Dry runs with `warm` only: how many answers this server would make anew, or find in Redis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warmed: Option<u64>,
    #[graphql(skip)]
    #[serde(skip)]
    pub at: Option<Revision>,
}

impl PurgeResult {
    /// Runs the purge, or its dry run.
    pub async fn of(
        services: &Services,
        asked: PurgeRequest,
        now_ms: i64,
    ) -> Result<Self, StoreError> {
        let (run, kind, afterwards) = (asked.run, asked.kind, asked.afterwards);
        let PurgeReport { revision, tags } = request(&services.purge_log, asked, now_ms).await?;
        let (affected, cut) = match run {
            Run::Real => (None, None),
            Run::Dry => {
                let Affected { documents, cut } = affected(services, &tags, kind).await?;
                (Some(documents), Some(cut))
            }
        };
        let warmed = match (run, afterwards) {
            (Run::Dry, Afterwards::Warm) => Some(warming::would_be_warmed(services, &tags)),
            (Run::Dry, Afterwards::Wait) | (Run::Real, _) => None,
        };
        Ok(Self {
            warmed,
            revision: revision.map(|revision| revision.to_string()),
            tags: tags.into_iter().map(String::from).collect(),
            dry_run: run == Run::Dry,
            affected,
            cut,
            at: revision,
        })
    }
}

#[derive(Debug, Default)]
pub struct PurgeMutations;

#[Object]
impl PurgeMutations {
    /// Purges cached answers; for administrators, and for services with the scope `purge`.
    async fn purge(&self, ctx: &Context<'_>, input: PurgeInput) -> FieldResult<PurgeResult> {
        let context = RequestContext::of(ctx);
        let asked = input.request(&context.asker.caller)?;
        let purged = PurgeResult::of(&context.services, asked, context.now_ms).await;
        let result = purged.map_err(failed)?;
        if let Some(revision) = result.at {
            context.facts.purged(revision);
        }
        Ok(result)
    }
}

impl PurgeInput {
    /// Validates the input and converts it to a purge request by this caller.
    pub fn request(self, caller: &Caller) -> Result<PurgeRequest, Refused> {
        let reason = Reason::parse(&self.reason).ok_or_else(|| {
            bad_input(
                "`reason` compte de 1 à 200 caractères sur une ligne",
                "`reason` is 1 to 200 characters on one line",
            )
        })?;
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
            afterwards: if self.warm == Some(true) {
                Afterwards::Warm
            } else {
                Afterwards::Wait
            },
            reason,
            actor: caller.actor(),
            target: self.target()?,
        })
    }

    fn target(self) -> Result<PurgeTarget, Refused> {
        let offer = self.offer_id.map(|id| {
            OfferId::parse(&id).map(PurgeTarget::Offer).ok_or_else(|| {
                bad_input(
                    "`offerId` n’est pas un identifiant",
                    "`offerId` is not an id",
                )
            })
        });
        let partner = self.partner_id.map(|id| {
            PartnerId::parse(&id)
                .map(PurgeTarget::Partner)
                .ok_or_else(|| {
                    bad_input(
                        "`partnerId` n’est pas un identifiant",
                        "`partnerId` is not an id",
                    )
                })
        });
        let tag = self.tag.map(|tag| {
            tag.parse()
                .map(PurgeTarget::Tag)
                .map_err(|_| bad_input("`tag` n’est pas une étiquette", "`tag` is not a tag"))
        });
        let place = self
            .location
            .map(|place| place.on_earth().map(PurgeTarget::Geo));
        let document = self.document.map(|hash| {
            DocumentHash::parse(&hash)
                .map(PurgeTarget::Document)
                .map_err(|_| {
                    bad_input(
                        "`document` n’est pas l’empreinte d’un document",
                        "`document` is not a document hash",
                    )
                })
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
            (None, _) | (Some(_), Some(_)) => Err(bad_input(
                "une purge a une seule cible",
                "a purge has exactly one target",
            )),
        }
    }
}

const fn bad_input(french: &'static str, english: &'static str) -> Refused {
    Refused::new(ErrorCode::BAD_USER_INPUT, Sentence::new(french, english))
}
