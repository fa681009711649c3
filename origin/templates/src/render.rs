//! From a letter to its text.

use std::collections::BTreeMap;

use domain::{
    messages::{
        kind::{Channel, Choice, Kind},
        letter::Letter,
        part::Part,
    },
    sentence::Language,
};
use minijinja::{Environment, Value};

use crate::{
    embedded::{FILES, FOOTERS, LAYOUT},
    engine::{environment, form, render, template_name},
    fitting::{VALUE_CHARS, cut, finished, fits},
    links::Links,
    problem::{Cause, Problem},
    rendered::{EmailText, Rendered, ShortText, SmsText},
    samples::samples,
    source::{Form, Shape, prepared},
    variables::{Data, Variables},
};

const LAYOUT_NAME: &str = "layout/layout.html";
const FOOTER_VARIABLES: [(&str, Shape); 4] = [
    ("mandatory", Shape::Flag),
    ("news", Shape::Flag),
    ("settings", Shape::Link),
    ("stop", Shape::Link),
];

/// Why a letter has no text.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("{} is not sent by {}", .kind.as_str(), .channel.as_str())]
    NoChannel { kind: Kind, channel: Channel },
    #[error("the template {name} is not accepted: {}", sentences(.problems))]
    BuiltIn {
        name: String,
        problems: Vec<Problem>,
    },
    #[error("the template {name} cannot be rendered")]
    Failed {
        name: String,
        #[source]
        cause: minijinja::Error,
    },
}

fn sentences(problems: &[Problem]) -> String {
    let sentences: Vec<String> = problems.iter().map(Problem::to_string).collect();
    sentences.join("; ")
}

