//! The texts of messages, for administrators.

use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};
use domain::messages::{
    part::Part,
    templates::{StoredTemplate, TemplateKey},
};
use templates::{Problem, original, variables};

use crate::{
    nodes::{
        directives::{CacheControlScope, cache_control},
        moment::{DateTime, timestamp},
        notification::NotificationKind,
        preferences::AppLanguage,
    },
    request::{context::RequestContext, reader::Reader},
};

/// A part of a message's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Part")]
pub enum TemplatePart {
    /// Of an e-mail, as `TEXT` and `HTML` are.
    Subject,
    Text,
    Html,
    Sms,
    /// Of a push notification, and of an entry of the inbox, as `BODY` is.
    Title,
    Body,
}

/// A text of messages: the program's, or an administrator's in its place.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(
    name = "MessageTemplate",
    complex,
    directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private))
)]
pub struct TemplateNode {
    kind: NotificationKind,
    language: AppLanguage,
    part: TemplatePart,
    source: String,
    /// The program's text.
    original: String,
    /// Whether the program's text is used.
    is_original: bool,
    /// Grows with each change; 0 if it was never changed.
    version: i32,
    changed_at: Option<DateTime>,
    #[graphql(skip)]
    key: TemplateKey,
}

impl TemplateNode {
    /// None if the kind has no such part.
    pub fn of(key: TemplateKey, stored: Option<&StoredTemplate>) -> Option<Self> {
        let original = original(key.kind, key.language, key.part)?;
        let changed = stored.and_then(|stored| stored.source.as_deref());
        Some(Self {
            kind: key.kind.into(),
            language: key.language.into(),
            part: key.part.into(),
            source: changed.unwrap_or(original).to_owned(),
            original: original.to_owned(),
            is_original: changed.is_none(),
            version: stored.map_or(0, |stored| stored.version),
            changed_at: stored.map(|stored| timestamp(stored.changed_at_ms)),
            key,
        })
    }

    fn check(&self, ctx: &Context<'_>) -> Result<Vec<String>, Vec<Problem>> {
        let TemplateKey {
            kind,
            language,
            part,
        } = self.key;
        let templates = RequestContext::of(ctx).services.templates.get();
        let checked = templates.check(kind, language, part, &self.source);
        checked.map(|preview| preview.texts)
    }
}

#[ComplexObject]
impl TemplateNode {
    /// What the text may name, as `{{ name }}`.
    async fn variables(&self) -> Vec<&'static str> {
        let all = variables(self.key.kind).into_iter();
        all.map(|(name, _)| name).collect()
    }

    /// The text of sample messages, which lead through all its branches; those of HTML are whole pages.
    async fn preview(&self, ctx: &Context<'_>) -> Vec<String> {
        self.check(ctx).unwrap_or_default()
    }

    /// Why the text is not used, though it was stored: another version of the program took it.
    async fn problems(&self, ctx: &Context<'_>) -> Vec<String> {
        let request = RequestContext::of(ctx);
        let problems = self.check(ctx).err().unwrap_or_default();
        if problems.is_empty() {
            return Vec::new();
        }
        let language = Reader::of(&request.asker).language(&request.services).await;
        let sentences = problems.iter().map(Problem::sentence);
        sentences
            .map(|said| said.text(language).to_owned())
            .collect()
    }
}
