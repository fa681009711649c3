//! Negotiates the media type of an answer (RFC 9110 §12.5.1; GraphQL over HTTP, "Media Types").

use crate::error::{ErrorCode, Refusal};
use crate::manifest::OperationKind;
use crate::media::MediaType;
use crate::request::Method;

/// How an operation is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One response: queries and mutations.
    Response(MediaType),
    /// `text/event-stream`: subscriptions.
    EventStream,
}

impl Form {
    /// The media type of a refusal. An event stream is refused with the status that names the cause,
    /// so that a browser's `EventSource` does not come back.
    pub const fn refusals(self) -> MediaType {
        match self {
            Self::Response(media) => media,
            Self::EventStream => MediaType::GraphqlResponse,
        }
    }
}

/// What a client accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The media type that it likes best of those for one response; `None` if it accepts neither.
    response: Option<MediaType>,
    /// How it likes an event stream.
    stream: Stream,
}

/// How a client likes an event stream, compared with one response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    /// Less, or not at all.
    Less,
    /// As much: the kind of the operation decides.
    Equally,
    /// More.
    More,
}

/// How well a media type fits the ranges of an `Accept` header.
#[derive(Clone, Copy, Default)]
struct Fit {
    /// Of the range that decides: the more specific one does. 0 if none fits.
    specificity: u8,
    /// The range's quality value, in thousandths.
    weight: u16,
    /// The range's place in the list.
    place: usize,
}

const ANY: u8 = 1;
const ANY_OF_TYPE: u8 = 2;
const EXACT: u8 = 3;

impl Accepted {
    /// Reads the `Accept` header; an absent or empty one means `application/json`.
    ///
    /// Each media type has the weight of the most specific range that fits it. Of two with the same
    /// weight the client's order decides, then [`MediaType::Json`] before the other. Parameters other
    /// than `q` are ignored: JSON and event streams have none.
    ///
    /// # Errors
    /// `NOT_ACCEPTABLE` if it accepts none of ours.
    pub fn parse(accept: Option<&str>) -> Result<Self, Refusal> {
        let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
            return Ok(Self {
                response: Some(MediaType::Json),
                stream: Stream::Less,
            });
        };
        let [mut json, mut graphql, mut stream] = [Fit::default(); 3];
        for (place, range) in accept.split(',').enumerate() {
            let (name, parameters) = range.split_once(';').unwrap_or((range, ""));
            let name = name.trim();
            let is = |other: &str| name.eq_ignore_ascii_case(other);
            let weight = weight(parameters);
            let fits = |fit: &mut Fit, specificity| fit.improve(specificity, weight, place);
            if is("application/json") {
                fits(&mut json, EXACT);
            } else if is("application/graphql-response+json") {
                fits(&mut graphql, EXACT);
            } else if is("text/event-stream") {
                fits(&mut stream, EXACT);
            } else if is("application/*") {
                fits(&mut json, ANY_OF_TYPE);
                fits(&mut graphql, ANY_OF_TYPE);
            } else if is("text/*") {
                fits(&mut stream, ANY_OF_TYPE);
            } else if is("*/*") {
                for fit in [&mut json, &mut graphql, &mut stream] {
                    fits(fit, ANY);
                }
            }
        }
        let response = match (json.weight, graphql.weight) {
            (0, 0) => None,
            (of_json, of_graphql) if of_graphql > of_json => Some(MediaType::GraphqlResponse),
            (of_json, of_graphql) if of_graphql == of_json && graphql.place < json.place => {
                Some(MediaType::GraphqlResponse)
            }
            (_, _) => Some(MediaType::Json),
        };
        let best = json.weight.max(graphql.weight);
        let stream = match stream.specificity {
            // Who names no event stream expects one response (`*/*` is the default of many clients).
            0 | ANY => Stream::Less,
            _ if stream.weight > best => Stream::More,
            _ if stream.weight == best && best > 0 => Stream::Equally,
            _ => Stream::Less,
        };
        if response.is_none() && stream == Stream::Less {
            return Err(Refusal::new(
                ErrorCode::NOT_ACCEPTABLE,
                "answers are application/graphql-response+json, application/json or, for \
                 subscriptions, text/event-stream",
            ));
        }
        Ok(Self { response, stream })
    }

    /// How an operation of this kind is answered.
    ///
    /// # Errors
    /// `MUTATION_OVER_GET`; `NOT_ACCEPTABLE` for a subscription whose client likes one response
    /// better; `SUBSCRIPTION_EXPECTED` if it accepts nothing but an event stream.
    pub fn form(self, kind: OperationKind, method: Method) -> Result<Form, Refusal> {
        match (kind, method) {
            (OperationKind::Subscription, Method::Get | Method::Post) => match self.stream {
                Stream::More | Stream::Equally => Ok(Form::EventStream),
                Stream::Less => Err(Refusal::new(
                    ErrorCode::NOT_ACCEPTABLE,
                    "a subscription is answered as text/event-stream, or over WebSocket",
                )),
            },
            (OperationKind::Mutation, Method::Get) => Err(Refusal::new(
                ErrorCode::MUTATION_OVER_GET,
                "a mutation has to be sent by POST",
            )),
            (OperationKind::Query, Method::Get | Method::Post)
            | (OperationKind::Mutation, Method::Post) => match self.response {
                Some(media) => Ok(Form::Response(media)),
                None => Err(Refusal::new(
                    ErrorCode::SUBSCRIPTION_EXPECTED,
                    format!(
                        "a {} is not answered as text/event-stream; subscriptions are",
                        kind.as_str()
                    ),
                )),
            },
        }
    }

    /// The media type of a refusal before the operation is known.
    pub const fn refusals(self) -> MediaType {
        match (self.stream, self.response) {
            (Stream::Less | Stream::Equally, Some(media)) => media,
            (Stream::More, _) | (Stream::Less | Stream::Equally, None) => {
                Form::EventStream.refusals()
            }
        }
    }
}

