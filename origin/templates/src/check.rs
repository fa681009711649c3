//! Tries a template before it is used.

use domain::{
    messages::{kind::Kind, part::Part},
    sentence::Language,
};

use crate::{
    embedded::FILES,
    fitting::{fits, most_chars},
    links::Links,
    problem::{Cause, Problem},
    render::{TemplateError, Templates, shapes},
    samples::samples,
    source::Shape,
    variables::{MARK, Variables},
};

/// The maximum size of a template's source.
const MOST_SOURCE_BYTES: usize = 20_000;

/// What a template makes of the sample letters of its kind, one text for each. The texts of HTML are
/// whole pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    pub texts: Vec<String>,
}

/// What a part has to show whatever the letter says.
const fn required(kind: Kind, part: Part) -> &'static [&'static str] {
    match (part, kind) {
        (
            Part::Text | Part::Html,
            Kind::VerifyEmail
            | Kind::ResetPassword
            | Kind::Invitation
            | Kind::NewDevice
            | Kind::ChangeEmail
            | Kind::EmailChanged
            | Kind::BookingToConfirm,
        ) => &["link"],
        (
            Part::Text | Part::Html,
            Kind::BookingConfirmed
            | Kind::BookingReminder
            | Kind::BookingCancelledByVenue
            | Kind::BookingExpired
            | Kind::FavouritePartnerOffer
            | Kind::FavouriteEndsSoon,
        ) => &["offer"],
        (
            Part::Text | Part::Html,
            Kind::ReviewReplied | Kind::PartnerReviewed | Kind::ReviewContestAnswered,
        ) => &["partner"],
        // The author is owed the reason.
        (Part::Text | Part::Html, Kind::ReviewRemoved) => &["reason"],
        (Part::Text | Part::Html, Kind::PaymentResult | Kind::PaymentDisputed) => &["amount"],
        (Part::Sms, Kind::PhoneCode) => &["code"],
        (
            Part::Text | Part::Html,
            Kind::PhoneCode | Kind::IdentityResult | Kind::News | Kind::ReviewRequest,
        )
        | (Part::Subject | Part::Sms | Part::Title | Part::Body, _) => &[],
    }
}

/// The variables that the templates of this kind may name, and what each holds.
pub fn variables(kind: Kind) -> Vec<(&'static str, Shape)> {
    shapes(kind)
}

/// The program's own template, which an administrator's replaces; none if the kind has no such part.
pub fn original(kind: Kind, language: Language, part: Part) -> Option<&'static str> {
    let key = (kind, language, part);
    let mut files = FILES.iter().copied().flatten();
    let file = files.find(|file| (file.kind, file.language, file.part) == key);
    file.map(|file| file.source)
}

impl Templates {
    /// Whether the source can be the template of this part: it is read, and rendered with the sample
    /// letters and with the longest values. What passes renders every letter.
    pub fn check(
        &self,
        kind: Kind,
        language: Language,
        part: Part,
        source: &str,
    ) -> Result<Preview, Vec<Problem>> {
        if !kind.has(part) {
            return Err(vec![Cause::NoSuchPart.anywhere()]);
        }
        let most_bytes = MOST_SOURCE_BYTES;
        if source.len() > most_bytes {
            return Err(vec![Cause::SourceTooLong { most_bytes }.anywhere()]);
        }
        let mut tried = self.clone();
        tried.add(kind, language, part, source)?;
        let (mut texts, mut problems) = (Vec::new(), Vec::new());
        for letter in samples(kind, language) {
            let variables = Variables::of(&letter, language, &Links::example());
            match tried.try_letter(kind, language, part, &variables) {
                Ok(text) => texts.push(text),
                Err(found) => problems.extend(found),
            }
        }
        // One sample may show the same problem as another.
        problems.dedup();
        if problems.is_empty() {
            Ok(Preview { texts })
        } else {
            Err(problems)
        }
    }

    fn try_letter(
        &self,
        kind: Kind,
        language: Language,
        part: Part,
        variables: &Variables,
    ) -> Result<String, Vec<Problem>> {
        let render = |variables: &Variables| {
            let text = self.whole_part(kind, language, part, variables);
            text.map_err(|error| vec![problem_of(error).anywhere()])
        };
        let text = render(variables)?;
        render(&variables.longest())?;
        let mut problems = Vec::new();
        if text.is_empty() {
            problems.push(Cause::Empty.anywhere());
        }
        if let Some(most_chars) = most_chars(part).filter(|_| !fits(part, &text)) {
            problems.push(Cause::TooLong { most_chars }.anywhere());
        }
        for name in required(kind, part) {
            if !render(&variables.marked(name))?.contains(MARK) {
                problems.push(Cause::Missing(name).anywhere());
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        match part {
            Part::Html => {
                let subject = self.part(kind, language, Part::Subject, variables);
                subject
                    .and_then(|subject| {
                        self.page(kind, language, (&subject, text), &Links::example())
                    })
                    .map_err(|error| vec![problem_of(error).anywhere()])
            }
            Part::Subject | Part::Text | Part::Sms | Part::Title | Part::Body => Ok(text),
        }
    }
}

fn problem_of(error: TemplateError) -> Cause {
    match error {
        TemplateError::Failed { cause, .. } => match cause.kind() {
            minijinja::ErrorKind::OutOfFuel | minijinja::ErrorKind::WriteFailure => {
                Cause::TooCostly
            }
            kind => Cause::Syntax(kind.to_string()),
        },
        error @ (TemplateError::NoChannel { .. } | TemplateError::BuiltIn { .. }) => {
            Cause::Syntax(error.to_string())
        }
    }
}
