//! An administrator's texts of messages, in place of the program's.

use std::fmt;

use async_trait::async_trait;

use super::{kind::Kind, part::Part};
use crate::{
    StoreError,
    pending_purge::{PendingPurge, PurgeKind},
    sentence::Language,
    tags,
};

/// Which text: each kind has one for each language and part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateKey {
    pub kind: Kind,
    pub language: Language,
    pub part: Part,
}

impl fmt::Display for TemplateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, language) = (self.kind.as_str(), self.language.as_str());
        write!(f, "{kind} {language} {}", self.part.as_str())
    }
}

/// A text that an administrator changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTemplate {
    pub key: TemplateKey,
    /// None: the program's is used again.
    pub source: Option<String>,
    /// Grows with each change, from 1 on, also when the program's is used again.
    pub version: i32,
    pub changed_at_ms: i64,
}

/// What an administrator makes of a text. The source was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateEdit {
    pub key: TemplateKey,
    /// None: the program's is used again.
    pub source: Option<String>,
    /// The version that was read; 0 if the text was never changed.
    pub expected_version: i32,
    pub actor: String,
    pub now_ms: i64,
}

/// What a store does with an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Editing {
    /// Somebody else has changed it; this is its version now.
    Conflict { version: i32 },
    /// It is done already, by this edit sent before.
    Same(StoredTemplate),
    /// To be stored with the purge, which no cache needs: the audit tells of it.
    Changed(StoredTemplate, PendingPurge),
}

/// The outcome of an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edited {
    /// Somebody else has changed it; this is its version now. Nothing was stored.
    Conflict {
        version: i32,
    },
    Done(StoredTemplate),
}

impl TemplateEdit {
    /// Decides, for every backend, what becomes of a text; `known` is what is stored of it.
    pub fn apply(self, known: Option<StoredTemplate>) -> Editing {
        let version = known.as_ref().map_or(0, |known| known.version);
        let next = self.expected_version.saturating_add(1);
        match known {
            Some(known) if known.version == next && known.source == self.source => {
                return Editing::Same(known);
            }
            Some(_) | None if version != self.expected_version => {
                return Editing::Conflict { version };
            }
            Some(_) | None => {}
        }
        let what = match &self.source {
            Some(_) => "changed",
            None => "the program's again",
        };
        let purge = PendingPurge {
            tags: vec![tags::template(self.key.kind)],
            kind: PurgeKind::Hard,
            reason: format!("template {}, version {next}: {what}", self.key),
            actor: self.actor,
        };
        let stored = StoredTemplate {
            key: self.key,
            source: self.source,
            version: next,
            changed_at_ms: self.now_ms,
        };
        Editing::Changed(stored, purge)
    }
}

/// The texts that administrators changed, in a database.
#[async_trait]
pub trait TemplateStore: fmt::Debug + Send + Sync {
    /// All of them, by key; without those of kinds, languages and parts that this version of the
    /// program does not know.
    async fn all(&self) -> Result<Vec<StoredTemplate>, StoreError>;

    /// Stores an edit with its purge, in one transaction, as [`TemplateEdit::apply`] decides.
    async fn edit(&self, edit: TemplateEdit) -> Result<Edited, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(source: Option<&str>, expected_version: i32) -> TemplateEdit {
        TemplateEdit {
            key: TemplateKey {
                kind: Kind::News,
                language: Language::French,
                part: Part::Subject,
            },
            source: source.map(str::to_owned),
            expected_version,
            actor: "user ana".to_owned(),
            now_ms: 7,
        }
    }

    fn changed(editing: Editing) -> (StoredTemplate, PendingPurge) {
        match editing {
            Editing::Changed(stored, purge) => (stored, purge),
            Editing::Conflict { .. } | Editing::Same(_) => panic!("{editing:?}"),
        }
    }

    #[test]
    fn versions_grow_and_an_edit_of_another_one_conflicts() {
        let (first, purge) = changed(edit(Some("a"), 0).apply(None));
        assert_eq!((first.version, first.changed_at_ms), (1, 7));
        assert_eq!(purge.reason, "template news fr subject, version 1: changed");
        assert_eq!(purge.actor, "user ana");
        assert_eq!(purge.tags[0].as_str(), "template:news");
        let known = || Some(first.clone());
        assert_eq!(
            edit(Some("b"), 0).apply(known()),
            Editing::Conflict { version: 1 }
        );
        assert_eq!(
            edit(Some("b"), 2).apply(known()),
            Editing::Conflict { version: 1 }
        );
        assert_eq!(
            edit(Some("b"), 1).apply(None),
            Editing::Conflict { version: 0 }
        );
        // Sent again, because no answer came.
        assert_eq!(
            edit(Some("a"), 0).apply(known()),
            Editing::Same(first.clone())
        );
        let (second, purge) = changed(edit(None, 1).apply(known()));
        assert_eq!((second.version, second.source), (2, None));
        assert!(
            purge.reason.ends_with("the program's again"),
            "{}",
            purge.reason
        );
    }
}
