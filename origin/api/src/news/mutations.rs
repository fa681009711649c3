//! The mutation that sends news.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::{
    CampaignId,
    announcements::{
        Announcement,
        campaign::{Campaign, Content, Text, path},
        codes::CAMPAIGN_KEY_TAKEN,
        store::Sent,
    },
    operators::deed::{Deed, Target},
    sentence::Sentence,
};

use crate::{
    nodes::moment::{DateTime, timestamp},
    operators::recording::{deed, record},
    request::{
        context::RequestContext,
        errors::{broken, failed, refused},
        idempotency::key,
    },
};

/// News in one language.
#[derive(Clone, Debug, InputObject)]
pub struct NewsTextInput {
    /// 1 to 120 characters on one line.
    title: String,
    /// 1 to 12, each with 1 to 800 characters on one line.
    paragraphs: Vec<String>,
}

/// News for all who agreed to get them.
#[derive(Clone, Debug, InputObject)]
pub struct SendNewsInput {
    /// Sent once: a second request with this key and the same text sends nothing. 1 to 100 ASCII
    /// characters without a space.
    idempotency_key: String,
    fr: NewsTextInput,
    en: NewsTextInput,
    /// What the app opens, such as `/offers`; its first page if it is not given.
    path: Option<String>,
}

/// News that are being sent, or were.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Campaign")]
pub struct CampaignNode {
    id: ID,
    created_at: DateTime,
}

#[derive(Debug, Default)]
pub struct NewsMutations;

#[Object]
impl NewsMutations {
    /// Sends news, by each channel to the users who agreed to news on it, and to all inboxes; for
    /// administrators, and for services with the scope `news`. It cannot be taken back.
    async fn send_news(&self, ctx: &Context<'_>, input: SendNewsInput) -> Result<CampaignNode> {
        let request = RequestContext::of(ctx);
        let SendNewsInput {
            idempotency_key,
            fr,
            en,
            path: opens,
        } = input;
        let key = key(Some(idempotency_key))?.unwrap_or_default();
        let text = |given: NewsTextInput, fields| {
            let NewsTextInput { title, paragraphs } = given;
            Text { title, paragraphs }.checked(fields)
        };
        let fr = text(fr, ["fr.title", "fr.paragraphs"]);
        let en = text(en, ["en.title", "en.paragraphs"]);
        let content = match (fr, en, path(opens)) {
            (Ok(fr), Ok(en), Ok(path)) => Content { fr, en, path },
            (fr, en, path) => {
                let all = [fr.err(), en.err(), path.err()];
                return Err(broken(all.into_iter().flatten().map(Into::into).collect()));
            }
        };
        let campaign = Campaign {
            id: CampaignId::derive("campaign", &key),
            content,
            created_at_ms: request.now_ms,
        };
        let what = Announcement::News {
            campaign: campaign.id.clone(),
        };
        let task = what.task(request.now_ms, request.now_ms);
        let target = Some(Target::campaign(&campaign.id));
        record(
            request,
            deed(request, Deed::SendNews, target, String::new()),
        )
        .await?;
        let sent = request.services.announcements.send(campaign, task).await;
        match sent.map_err(failed)? {
            Sent::Done(campaign) => {
                let (id, by) = (&campaign.id, request.asker.caller.actor());
                tracing::info!(campaign = %id, by, "news are sent");
                request.services.queue_wake.send_replace(());
                Ok(CampaignNode {
                    id: id.as_str().into(),
                    created_at: timestamp(campaign.created_at_ms),
                })
            }
            Sent::Other => Err(refused(
                CAMPAIGN_KEY_TAKEN,
                Sentence::new(
                    "d’autres nouvelles ont été envoyées avec cette clé",
                    "other news were sent with this key",
                ),
            )),
        }
    }
}
