//! `yousoon config check`: reports which variables are set, defaulted, missing, refused or unknown.
//! Never shows a secret.

use std::{env, fmt};

use super::{
    Config,
    reader::{Reader, Setting, State, process_environment},
};

const PREFIX: &str = "YOUSOON_";
/// `YOUSOON_` variables that the server's configuration does not read: other commands and programs
/// do, so they are not unknown.
const ELSEWHERE: [&str; 14] = [
    "YOUSOON_BIN",
    "YOUSOON_CHAOS_S",
    "YOUSOON_COPY_FROM",
    "YOUSOON_COPY_FROM_FILE",
    "YOUSOON_COPY_TO",
    "YOUSOON_COPY_TO_FILE",
    "YOUSOON_DATA_DIR",
    "YOUSOON_LOG",
    "YOUSOON_MONGODB_URL",
    "YOUSOON_MONGODB_URL_FILE",
    "YOUSOON_ORIGIN_URL",
    "YOUSOON_TEST_MONGODB_URL",
    "YOUSOON_TEST_REDIS_URL",
    "YOUSOON_TOOLS_DIR",
];

/// The result of the check; displayed as one line per variable.
#[derive(Debug)]
pub struct Report {
    settings: Vec<Setting>,
    /// Variables with our prefix that are set but never read: most likely typing errors.
    unknown: Vec<String>,
}

impl Report {
    /// Checks the environment of this process.
    pub fn of_environment() -> Self {
        let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        Self::new(&process_environment, names)
    }

    pub(super) fn new(lookup: super::Lookup<'_>, names: impl IntoIterator<Item = String>) -> Self {
        let mut reader = Reader::new(lookup);
        // The configuration itself is not needed, only the state of each variable.
        let _read = Config::read(&mut reader);
        let (settings, known) = reader.into_parts();
        let is_known = |name: &str| ELSEWHERE.contains(&name) || known.contains(name);
        let mut unknown: Vec<String> = names
            .into_iter()
            .filter(|name| name.starts_with(PREFIX) && !is_known(name))
            .collect();
        unknown.sort_unstable();
        Self { settings, unknown }
    }

    /// The number of variables that are missing or refused.
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
