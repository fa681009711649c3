//! The templates in use: the program's, and an administrator's in place of some of them.

use std::sync::{Arc, PoisonError, RwLock};

use domain::messages::templates::{StoredTemplate, TemplateKey};

use crate::{
    overrides::{Overrides, Rejected},
    render::{TemplateError, Templates},
};

/// A handle on them; clones share what is in use.
#[derive(Clone, Debug)]
pub struct Current(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    own: Templates,
    in_use: RwLock<InUse>,
}

#[derive(Debug)]
struct InUse {
    templates: Arc<Templates>,
    /// Of what an administrator changed.
    versions: Vec<(TemplateKey, i32)>,
}

impl Current {
    /// The program's own, all of them.
    pub fn new() -> Result<Self, TemplateError> {
        let own = Templates::new()?;
        let in_use = InUse {
            templates: Arc::new(own.clone()),
            versions: Vec::new(),
        };
        Ok(Self(Arc::new(Shared {
            own,
            in_use: RwLock::new(in_use),
        })))
    }

    /// Those in use now. A message is written with one set from its beginning to its end.
    pub fn get(&self) -> Arc<Templates> {
        let in_use = self.0.in_use.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&in_use.templates)
    }

    /// Puts what administrators changed in use; returns what is left out because it is not valid. Does
    /// nothing if the same versions are in use.
    pub fn follow(&self, stored: &[StoredTemplate]) -> Vec<Rejected> {
        let versions = stored.iter().map(|one| (one.key, one.version));
        let versions: Vec<_> = versions.collect();
        let is_same = |in_use: &InUse| in_use.versions == versions;
        if is_same(&self.0.in_use.read().unwrap_or_else(PoisonError::into_inner)) {
            return Vec::new();
        }
        let overrides: Overrides = stored
            .iter()
            .filter_map(|one| {
                let TemplateKey {
                    kind,
                    language,
                    part,
                } = one.key;
                let source = one.source.clone()?;
                Some(((kind, language, part), source))
            })
            .collect();
        let (templates, rejected) = self.0.own.clone().with(&overrides);
        let mut in_use = self
            .0
            .in_use
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *in_use = InUse {
            templates: Arc::new(templates),
            versions,
        };
        rejected
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        messages::{
            kind::{Channel, Kind},
            letter::{Letter, PhoneCode, Proof},
            part::Part,
        },
        sentence::Language,
    };

    use super::*;
    use crate::{links::Links, rendered::Rendered};

    fn text(current: &Current) -> String {
        let code = Proof::new("123456");
        let letter = Letter::PhoneCode(PhoneCode { code });
        let links = Links::example();
        let rendered = current
            .get()
            .render(&letter, Language::English, Channel::Sms, &links);
        match rendered.unwrap() {
            Rendered::Sms(sms) => sms.text,
            other => panic!("{other:?}"),
        }
    }

    fn stored(source: Option<&str>, version: i32) -> [StoredTemplate; 1] {
        [StoredTemplate {
            key: TemplateKey {
                kind: Kind::PhoneCode,
                language: Language::English,
                part: Part::Sms,
            },
            source: source.map(str::to_owned),
            version,
            changed_at_ms: 0,
        }]
    }

    #[test]
    fn what_is_changed_is_used_and_the_programs_own_after_it() {
        let current = Current::new().unwrap();
        let (other, own) = (current.clone(), text(&current));
        assert!(
            current
                .follow(&stored(Some("Code {{ code }}"), 1))
                .is_empty()
        );
        assert_eq!(text(&other), "Code 123456");
        // Without the code it is of no use: the program's is.
        let rejected = current.follow(&stored(Some("Hello"), 2));
        assert_eq!(rejected.len(), 1);
        assert_eq!(text(&other), own);
        current.follow(&stored(Some("Again {{ code }}"), 3));
        assert_eq!(text(&other), "Again 123456");
        current.follow(&stored(None, 4));
        assert_eq!(text(&other), own);
    }
}
