//! The rules that an input breaks: all of them, each with the path of its field.

use crate::sentence::{Language, Sentence};

/// A rule for a field. What it says begins after the field's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Appears in `extensions.rule`.
    pub word: &'static str,
    french: &'static str,
    english: &'static str,
}

impl Rule {
    pub const fn new(word: &'static str, french: &'static str, english: &'static str) -> Self {
        Self {
            word,
            french,
            english,
        }
    }

    pub const fn at(self, field: &'static str) -> BrokenRule {
        BrokenRule {
            field,
            index: None,
            rule: self,
        }
    }
}

/// The rule for locations. A refusal for nothing else has a code of its own.
pub const LOCATION: Rule = Rule::new(
    "LOCATION",
    "est hors limites : une latitude va de -90 à 90, une longitude de -180 à 180",
    "is out of range: a latitude is -90 to 90, a longitude -180 to 180",
);

const LIST_LENGTH: Rule = Rule::new(
    "LIST_LENGTH",
    "compte au plus 20 éléments",
    "has at most 20 elements",
);

/// The list, unless it has more than 20 elements.
pub fn at_most_20<T>(field: &'static str, all: Vec<T>) -> Result<Vec<T>, BrokenRule> {
    if all.len() > 20 {
        Err(LIST_LENGTH.at(field))
    } else {
        Ok(all)
    }
}

/// A field that breaks a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenRule {
    pub field: &'static str,
    /// Which element of the field's list.
    pub index: Option<usize>,
    pub rule: Rule,
}

impl BrokenRule {
    #[must_use]
    pub const fn of_element(self, index: usize) -> Self {
        Self {
            index: Some(index),
            ..self
        }
    }
}

/// One line of a refusal: the field's path, such as `consents[0].version`, and its rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenField {
    pub path: String,
    pub rule: Rule,
}

impl BrokenField {
    pub fn text(&self, language: Language) -> String {
        let rule = match language {
            Language::French => self.rule.french,
            Language::English => self.rule.english,
        };
        format!("`{}` {rule}", self.path)
    }
}

impl From<BrokenRule> for BrokenField {
    fn from(broken: BrokenRule) -> Self {
        let field = broken.field;
        let path = match broken.index {
            Some(index) => format!("{field}[{index}]"),
            None => field.to_owned(),
        };
        Self {
            path,
            rule: broken.rule,
        }
    }
}

/// What a refusal of all these fields says.
pub fn sentence(broken: &[BrokenField]) -> Sentence {
    let joined = |language, between: &str| {
        let texts = broken.iter().map(|field| field.text(language));
        texts.collect::<Vec<_>>().join(between)
    };
    let french = joined(Language::French, " ; ");
    Sentence::with(french, joined(Language::English, "; "))
}

/// Reads the fields of an input and keeps every rule that one breaks.
#[derive(Debug, Default)]
pub struct Reading {
    broken: Vec<BrokenField>,
}

impl Reading {
    /// The field's value. A broken one is noted, and its type's default is only there until
    /// [`Self::end`] refuses the input.
    pub fn take<T: Default>(&mut self, read: Result<T, BrokenRule>) -> T {
        read.unwrap_or_else(|broken| {
            self.broken.push(broken.into());
            T::default()
        })
    }

    /// The elements of a list, each by its own rule.
    pub fn each<T, U: Default>(
        &mut self,
        all: Vec<T>,
        mut read: impl FnMut(T) -> Result<U, BrokenRule>,
    ) -> Vec<U> {
        let all = all.into_iter().enumerate();
        all.map(|(index, one)| self.take(read(one).map_err(|broken| broken.of_element(index))))
            .collect()
    }

    /// Notes fields that were read by themselves, and that break rules.
    pub fn note(&mut self, broken: Vec<BrokenField>) {
        self.broken.extend(broken);
    }

    /// The value of an input in a field of this one.
    pub fn within<T: Default>(&mut self, field: &str, read: Result<T, Vec<BrokenField>>) -> T {
        read.unwrap_or_else(|broken| {
            self.broken
                .extend(broken.into_iter().map(|broken| BrokenField {
                    path: format!("{field}.{}", broken.path),
                    ..broken
                }));
            T::default()
        })
    }

    /// Whether no field so far breaks a rule.
    pub fn is_good(&self) -> bool {
        self.broken.is_empty()
    }

    /// What was read, unless a field broke a rule.
    pub fn end<T>(self, read: T) -> Result<T, Vec<BrokenField>> {
        if self.is_good() {
            Ok(read)
        } else {
            Err(self.broken)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule::new("ODD", "est impair", "is odd");

    fn odd(number: i32) -> Result<i32, BrokenRule> {
        if number % 2 == 1 {
            Ok(number)
        } else {
            Err(RULE.at("numbers"))
        }
    }

    #[test]
    fn every_broken_field_is_named_by_its_path() {
        let mut inner = Reading::default();
        let numbers = inner.each(vec![1, 2, 3, 4], odd);
        let inner = inner.end(numbers);
        let mut outer = Reading::default();
        assert_eq!(outer.take(odd(3)), 3);
        outer.take(odd(0));
        outer.within("lists[1]", inner);
        let broken = outer.end(()).unwrap_err();
        let texts: Vec<String> = broken
            .iter()
            .map(|field| field.text(Language::French))
            .collect();
        assert_eq!(
            texts,
            [
                "`numbers` est impair",
                "`lists[1].numbers[1]` est impair",
                "`lists[1].numbers[3]` est impair"
            ]
        );
        let english = sentence(&broken[..2]);
        assert_eq!(
            english.text(Language::English),
            "`numbers` is odd; `lists[1].numbers[1]` is odd"
        );
        assert_eq!(Reading::default().end(7), Ok(7));
    }
}
