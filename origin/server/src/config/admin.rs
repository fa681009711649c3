//! The operators' token for publishing documents and purging caches.

use domain::secret::Secret;

use super::reader::Reader;

#[derive(Clone, Debug)]
pub struct AdminConfig {
    /// A bearer token that may publish and purge, besides the tokens that `yousoon token create`
    /// makes: `YOUSOON_ADMIN_TOKEN`, default none (no such token).
    pub token: Option<Secret>,
}

impl AdminConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let bytes = |text: &str| Ok(text.as_bytes().to_vec());
        Self {
            token: reader.secret(
                "YOUSOON_ADMIN_TOKEN",
                "only tokens made by `yousoon token create`",
                bytes,
            ),
        }
    }
}
