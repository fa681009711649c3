//! Reads variables, and notes what became of each: one pass finds everything that is wrong.

use std::{env, fmt, ops::RangeInclusive};

use domain::secret::{MIN_SECRET_BYTES, Secret};

/// Gives a variable's text. The environment is one of two; tests bring their own.
pub(super) type Lookup<'a> = &'a dyn Fn(&'static str) -> Option<String>;

/// The lookup of every program but tests.
pub(super) fn process_environment(variable: &'static str) -> Option<String> {
    env::var(variable).ok()
}

/// What became of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Given, as it may be shown.
    Given(String),
    /// Not given; what holds instead.
    Absent(String),
    /// Not given although it has to be.
    Missing(String),
    /// Given, and wrong.
    Refused(String),
}

/// A variable and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) variable: &'static str,
    pub(super) state: State,
}

/// Everything that is wrong with the environment, a line for each variable. Never a secret's value.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(Vec<String>);

/// Reads one environment.
pub(super) struct Reader<'a> {
    lookup: Lookup<'a>,
    settings: Vec<Setting>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lookup: Lookup<'a>) -> Self {
        Self {
            lookup,
            settings: Vec::new(),
        }
    }

    /// What became of each variable, in the order in which they were read.
    pub(super) fn into_settings(self) -> Vec<Setting> {
        self.settings
    }

    /// Whether nothing is wrong.
    pub(super) fn outcome(&self) -> Result<(), ConfigError> {
        let wrong = self.settings.iter().filter_map(|setting| {
            let (State::Missing(why) | State::Refused(why)) = &setting.state else {
                return None;
            };
            Some(format!("{}: {why}", setting.variable))
        });
        let wrong: Vec<String> = wrong.collect();
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(ConfigError(wrong))
        }
    }

    /// Notes that a variable that was read is wrong after all.
    pub(super) fn refuse(&mut self, variable: &'static str, why: impl Into<String>) {
        self.note(variable, State::Refused(why.into()));
    }

    /// Notes that a variable that was not given has to be.
    pub(super) fn require(&mut self, variable: &'static str, why: impl Into<String>) {
        self.note(variable, State::Missing(why.into()));
    }

    /// A variable that is read by `parse`; `default` when it is absent or wrong.
    pub(super) fn or<T: fmt::Display>(
        &mut self,
        variable: &'static str,
        default: T,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> T {
        match self.given(variable) {
            None => {
                self.note(variable, State::Absent(default.to_string()));
                default
            }
            Some(text) => self
                .parsed(variable, &text, text.clone(), parse)
                .unwrap_or(default),
        }
    }

    /// A number of a range.
    pub(super) fn number(
        &mut self,
        variable: &'static str,
        default: u64,
        range: RangeInclusive<u64>,
    ) -> u64 {
        self.or(variable, default, |text| match text.parse() {
            Ok(number) if range.contains(&number) => Ok(number),
            Ok(_) | Err(_) => Err(format!(
                "{text:?} is not a number from {} to {}",
                range.start(),
                range.end()
            )),
        })
    }

    /// A variable that may be absent; `without` says what that means.
    pub(super) fn optional<T>(
        &mut self,
        variable: &'static str,
        without: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.given_or(variable, without)?;
        self.parsed(variable, &text, text.clone(), parse)
    }

    /// As [`Reader::optional`], for what has a secret in it: neither shown nor quoted.
    pub(super) fn optional_masked<T>(
        &mut self,
        variable: &'static str,
        without: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.given_or(variable, without)?;
        let shown = format!("(given, {} characters)", text.chars().count());
        self.parsed(variable, &text, shown, parse)
    }

    /// A secret, made of its text by `bytes`.
    pub(super) fn secret(
        &mut self,
        variable: &'static str,
        without: &str,
        bytes: impl FnOnce(&str) -> Result<Vec<u8>, String>,
    ) -> Option<Secret> {
        self.optional_masked(variable, without, |text| {
            let bytes = bytes(text)?;
            if bytes.len() < MIN_SECRET_BYTES {
                return Err(format!("has fewer than {MIN_SECRET_BYTES} bytes"));
            }
            Ok(Secret::new(bytes))
        })
    }

    /// A list, separated by commas.
    pub(super) fn list<T>(
        &mut self,
        variable: &'static str,
        without: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let parse_all = |text: &str| {
            let items = text.split(',').map(str::trim);
            items.filter(|item| !item.is_empty()).map(parse).collect()
        };
        self.optional(variable, without, parse_all)
            .unwrap_or_default()
    }

    /// A variable that is set to nothing counts as absent.
    fn given(&self, variable: &'static str) -> Option<String> {
        (self.lookup)(variable)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    fn given_or(&mut self, variable: &'static str, without: &str) -> Option<String> {
        let text = self.given(variable);
        if text.is_none() {
            self.note(variable, State::Absent(without.to_owned()));
        }
        text
    }

    fn parsed<T>(
        &mut self,
        variable: &'static str,
        text: &str,
        shown: String,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let (value, state) = match parse(text) {
            Ok(value) => (Some(value), State::Given(shown)),
            Err(why) => (None, State::Refused(why)),
        };
        self.note(variable, state);
        value
    }

    /// The first thing that is wrong with a variable stays.
    fn note(&mut self, variable: &'static str, state: State) {
        let known = self
            .settings
            .iter_mut()
            .find(|setting| setting.variable == variable);
        match known {
            None => self.settings.push(Setting { variable, state }),
            Some(Setting {
                state: State::Missing(_) | State::Refused(_),
                ..
            }) => {}
            Some(setting) => setting.state = state,
        }
    }
}
