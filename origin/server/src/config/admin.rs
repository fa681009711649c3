//! Who may publish and purge.

use domain::secret::Secret;

use super::reader::Reader;

#[derive(Clone, Debug)]
pub struct AdminConfig {
    /// The bearer token of publishes and purges: `YOUSOON_ADMIN_TOKEN`, default none (both refused).
    pub token: Option<Secret>,
}

impl AdminConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let bytes = |text: &str| Ok(text.as_bytes().to_vec());
        Self {
            token: reader.secret("YOUSOON_ADMIN_TOKEN", "nobody may administrate", bytes),
        }
    }
}
