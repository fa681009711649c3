//! What the templates of each kind may name.

use std::collections::BTreeMap;

use domain::{
    auth::codes::CodePurpose,
    bookings::reason::Reason,
    messages::letter::{
        BookingDetails, DisputeOutcome, IdentityOutcome, Letter, News, OfferDetails,
        PartnerOutcome, PartnerReviewed, PaymentOutcome, PaymentResult, ReviewRemoved,
    },
    sentence::Language,
    team,
};
use minijinja::Value;

use crate::{
    clean::{html_escaped, isolated, name, one_line, shortened},
    gsm7::folded,
    links::Links,
    moments::{amount, day, last_day, moment, party, period, rate, time, window},
    source::{Form, Shape},
    typography::printed,
};

/// A value that stands in no template and looks the same in every form.
pub(crate) const MARK: &str = "7mark7";
const MOST_NAME_CHARS: usize = 50;
const MOST_TITLE_CHARS: usize = News::MOST_TITLE_CHARS;

/// The value of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Data {
    /// Somebody typed it: it may be shortened, to make the text fit.
    Typed {
        text: String,
        most_chars: usize,
    },
    /// Made here: a time, an amount, a code.
    Made(String),
    Link(String),
    Flag(bool),
    /// Each is one line.
    Paragraphs(Vec<String>),
}

impl Data {
    const fn shape(&self) -> Shape {
        match self {
            Self::Typed { .. } | Self::Made(_) => Shape::Text,
            Self::Link(_) => Shape::Link,
            Self::Flag(_) => Shape::Flag,
            Self::Paragraphs(_) => Shape::List,
        }
    }
}

/// The variables of one letter. Each kind has the same ones in every letter: what a letter does not
/// know is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variables {
    language: Language,
    all: Vec<(&'static str, Data)>,
}

impl Variables {
    pub(crate) fn of(letter: &Letter, language: Language, links: &Links) -> Self {
        let mut variables = Self {
            language,
            all: Vec::new(),
        };
        variables.add_letter(letter);
        if let Some(link) = links.of(letter) {
            variables.add("link", Data::Link(link));
        }
        variables
    }

