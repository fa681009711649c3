//! `yousoon config check`: what is set, and what is missing or refused. No secret is shown.

use std::{env, fmt};

use super::{
    Config,
    reader::{Reader, Setting, State, process_environment},
};

const PREFIX: &str = "YOUSOON_";
/// Variables of ours that are no settings of the server: other commands', and other programs'.
const ELSEWHERE: [&str; 11] = [
    "YOUSOON_BIN",
    "YOUSOON_CHAOS_S",
    "YOUSOON_COPY_FROM",
    "YOUSOON_COPY_TO",
    "YOUSOON_DATA_DIR",
    "YOUSOON_LOG",
    "YOUSOON_MONGODB_URL",
    "YOUSOON_ORIGIN_URL",
    "YOUSOON_TEST_MONGODB_URL",
    "YOUSOON_TEST_REDIS_URL",
    "YOUSOON_TOOLS_DIR",
];

/// What was found, a line for each variable.
#[derive(Debug)]
pub struct Report {
    settings: Vec<Setting>,
    /// Set, and nobody reads them: a slip of the pen, most likely.
    unknown: Vec<String>,
}

impl Report {
    /// Of this program's environment.
    pub fn of_environment() -> Self {
        let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        Self::new(&process_environment, names)
    }

    pub(super) fn new(lookup: super::Lookup<'_>, names: impl IntoIterator<Item = String>) -> Self {
        let mut reader = Reader::new(lookup);
        // What is read is not used: only what became of it.
        let _read = Config::read(&mut reader);
        let settings = reader.into_settings();
        let is_known = |name: &str| {
            ELSEWHERE.contains(&name) || settings.iter().any(|known| known.variable == name)
        };
        let mut unknown: Vec<String> = names
            .into_iter()
            .filter(|name| name.starts_with(PREFIX) && !is_known(name))
            .collect();
        unknown.sort_unstable();
        Self { settings, unknown }
    }

    /// How many variables are missing or refused.
    pub fn wrong(&self) -> usize {
        let is_wrong =
            |setting: &&Setting| matches!(setting.state, State::Missing(_) | State::Refused(_));
        self.settings.iter().filter(is_wrong).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.settings.iter().map(|setting| setting.variable.len());
        let width = names.max().unwrap_or_default();
        for Setting { variable, state } in &self.settings {
            let (word, text) = match state {
                State::Given(shown) => ("set", shown),
                State::Absent(instead) => ("default", instead),
                State::Missing(why) => ("MISSING", why),
                State::Refused(why) => ("REFUSED", why),
            };
            writeln!(f, "{variable:width$}  {word:7}  {text}")?;
        }
        for name in &self.unknown {
            writeln!(f, "{name:width$}  unknown  nothing reads it")?;
        }
        Ok(())
    }
}
