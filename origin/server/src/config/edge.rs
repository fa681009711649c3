//! The URLs of the edges and the secret that authenticates origin and edge to each other.

use purging::relay::EdgeConfig;
use reqwest::Url;

use super::reader::Reader;

pub(super) fn read(reader: &mut Reader<'_>) -> EdgeConfig {
    let url = |text: &str| {
        Url::parse(text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| format!("{text:?} is not an HTTP URL"))
    };
    let bytes = |text: &str| hex::decode(text).map_err(|_| "is not hexadecimal".to_owned());
    EdgeConfig {
        urls: reader.list("YOUSOON_EDGE_URL", "no edge", url),
        secret: reader.secret(
            "YOUSOON_EDGE_SECRET",
            "requests from an edge are not trusted",
            bytes,
        ),
    }
}
