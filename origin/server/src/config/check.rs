//! `yousoon config check`: reports which variables are set, defaulted, missing, refused or unknown.
//! Never shows a secret. With `--production` it also refuses what [`super::rollout`] names.

use std::{env, fmt};

use store_mongo::database::MongoUrl;

use super::{
    Config, Lookup, Rollout,
    reader::{Reader, Setting, State, process_environment},
    rollout,
};

const PREFIX: &str = "YOUSOON_";
const ENVIRONMENT: &str = "YOUSOON_ENV";
/// `YOUSOON_` variables that the server's configuration does not read: other commands and programs
/// do, so they are not unknown.
const ELSEWHERE: [&str; 11] = [
    "YOUSOON_BIN",
    "YOUSOON_CHAOS_S",
    "YOUSOON_COPY_FROM",
    "YOUSOON_COPY_FROM_FILE",
    "YOUSOON_COPY_TO",
    "YOUSOON_COPY_TO_FILE",
    "YOUSOON_DATA_DIR",
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
    /// Whether these are refused.
    refuses_unknown: bool,
}

impl Report {
    /// Checks the environment of this process, for a rollout to production if one is given.
    pub fn of_environment(rollout: Option<Rollout>) -> Self {
        let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        Self::new(&process_environment, names, rollout)
    }

    pub(super) fn new(
        lookup: Lookup<'_>,
        names: impl IntoIterator<Item = String>,
        rollout: Option<Rollout>,
    ) -> Self {
        // So that a wrong YOUSOON_ENV hides nothing of what production refuses.
        let in_production = |name: &str| {
            let is_environment = name == ENVIRONMENT && rollout.is_some();
            is_environment
                .then(|| "production".to_owned())
                .or_else(|| lookup(name))
        };
        let mut reader = Reader::new(&in_production);
        let config = Config::read(&mut reader);
        let mongodb = mongodb(&mut reader);
        if let Some(rollout) = rollout {
            rollout::refuse(&config, mongodb.as_ref(), rollout, &mut reader);
            if lookup(ENVIRONMENT).is_none_or(|text| text.trim() != "production") {
                reader.refuse(ENVIRONMENT, "should be production");
            }
        }
        let (settings, known) = reader.into_parts();
        let is_known = |name: &str| ELSEWHERE.contains(&name) || known.contains(name);
        let mut unknown: Vec<String> = names
            .into_iter()
            .filter(|name| name.starts_with(PREFIX) && !is_known(name))
            .collect();
        unknown.sort_unstable();
        Self {
            settings,
            unknown,
            refuses_unknown: rollout.is_some(),
        }
    }

    /// Variables with our prefix that are set and never read.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// The number of variables that are missing or refused; for a rollout, unknown ones are refused.
    pub fn wrong(&self) -> usize {
        let is_wrong =
            |setting: &&Setting| matches!(setting.state, State::Missing(_) | State::Refused(_));
        let unknown = if self.refuses_unknown {
            self.unknown.len()
        } else {
            0
        };
        self.settings.iter().filter(is_wrong).count() + unknown
    }
}

/// The database, which the commands read themselves.
fn mongodb(reader: &mut Reader<'_>) -> Option<MongoUrl> {
    let without = "the embedded store";
    let parse = |text: &str| MongoUrl::parse(text).map_err(|why| why.to_string());
    reader.optional_masked("YOUSOON_MONGODB_URL", without, parse)
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
            let word = if self.refuses_unknown {
                "REFUSED"
            } else {
                "unknown"
            };
            writeln!(f, "{name:width$}  {word}  nothing reads it")?;
        }
        Ok(())
    }
}
