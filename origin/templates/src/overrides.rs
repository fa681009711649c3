//! Templates that an administrator wrote, in place of the program's.

use std::collections::BTreeMap;

use domain::{
    messages::{kind::Kind, part::Part},
    sentence::Language,
};

use crate::{problem::Problem, render::Templates};

/// The administrator's templates by kind, language and part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides(BTreeMap<(Kind, Language, Part), String>);

impl Overrides {
    pub fn insert(&mut self, kind: Kind, language: Language, part: Part, source: String) {
        self.0.insert((kind, language, part), source);
    }
}

impl FromIterator<((Kind, Language, Part), String)> for Overrides {
    fn from_iter<T: IntoIterator<Item = ((Kind, Language, Part), String)>>(all: T) -> Self {
        Self(all.into_iter().collect())
    }
}

/// A template that is not used: the program's own is used in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    pub kind: Kind,
    pub language: Language,
    pub part: Part,
    pub problems: Vec<Problem>,
}

impl Templates {
    /// With the administrator's templates. They were checked when they were stored, perhaps by an
    /// older program whose letters had other variables, so they are checked again: a message must not
    /// fail because of one.
    #[must_use]
    pub fn with(self, overrides: &Overrides) -> (Self, Vec<Rejected>) {
        let (mut templates, mut rejected) = (self, Vec::new());
        for ((kind, language, part), source) in &overrides.0 {
            let (kind, language, part) = (*kind, *language, *part);
            let checked = templates.check(kind, language, part, source);
            let used = checked.and_then(|_| templates.add(kind, language, part, source));
            if let Err(problems) = used {
                rejected.push(Rejected {
                    kind,
                    language,
                    part,
                    problems,
                });
            }
        }
        (templates, rejected)
    }
}
