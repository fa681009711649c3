//! The keys of the codes that are scanned.

use super::{environment::Environment, reader::Reader};
use crate::access::keys::KeySet;

#[derive(Clone, Debug)]
pub struct QrConfig {
    /// `YOUSOON_QR_KEYS`, PEM blocks or a JWK set, Ed25519; the first private one signs, all of them
    /// verify. Default, except in production: one that lives as long as the process.
    pub keys: KeySet,
}

impl QrConfig {
    pub(super) fn read(reader: &mut Reader<'_>, environment: Environment) -> Self {
        let variable = "YOUSOON_QR_KEYS";
        let without = "one key is made up, and dies with the process";
        let parse = |text: &str| KeySet::parse(text).map_err(|why| why.to_string());
        let given = reader.optional_masked(variable, without, parse);
        if given.is_none() && environment.is_production() {
            reader.require(
                variable,
                "is required in production: codes are shown for longer than a process lives",
            );
        }
        Self {
            keys: given.unwrap_or_else(KeySet::for_development),
        }
    }
}
