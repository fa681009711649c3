//! Reads variables and records the state of each, so that one pass reports every error.

use std::{collections::BTreeSet, env, fmt, ops::RangeInclusive};

use domain::secret::{MIN_SECRET_BYTES, Secret};

use super::secret_file;

/// Looks up a variable's text: in the process environment, or in a test's own table.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Looks a variable up in the process environment.
pub(super) fn process_environment(variable: &str) -> Option<String> {
    env::var(variable).ok()
}

/// The state of a variable after reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Set and valid; holds the text that may be shown.
    Given(String),
    /// Not set; holds the default, or what its absence means.
    Absent(String),
    /// Not set although it is required; holds the reason.
    Missing(String),
    /// Set but not accepted; holds the reason.
    Refused(String),
}

/// A variable and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) variable: &'static str,
    pub(super) state: State,
}

/// All errors in the environment, one line per variable. Never contains a secret's value.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(Vec<String>);

/// Reads variables from one environment and collects their states.
pub(super) struct Reader<'a> {
    lookup: Lookup<'a>,
    settings: Vec<Setting>,
    /// Every variable that was looked up.
    known: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lookup: Lookup<'a>) -> Self {
        Self {
            lookup,
            settings: Vec::new(),
            known: BTreeSet::new(),
        }
    }

    /// The state of each setting in reading order, and the names of all variables that were looked
    /// up.
    pub(super) fn into_parts(self) -> (Vec<Setting>, BTreeSet<String>) {
        (self.settings, self.known)
    }

    /// Fails with all missing and refused variables, if there are any.
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

    /// Marks a variable that was already read as refused.
    pub(super) fn refuse(&mut self, variable: &'static str, why: impl Into<String>) {
        self.note(variable, State::Refused(why.into()));
    }

    /// Marks a variable that is not set as required.
    pub(super) fn require(&mut self, variable: &'static str, why: impl Into<String>) {
        self.note(variable, State::Missing(why.into()));
    }

    /// Reads a variable with `parse`. Returns `default` if it is absent or refused.
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

    /// Reads a number that must lie in `range`.
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

    /// Reads a variable that may be absent; `without` is the report's text for its absence.
    pub(super) fn optional<T>(
        &mut self,
        variable: &'static str,
        without: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.given(variable);
        let text = self.or_absent(variable, text, without)?;
        self.parsed(variable, &text, text.clone(), parse)
    }

    /// Like [`Reader::optional`], for text that may contain a secret: only its length is shown, and
    /// a file may hold it.
    pub(super) fn optional_masked<T>(
        &mut self,
        variable: &'static str,
        without: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = match secret_file::text(variable, |name| self.given(name)) {
            Ok(text) => self.or_absent(variable, text, without)?,
            Err(why) => {
                self.note(variable, State::Refused(why));
                return None;
            }
        };
        let shown = format!("(given, {} characters)", text.chars().count());
        self.parsed(variable, &text, shown, parse)
    }

    /// Reads a secret of at least [`MIN_SECRET_BYTES`] bytes; `bytes` decodes its text.
    pub(super) fn secret(
        &mut self,
        variable: &'static str,
        without: &str,
        bytes: impl FnOnce(&str) -> Result<Vec<u8>, String>,
    ) -> Option<Secret> {
        self.optional_masked(variable, without, |text| long_enough(bytes(text)?))
    }

    /// Reads a comma-separated list; empty items are skipped.
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

    /// The trimmed text of a variable. One that is set to an empty text counts as absent.
    fn given(&mut self, variable: &str) -> Option<String> {
        self.known.insert(variable.to_owned());
        (self.lookup)(variable)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    /// Notes that the variable is absent if it has no text.
    fn or_absent(
        &mut self,
        variable: &'static str,
        text: Option<String>,
        without: &str,
    ) -> Option<String> {
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

    /// Records a variable's state. The first error of a variable is kept, later states are ignored.
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

/// A secret, unless it is so short that it can be guessed.
pub(super) fn long_enough(bytes: impl Into<Vec<u8>>) -> Result<Secret, String> {
    let bytes = bytes.into();
    if bytes.len() < MIN_SECRET_BYTES {
        return Err(format!("has fewer than {MIN_SECRET_BYTES} bytes"));
    }
    Ok(Secret::new(bytes))
}