/// All templates, compiled.
#[derive(Clone, Debug)]
pub struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    /// The templates of the program.
    pub fn new() -> Result<Self, TemplateError> {
        let mut templates = Self {
            environment: environment(),
        };
        for file in FILES.iter().copied().flatten() {
            let (kind, language, part) = (file.kind, file.language, file.part);
            let added = templates.add(kind, language, part, file.source);
            added.map_err(|problems| TemplateError::BuiltIn {
                name: template_name(kind, language, part),
                problems,
            })?;
        }
        for (language, text, html) in FOOTERS {
            templates.add_footer(language, Form::Plain, text)?;
            templates.add_footer(language, Form::Html, html)?;
        }
        let added = templates.environment.add_template(LAYOUT_NAME, LAYOUT);
        added.map_err(|cause| TemplateError::Failed {
            name: LAYOUT_NAME.into(),
            cause,
        })?;
        Ok(templates)
    }

    /// Adds a template, or puts it in the place of the one before.
    pub(crate) fn add(
        &mut self,
        kind: Kind,
        language: Language,
        part: Part,
        source: &str,
    ) -> Result<(), Vec<Problem>> {
        let shapes = shapes(kind);
        let source = prepared(source, form(part), language, &shapes)?;
        let name = template_name(kind, language, part);
        self.compile(name, source).map_err(|problem| vec![problem])
    }

    fn add_footer(
        &mut self,
        language: Language,
        form: Form,
        source: &str,
    ) -> Result<(), TemplateError> {
        let name = footer_name(language, form);
        let source = prepared(source, form, language, &FOOTER_VARIABLES);
        source
            .and_then(|source| {
                self.compile(name.clone(), source)
                    .map_err(|problem| vec![problem])
            })
            .map_err(|problems| TemplateError::BuiltIn { name, problems })
    }

    fn compile(&mut self, name: String, source: String) -> Result<(), Problem> {
        let added = self.environment.add_template_owned(name, source);
        added.map_err(|error| Problem {
            line: error.line(),
            cause: Cause::Syntax(error.detail().unwrap_or("?").to_owned()),
        })
    }

    /// The letter's text for a channel.
    pub fn render(
        &self,
        letter: &Letter,
        language: Language,
        channel: Channel,
        links: &Links,
    ) -> Result<Rendered, TemplateError> {
        let kind = letter.kind();
        if !kind.channels().contains(&channel) {
            return Err(TemplateError::NoChannel { kind, channel });
        }
        let variables = Variables::of(letter, language, links);
        let part = |part| self.part(kind, language, part, &variables);
        Ok(match channel {
            Channel::Email => {
                let subject = part(Part::Subject)?;
                let (text, html) = (part(Part::Text)?, part(Part::Html)?);
                Rendered::Email(EmailText {
                    text: self.plain_page(kind, language, &text, links)?,
                    html: self.page(kind, language, (&subject, html), links)?,
                    subject,
                    unsubscribe: kind
                        .can_be_switched_off()
                        .then(|| links.unsubscribe().map(str::to_owned))
                        .flatten(),
                })
            }
            Channel::Sms => Rendered::Sms(SmsText {
                text: part(Part::Sms)?,
            }),
            Channel::Push => Rendered::Push(ShortText {
                title: part(Part::Title)?,
                body: part(Part::Body)?,
                link: links.of(letter),
            }),
            Channel::Inbox => Rendered::Inbox(ShortText {
                title: part(Part::Title)?,
                body: part(Part::Body)?,
                link: links.of(letter),
            }),
        })
    }

    /// One part, cut off if it is too long.
    pub(crate) fn part(
        &self,
        kind: Kind,
        language: Language,
        part: Part,
        variables: &Variables,
    ) -> Result<String, TemplateError> {
        let text = self.whole_part(kind, language, part, variables)?;
        Ok(cut(part, text))
    }

    /// One part, with its values as long as fits. It may be too long all the same.
    pub(crate) fn whole_part(
        &self,
        kind: Kind,
        language: Language,
        part: Part,
        variables: &Variables,
    ) -> Result<String, TemplateError> {
        let name = template_name(kind, language, part);
        let mut text = String::new();
        for most_chars in VALUE_CHARS {
            let values = variables.values(form(part), most_chars);
            text = finished(part, &self.rendered(&name, &values)?);
            if fits(part, &text) {
                break;
            }
        }
        Ok(text)
    }

    /// The whole text of an e-mail.
    fn plain_page(
        &self,
        kind: Kind,
        language: Language,
        text: &str,
        links: &Links,
    ) -> Result<String, TemplateError> {
        let footer = self.footer(kind, language, Form::Plain, links)?;
        Ok(format!("{text}\n\n-- \n{footer}\n"))
    }

    /// The whole HTML of an e-mail.
    pub(crate) fn page(
        &self,
        kind: Kind,
        language: Language,
        (title, content): (&str, String),
        links: &Links,
    ) -> Result<String, TemplateError> {
        let footer = self.footer(kind, language, Form::Html, links)?;
        let values = Value::from(BTreeMap::from([
            ("language", Value::from(language.as_str())),
            ("title", Value::from(title)),
            ("content", Value::from_safe_string(content)),
            ("footer", Value::from_safe_string(footer)),
        ]));
        self.rendered(LAYOUT_NAME, &values)
    }

    fn footer(
        &self,
        kind: Kind,
        language: Language,
        form: Form,
        links: &Links,
    ) -> Result<String, TemplateError> {
        let (mandatory, news) = match kind.choice() {
            Choice::Mandatory => (true, false),
            Choice::OptOut => (false, false),
            Choice::OptIn => (false, true),
        };
        let stop = links
            .unsubscribe()
            .map_or_else(|| links.settings(), str::to_owned);
        let all = vec![
            ("mandatory", Data::Flag(mandatory)),
            ("news", Data::Flag(news)),
            ("settings", Data::Link(links.settings())),
            ("stop", Data::Link(stop)),
        ];
        let values = Variables::new(language, all).values(form, usize::MAX);
        let footer = self.rendered(&footer_name(language, form), &values)?;
        Ok(footer.trim().to_owned())
    }

    fn rendered(&self, name: &str, values: &Value) -> Result<String, TemplateError> {
        render(&self.environment, name, values).map_err(|cause| TemplateError::Failed {
            name: name.to_owned(),
            cause,
        })
    }
}

fn footer_name(language: Language, form: Form) -> String {
    let ending = match form {
        Form::Plain | Form::Sms => "txt",
        Form::Html => "html",
    };
    format!("layout/{}/footer.{ending}", language.as_str())
}

/// The variables of a kind: every letter of it has the same.
pub(crate) fn shapes(kind: Kind) -> Vec<(&'static str, Shape)> {
    let (links, language) = (Links::example(), Language::French);
    let first = samples(kind, language).into_iter().next();
    first.map_or_else(Vec::new, |letter| {
        Variables::of(&letter, language, &links).shapes()
    })
}