impl Fit {
    fn improve(&mut self, specificity: u8, weight: u16, place: usize) {
        if (specificity, weight) > (self.specificity, self.weight) {
            *self = Self {
                specificity,
                weight,
                place,
            };
        }
    }
}

/// The quality value (RFC 9110 §12.4.2) among a range's parameters, in thousandths; an invalid one
/// counts as 0.
fn weight(parameters: &str) -> u16 {
    let mut values = parameters.split(';').filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then_some(value)
    });
    let Some(value) = values.next() else {
        return 1_000;
    };
    let weight = value
        .trim()
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
    use super::*;

    const QUERY: OperationKind = OperationKind::Query;
    const MUTATION: OperationKind = OperationKind::Mutation;
    const SUBSCRIPTION: OperationKind = OperationKind::Subscription;
    const JSON: Result<Form, ErrorCode> = Ok(Form::Response(MediaType::Json));
    const GRAPHQL: Result<Form, ErrorCode> = Ok(Form::Response(MediaType::GraphqlResponse));
    const STREAM: Result<Form, ErrorCode> = Ok(Form::EventStream);
    const NEITHER: Result<Form, ErrorCode> = Err(ErrorCode::NOT_ACCEPTABLE);
    const NO_STREAM: Result<Form, ErrorCode> = Err(ErrorCode::SUBSCRIPTION_EXPECTED);

    fn form(accept: Option<&str>, kind: OperationKind, method: Method) -> Result<Form, ErrorCode> {
        Accepted::parse(accept)
            .and_then(|accepted| accepted.form(kind, method))
            .map_err(|refusal| refusal.code)
    }

    /// B7: `Accept`, how a query is answered, how a subscription is.
    #[test]
    fn the_media_type_that_is_liked_best_decides() {
        let table = [
            ("", JSON, NEITHER),
            ("*/*", JSON, NEITHER),
            ("application/*", JSON, NEITHER),
            ("application/json", JSON, NEITHER),
            ("application/graphql-response+json", GRAPHQL, NEITHER),
            ("Application/JSON; Charset=utf8", JSON, NEITHER),
            // The client's order, where weights are equal.
            (
                "application/json, application/graphql-response+json",
                JSON,
                NEITHER,
            ),
            (
                "application/graphql-response+json, application/json",
                GRAPHQL,
                NEITHER,
            ),
            (
                "multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json",
                GRAPHQL,
                NEITHER,
            ),
            // Weights.
            (
                "application/graphql-response+json;q=0.1, application/json",
                JSON,
                NEITHER,
            ),
            (
                "application/json;q=0.9, application/graphql-response+json",
                GRAPHQL,
                NEITHER,
            ),
            (
                "application/graphql-response+json, */*;q=0.1",
                GRAPHQL,
                NEITHER,
            ),
            ("application/json;q=0", NEITHER, NEITHER),
            ("application/json;q=2", NEITHER, NEITHER),
            ("application/json;q=x", NEITHER, NEITHER),
            ("text/html", NEITHER, NEITHER),
            ("text/html, */*;q=0.8", JSON, NEITHER),
            // The more specific range decides, whatever its weight.
            ("application/json;q=0, */*", GRAPHQL, NEITHER),
            (
                "application/json;q=0.2, application/*;q=0.5",
                GRAPHQL,
                NEITHER,
            ),
            (
                "*/*;q=0.1, application/graphql-response+json;q=0.05",
                JSON,
                NEITHER,
            ),
            // Event streams.
            ("text/event-stream", NO_STREAM, STREAM),
            ("text/*", NO_STREAM, STREAM),
            ("text/event-stream, multipart/mixed", NO_STREAM, STREAM),
            ("text/event-stream, application/json;q=0.5", JSON, STREAM),
            ("text/event-stream;q=0.5, application/json", JSON, NEITHER),
            (
                "application/json;q=0.4, text/event-stream;q=0.5",
                JSON,
                STREAM,
            ),
            ("text/event-stream, */*", JSON, STREAM),
            ("text/event-stream;q=0.5, */*", JSON, NEITHER),
            ("text/event-stream;q=0, */*", JSON, NEITHER),
            ("text/event-stream;q=0", NEITHER, NEITHER),
            (
                "application/graphql-response+json, application/json, text/event-stream",
                GRAPHQL,
                STREAM,
            ),
        ];
        for (accept, query, subscription) in table {
            for method in [Method::Get, Method::Post] {
                assert_eq!(form(Some(accept), QUERY, method), query, "{accept}");
                let actual = form(Some(accept), SUBSCRIPTION, method);
                assert_eq!(actual, subscription, "{accept}");
            }
            assert_eq!(
                form(Some(accept), MUTATION, Method::Post),
                query,
                "{accept}"
            );
        }
        assert_eq!(form(None, QUERY, Method::Get), JSON);
        assert_eq!(form(None, SUBSCRIPTION, Method::Get), NEITHER);
        let over_get = form(None, MUTATION, Method::Get);
        assert_eq!(over_get, Err(ErrorCode::MUTATION_OVER_GET));
    }

    /// B14.
    #[test]
    fn what_wants_an_event_stream_is_refused_by_status() {
        let table = [
            ("text/event-stream", MediaType::GraphqlResponse),
            (
                "text/event-stream, application/json;q=0.5",
                MediaType::GraphqlResponse,
            ),
            ("application/json, text/event-stream", MediaType::Json),
            ("application/json", MediaType::Json),
            (
                "application/graphql-response+json",
                MediaType::GraphqlResponse,
            ),
        ];
        for (accept, media) in table {
            let accepted = Accepted::parse(Some(accept)).unwrap();
            assert_eq!(accepted.refusals(), media, "{accept}");
        }
    }
}
