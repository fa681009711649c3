//! Administrators read and change the texts of messages.

use async_graphql::{Context, Error, InputObject, Object, Result};
use domain::{
    StoreError,
    messages::{
        part::Part,
        templates::{Edited, StoredTemplate, TemplateEdit, TemplateKey, TemplateStore},
    },
    notifications::codes::TEMPLATE_INVALID,
    offers::store::Purging,
    sentence::{Language, Sentence},
};
use pq_core::ErrorCode;
use templates::{Current, Problem};

use crate::{
    nodes::{
        directives::{CacheControlScope, cache_control},
        notification::NotificationKind,
        preferences::AppLanguage,
        template::{TemplateNode, TemplatePart},
    },
    request::{
        context::RequestContext,
        errors::{failed, refused},
        relaying::relay,
    },
};

#[derive(Debug, Default)]
pub struct TemplateQueries;

#[Object]
impl TemplateQueries {
    /// The texts of a kind of messages, in every language and part; for administrators, and for services
    /// with the scope `templates`.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn templates(
        &self,
        ctx: &Context<'_>,
        kind: NotificationKind,
    ) -> Result<Vec<TemplateNode>> {
        let request = RequestContext::of(ctx);
        let stored = request.services.stored_templates.all().await;
        let stored = stored.map_err(failed)?;
        let kind = kind.into();
        let keys = Language::ALL.iter().flat_map(|language| {
            let parts = Part::ALL.iter();
            parts.map(move |part| TemplateKey {
                kind,
                language: *language,
                part: *part,
            })
        });
        let nodes = keys.filter_map(|key| {
            let stored = stored.iter().find(|stored| stored.key == key);
            TemplateNode::of(key, stored)
        });
        Ok(nodes.collect())
    }
}

/// A text that replaces one of the built-in texts of messages.
#[derive(Clone, Debug, InputObject)]
pub struct PutTemplateInput {
    kind: NotificationKind,
    language: AppLanguage,
    part: TemplatePart,
    /// Null: the program's text is used again.
    source: Option<String>,
    /// The version that was read: somebody else's change of it is not lost.
    expected_version: i32,
    /// Only checks the text and shows its preview; stores nothing.
    #[graphql(default)]
    dry_run: bool,
}

#[derive(Debug, Default)]
pub struct TemplateMutations;

#[Object]
impl TemplateMutations {
    /// Changes a text of messages; for administrators, and for services with the scope `templates`.
    /// Every server uses it within a minute. The audit of purges tells who changed what.
    /// Refusals: `TEMPLATE_INVALID`, `VERSION_CONFLICT`.
    async fn put_template(
        &self,
        ctx: &Context<'_>,
        input: PutTemplateInput,
    ) -> Result<TemplateNode> {
        let request = RequestContext::of(ctx);
        let services = &request.services;
        let key = TemplateKey {
            kind: input.kind.into(),
            language: input.language.into(),
            part: input.part.into(),
        };
        if let Some(source) = &input.source {
            let templates = services.templates.get();
            let checked = templates.check(key.kind, key.language, key.part, source);
            checked.map_err(|problems| invalid(&problems))?;
        }
        if input.dry_run {
            let tried = StoredTemplate {
                key,
                source: input.source,
                version: input.expected_version,
                changed_at_ms: request.now_ms,
            };
            return TemplateNode::of(key, Some(&tried)).ok_or_else(no_such_part);
        }
        if !key.kind.has(key.part) {
            return Err(no_such_part());
        }
        let edited = services.stored_templates.edit(TemplateEdit {
            key,
            source: input.source,
            expected_version: input.expected_version,
            actor: request.asker.caller.actor(),
            now_ms: request.now_ms,
        });
        match edited.await.map_err(failed)? {
            Edited::Conflict { version } => Err(conflict(version)),
            Edited::Done(stored) => {
                relay(request, Purging::Pending).await;
                let followed = follow(&*services.stored_templates, &services.templates).await;
                followed.map_err(failed)?;
                TemplateNode::of(key, Some(&stored)).ok_or_else(no_such_part)
            }
        }
    }
}

/// Puts what administrators changed in use.
pub async fn follow(
    stored: &dyn TemplateStore,
    templates: &Current,
) -> std::result::Result<(), StoreError> {
    for rejected in templates.follow(&stored.all().await?) {
        let problems: Vec<String> = rejected.problems.iter().map(Problem::to_string).collect();
        tracing::error!(
            kind = rejected.kind.as_str(),
            language = rejected.language.as_str(),
            part = rejected.part.as_str(),
            problems = problems.join("; "),
            "a changed text is not valid; the program's own is used"
        );
    }
    Ok(())
}

fn conflict(version: i32) -> Error {
    refused(
        ErrorCode::VERSION_CONFLICT,
        Sentence::with(
            format!(
                "le texte a été modifié depuis sa lecture : sa version est maintenant {version}"
            ),
            format!("the text was changed after it was read: its version is now {version}"),
        ),
    )
}

fn invalid(problems: &[Problem]) -> Error {
    let said = |language: Language| {
        let sentences = problems.iter().map(Problem::sentence);
        let texts: Vec<String> = sentences
            .map(|sentence| sentence.text(language).to_owned())
            .collect();
        texts.join("\n")
    };
    let sentence = Sentence::with(said(Language::French), said(Language::English));
    refused(TEMPLATE_INVALID, sentence)
}

fn no_such_part() -> Error {
    refused(
        TEMPLATE_INVALID,
        Sentence::new(
            "ce message n’a pas cette partie",
            "this message does not have this part",
        ),
    )
}
