//! Negotiates the media type of an answer (GraphQL over HTTP, "Media Types").

/// The media type of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// `application/json`: the default. Most GraphQL errors have status 200.
    Json,
    /// `application/graphql-response+json`: the status says whether the request succeeded.
    GraphqlResponse,
}

impl MediaType {
    /// The `Content-Type` header.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }

    /// Chooses by the `Accept` header. An absent header and `*/*` mean [`MediaType::Json`]. `None`
    /// means that neither media type is acceptable. If both have the same weight,
    /// [`MediaType::GraphqlResponse`] wins.
    pub fn negotiate(accept: Option<&str>) -> Option<Self> {
        let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
            return Some(Self::Json);
        };
        let mut best: Option<(u16, Self)> = None;
        for range in accept.split(',') {
            let mut parts = range.split(';');
            let name = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let media = match name.as_str() {
                "application/graphql-response+json" => Self::GraphqlResponse,
                "application/json" | "application/*" | "*/*" => Self::Json,
                _ => continue,
            };
            let mut weight = 1_000;
            for parameter in parts {
                let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
                let value = value.trim().trim_matches('"');
                match name.trim().to_ascii_lowercase().as_str() {
                    "q" => weight = thousandths(value),
                    "charset" if !value.eq_ignore_ascii_case("utf-8") => weight = 0,
                    _ => {}
                }
            }
            let better = best.is_none_or(|(known, chosen)| {
                weight > known
                    || (weight == known && chosen == Self::Json && media == Self::GraphqlResponse)
            });
            if weight > 0 && better {
                best = Some((weight, media));
            }
        }
        best.map(|(_, media)| media)
    }
}

/// A quality value (RFC 9110 §12.4.2) in thousandths; an invalid one counts as 0.
fn thousandths(value: &str) -> u16 {
    let weight = value
        .parse::<f32>()
        .ok()
        .filter(|weight| (0.0..=1.0).contains(weight))
        .unwrap_or(0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 1000"
    )]
    let weight = (weight * 1_000.0).round() as u16;
    weight
}

#[cfg(test)]
mod tests {
    use super::MediaType::{self, GraphqlResponse, Json};

    #[test]
    fn accept_is_read_as_the_rfc_says() {
        let table = [
            (None, Some(Json)),
            (Some(""), Some(Json)),
            (Some("*/*"), Some(Json)),
            (Some("application/json"), Some(Json)),
            (
                Some("application/graphql-response+json"),
                Some(GraphqlResponse),
            ),
            (
                Some("application/json, application/graphql-response+json"),
                Some(GraphqlResponse),
            ),
            (
                Some("application/graphql-response+json;q=0.1, application/json"),
                Some(Json),
            ),
            (
                Some("application/graphql-response+json; charset=UTF-8, */*;q=0.1"),
                Some(GraphqlResponse),
            ),
            (Some("application/json; charset=latin1"), None),
            (Some("application/json;q=0"), None),
            (Some("text/html"), None),
            (Some("text/html, */*;q=0.8"), Some(Json)),
        ];
        for (accept, expected) in table {
            assert_eq!(MediaType::negotiate(accept), expected, "{accept:?}");
        }
    }
}
