//! Why a template is not accepted, in words for the administrator who wrote it.

use std::fmt;

use domain::sentence::{Language, Sentence};

/// One thing that is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Counted from 1; none if the whole template is wrong.
    pub line: Option<usize>,
    pub cause: Cause,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// No channel of this kind has this part.
    NoSuchPart,
    SourceTooLong {
        most_bytes: usize,
    },
    /// `{{`, `{%`, `{#` or `<` without its end.
    Unclosed(&'static str),
    /// Not one of the few things that a template may do; this is its text.
    NotAllowed(String),
    /// A filter, such as `safe`: values are escaped, always.
    Filter(String),
    UnknownVariable(String),
    /// A variable that is true or false, or a list, and was printed.
    NotPrintable(String),
    /// A variable that is not a list, and was looped over.
    NotAList(String),
    /// A tag or a character of HTML that mail programs do not show alike.
    Markup(String),
    /// The engine's words.
    Syntax(String),
    /// The message needs this value, and does not always show it.
    Missing(&'static str),
    TooLong {
        most_chars: usize,
    },
    Empty,
    /// It takes too long to render, or becomes too large.
    TooCostly,
}

impl Cause {
    pub(crate) const fn at(self, line: usize) -> Problem {
        Problem {
            line: Some(line),
            cause: self,
        }
    }

    pub(crate) const fn anywhere(self) -> Problem {
        Problem {
            line: None,
            cause: self,
        }
    }
}

impl Problem {
    pub fn sentence(&self) -> Sentence {
        let (french, english) = self.sentences();
        match self.line {
            Some(line) => Sentence::with(
                format!("ligne {line} : {french}"),
                format!("line {line}: {english}"),
            ),
            None => Sentence::with(french, english),
        }
    }

    fn sentences(&self) -> (String, String) {
        match &self.cause {
            Cause::NoSuchPart => (
                "ce message n’a pas cette partie".into(),
                "this message does not have this part".into(),
            ),
            Cause::SourceTooLong { most_bytes } => (
                format!("le modèle compte au plus {most_bytes} octets"),
                format!("a template has at most {most_bytes} bytes"),
            ),
            Cause::Unclosed(open) => (
                format!("« {open} » n’est pas refermé"),
                format!("\"{open}\" is not closed"),
            ),
            Cause::NotAllowed(text) => (
                format!(
                    "« {text} » n’est pas permis : un modèle affiche des variables, teste avec if et répète avec for"
                ),
                format!(
                    "\"{text}\" is not allowed: a template shows variables, tests with if and repeats with for"
                ),
            ),
            Cause::Filter(text) => (
                format!("« {text} » : les filtres, dont safe, ne sont pas permis"),
                format!("\"{text}\": filters, such as safe, are not allowed"),
            ),
            Cause::UnknownVariable(name) => (
                format!("la variable « {name} » n’existe pas dans ce message"),
                format!("this message has no variable \"{name}\""),
            ),
            Cause::NotPrintable(name) => (
                format!("la variable « {name} » ne s’affiche pas : elle s’emploie avec if ou for"),
                format!("the variable \"{name}\" is not shown: use it with if or for"),
            ),
            Cause::NotAList(name) => (
                format!("la variable « {name} » n’est pas une liste"),
                format!("the variable \"{name}\" is not a list"),
            ),
            Cause::Markup(tag) => (
                format!("« {tag} » n’est pas permis ici"),
                format!("\"{tag}\" is not allowed here"),
            ),
            Cause::Syntax(words) => (
                format!("le modèle ne peut pas être lu : {words}"),
                format!("the template cannot be read: {words}"),
            ),
            Cause::Missing(name) => (
                format!("le message doit toujours contenir la variable « {name} »"),
                format!("the message must always contain the variable \"{name}\""),
            ),
            Cause::TooLong { most_chars } => (
                format!("le texte compte au plus {most_chars} caractères"),
                format!("the text has at most {most_chars} characters"),
            ),
            Cause::Empty => ("le texte est vide".into(), "the text is empty".into()),
            Cause::TooCostly => (
                "le texte devient trop grand".into(),
                "the text becomes too large".into(),
            ),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence().text(Language::English))
    }
}