    pub(crate) const fn new(language: Language, all: Vec<(&'static str, Data)>) -> Self {
        Self { language, all }
    }

    pub(crate) fn shapes(&self) -> Vec<(&'static str, Shape)> {
        let all = self.all.iter();
        all.map(|(name, data)| (*name, data.shape())).collect()
    }

    /// With [`MARK`] as the value of this text or link.
    pub(crate) fn marked(&self, marked: &str) -> Self {
        let data = |(name, data): &(&'static str, Data)| {
            let data = match data {
                Data::Link(_) if *name == marked => Data::Link(MARK.to_owned()),
                Data::Typed { .. } | Data::Made(_) if *name == marked => {
                    Data::Made(MARK.to_owned())
                }
                data => data.clone(),
            };
            (*name, data)
        };
        Self::new(self.language, self.all.iter().map(data).collect())
    }

    /// With every text as long as it can be, of the characters that grow most when they are escaped.
    pub(crate) fn longest(&self) -> Self {
        let longest = |(name, data): &(&'static str, Data)| {
            let data = match data {
                Data::Typed { most_chars, .. } => Data::Typed {
                    text: "\"".repeat(*most_chars),
                    most_chars: *most_chars,
                },
                Data::Paragraphs(_) => {
                    Data::Paragraphs(vec![
                        "\"".repeat(News::MOST_PARAGRAPH_CHARS);
                        News::MOST_PARAGRAPHS
                    ])
                }
                Data::Made(_) | Data::Link(_) | Data::Flag(_) => data.clone(),
            };
            (*name, data)
        };
        Self::new(self.language, self.all.iter().map(longest).collect())
    }

    /// For the engine: texts have at most `most_chars` characters, links are escaped already.
    pub(crate) fn values(&self, form: Form, most_chars: usize) -> Value {
        let text = |text: &str, most: usize| {
            let most = most.min(most_chars);
            Value::from(match form {
                Form::Plain | Form::Html => {
                    isolated(printed(&shortened(text, most), self.language))
                }
                Form::Sms => folded(&shortened(&folded(text), most)),
            })
        };
        let value = |data: &Data| match data {
            Data::Typed {
                text: typed,
                most_chars,
            } => text(typed, *most_chars),
            Data::Made(made) => Value::from(made.as_str()),
            Data::Link(link) => match form {
                Form::Plain | Form::Sms => Value::from(link.as_str()),
                Form::Html => Value::from_safe_string(html_escaped(link)),
            },
            Data::Flag(flag) => Value::from(*flag),
            Data::Paragraphs(paragraphs) => {
                let all = paragraphs.iter();
                let all = all.map(|paragraph| text(paragraph, News::MOST_PARAGRAPH_CHARS));
                Value::from(all.collect::<Vec<Value>>())
            }
        };
        let all = self.all.iter();
        let values: BTreeMap<&str, Value> = all.map(|(name, data)| (*name, value(data))).collect();
        Value::from(values)
    }

    fn add(&mut self, name: &'static str, data: Data) {
        self.all.push((name, data));
    }

    fn add_made(&mut self, name: &'static str, text: String) {
        self.add(name, Data::Made(text));
    }

    fn add_person(&mut self, variable: &'static str, text: &str) {
        let (text, most_chars) = (name(text), MOST_NAME_CHARS);
        self.add(variable, Data::Typed { text, most_chars });
    }

    fn add_title(&mut self, name: &'static str, text: &str) {
        let (text, most_chars) = (one_line(text), MOST_TITLE_CHARS);
        self.add(name, Data::Typed { text, most_chars });
    }

    #[expect(clippy::too_many_lines, reason = "an arm for each letter")]
    fn add_letter(&mut self, letter: &Letter) {
        match letter {
            Letter::VerifyEmail(letter) => {
                self.add_person("first_name", &letter.first_name);
                self.add_life(CodePurpose::VerifyEmail.life_ms());
            }
            Letter::ResetPassword(letter) => {
                self.add_person("first_name", &letter.first_name);
                self.add_life(CodePurpose::ResetPassword.life_ms());
            }
            Letter::ChangeEmail(_) => self.add_life(CodePurpose::ChangeEmail.life_ms()),
            Letter::EmailChanged(letter) => {
                self.add_person("first_name", &letter.first_name);
                self.add_life(CodePurpose::UndoEmailChange.life_ms());
            }
            Letter::PhoneCode(letter) => {
                self.add_made("code", one_line(letter.code.expose()));
                self.add_life(CodePurpose::VerifyPhone.life_ms());
            }
            Letter::Invitation(letter) => {
                self.add_title("partner", &letter.partner);
                self.add_life(team::LIFE_MS);
            }
            Letter::NewDevice(letter) => {
                self.add_person("first_name", &letter.first_name);
                self.add_person("device", letter.device.as_deref().unwrap_or_default());
                self.add_made("day", day(letter.signed_in_at_ms, self.language));
                self.add_made("time", time(letter.signed_in_at_ms, self.language));
            }
            Letter::BookingConfirmed(letter) => self.add_visit(&letter.first_name, &letter.booking),
            Letter::BookingReminder(letter) => self.add_visit(&letter.first_name, &letter.booking),
            Letter::BookingCancelledByVenue(letter) => {
                self.add_visit(&letter.first_name, &letter.booking);
                let text = one_line(letter.reason.as_deref().unwrap_or_default());
                let most_chars = Reason::MOST_CHARS;
                self.add("reason", Data::Typed { text, most_chars });
            }
            Letter::ReviewContestAnswered(letter) => {
                self.add_person("first_name", &letter.first_name);
                self.add_title("partner", &letter.partner);
                self.add("restored", Data::Flag(letter.answer.is_none()));
                let text = one_line(letter.answer.as_deref().unwrap_or_default());
                let most_chars = ReviewRemoved::MOST_REASON_CHARS;
                self.add("reason", Data::Typed { text, most_chars });
            }
            Letter::BookingExpired(letter) => {
                self.add_visit(&letter.first_name, &letter.booking);
                self.add_deadline(&letter.booking);
            }
            Letter::BookingToConfirm(letter) => {
                self.add_person("guest", &letter.guest);
                self.add_booking(&letter.booking);
                self.add_deadline(&letter.booking);
            }
            Letter::FavouritePartnerOffer(letter) => {
                self.add_person("first_name", &letter.first_name);
                self.add_offer(&letter.offer);
            }
            Letter::FavouriteEndsSoon(letter) => {
                self.add_person("first_name", &letter.first_name);
                self.add_offer(&letter.offer);
            }
            Letter::IdentityResult(letter) => {
                self.add_person("first_name", &letter.first_name);
                let (is_verified, ends_soon) = match letter.outcome {
                    IdentityOutcome::Verified => (true, false),
                    IdentityOutcome::Rejected => (false, false),
                    IdentityOutcome::Expiring => (false, true),
                };
                self.add("verified", Data::Flag(is_verified));
                self.add("expiring", Data::Flag(ends_soon));
            }
            Letter::PaymentResult(letter) => self.add_payment(letter),
            Letter::PaymentDisputed(letter) => {
                self.add_person("first_name", &letter.first_name);
                self.add_made("amount", amount(letter.amount, self.language));
                self.add_title("offer", &letter.offer);
                self.add_made("reference", letter.reference.clone());
                let (opened, won, lost) = match letter.outcome {
                    DisputeOutcome::Opened => (true, false, false),
                    DisputeOutcome::Won => (false, true, false),
                    DisputeOutcome::Lost => (false, false, true),
                };
                self.add("opened", Data::Flag(opened));
                self.add("won", Data::Flag(won));
                self.add("lost", Data::Flag(lost));
            }
            Letter::ReviewRequest(letter) => self.add_visit(&letter.first_name, &letter.booking),
            Letter::ReviewReplied(letter) => {
                self.add_person("first_name", &letter.first_name);
                self.add_title("partner", &letter.partner);
            }
            Letter::ReviewRemoved(letter) => {
                self.add_person("first_name", &letter.first_name);
                self.add_title("partner", &letter.partner);
                let (text, most_chars) =
                    (one_line(&letter.reason), ReviewRemoved::MOST_REASON_CHARS);
                self.add("reason", Data::Typed { text, most_chars });
            }
            Letter::PartnerReviewed(letter) => self.add_decision(letter),
            Letter::News(letter) => {
                self.add_person("first_name", &letter.first_name);
                self.add_title("title", &letter.title);
                let paragraphs = letter.paragraphs.iter().take(News::MOST_PARAGRAPHS);
                let paragraphs = paragraphs.map(|paragraph| one_line(paragraph));
                self.add("paragraphs", Data::Paragraphs(paragraphs.collect()));
            }
        }
    }

    fn add_life(&mut self, life_ms: i64) {
        self.add_made("valid_for", period(life_ms, self.language));
    }

    fn add_decision(&mut self, letter: &PartnerReviewed) {
        self.add_person("first_name", &letter.first_name);
        self.add_title("partner", &letter.partner);
        let text = letter.reason.as_deref().map(one_line).unwrap_or_default();
        let most_chars = PartnerReviewed::MOST_REASON_CHARS;
        self.add("reason", Data::Typed { text, most_chars });
        for (name, outcome) in [
            ("approved", PartnerOutcome::Approved),
            ("returned", PartnerOutcome::Returned),
            ("suspended", PartnerOutcome::Suspended),
        ] {
            self.add(name, Data::Flag(letter.outcome == outcome));
        }
    }

    fn add_visit(&mut self, first_name: &str, booking: &BookingDetails) {
        self.add_person("first_name", first_name);
        self.add_booking(booking);
    }

    fn add_booking(&mut self, booking: &BookingDetails) {
        self.add_title("offer", &booking.offer);
        self.add_title("partner", &booking.partner);
        self.add_title("address", booking.address.as_deref().unwrap_or_default());
        self.add_made("day", day(booking.from_ms, self.language));
        self.add_made("time", time(booking.from_ms, self.language));
        let when = window(booking.from_ms, booking.until_ms, self.language);
        self.add_made("when", when);
        let people = booking.people;
        let people = people.map_or_else(String::new, |number| party(number, self.language));
        self.add_made("people", people);
    }

    /// Until when the venue may answer.
    fn add_deadline(&mut self, booking: &BookingDetails) {
        let at_ms = booking.decide_before_ms;
        let deadline = at_ms.map_or_else(String::new, |at_ms| moment(at_ms, self.language));
        self.add_made("deadline", deadline);
    }

    fn add_offer(&mut self, offer: &OfferDetails) {
        self.add_title("offer", &offer.title);
        self.add_title("partner", &offer.partner);
        let percentage = offer.percentage.filter(|percentage| *percentage > 0);
        let discount = percentage.map_or_else(String::new, |percentage| match self.language {
            Language::French => format!("{percentage}\u{202f}% de réduction"),
            Language::English => format!("{percentage}% off"),
        });
        self.add_made("discount", discount);
        self.add_made("last_day", last_day(offer.valid_until_ms, self.language));
    }

    fn add_payment(&mut self, payment: &PaymentResult) {
        self.add_person("first_name", &payment.first_name);
        self.add_made("amount", amount(payment.amount, self.language));
        let has_vat = payment.vat_rate_bp > 0 && payment.outcome == PaymentOutcome::Paid;
        let vat = |text: &dyn Fn() -> String| if has_vat { text() } else { String::new() };
        let rate_of = || rate(payment.vat_rate_bp, self.language);
        let amount_of = || amount(payment.amount.contained(payment.vat_rate_bp), self.language);
        let (vat_rate, vat_amount) = (vat(&rate_of), vat(&amount_of));
        self.add_made("vat_rate", vat_rate);
        self.add_made("vat_amount", vat_amount);
        self.add_made("reference", payment.reference.clone());
        self.add_title("offer", &payment.offer);
        self.add_title("partner", &payment.partner);
        let (paid, failed, refunded) = match payment.outcome {
            PaymentOutcome::Paid => (true, false, false),
            PaymentOutcome::Failed => (false, true, false),
            PaymentOutcome::Refunded => (false, false, true),
        };
        self.add("paid", Data::Flag(paid));
        self.add("failed", Data::Flag(failed));
        self.add("refunded", Data::Flag(refunded));
    }
}
