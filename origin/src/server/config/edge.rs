//! The edges, and how origin and edge know each other.

use reqwest::Url;

use super::{reader::Reader, secret::Secret};

#[derive(Clone, Debug)]
pub struct EdgeConfig {
    /// The edges that the purge log is relayed to, comma-separated: `YOUSOON_EDGE_URL`, default none.
    pub urls: Vec<Url>,
    /// What origin and edge sign with, in hex: `YOUSOON_EDGE_SECRET`, default none.
    pub secret: Option<Secret>,
}

impl EdgeConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let url = |text: &str| {
            Url::parse(text)
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
                .ok_or_else(|| format!("{text:?} is not an HTTP URL"))
        };
        let bytes = |text: &str| hex::decode(text).map_err(|_| "is not hexadecimal".to_owned());
        Self {
            urls: reader.list("YOUSOON_EDGE_URL", "no edge", url),
            secret: reader.secret("YOUSOON_EDGE_SECRET", "no edge is believed", bytes),
        }
    }
}
