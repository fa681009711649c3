//! The body of `SendEmail` (docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html).

use domain::messages::provider::{Email, SendError};
use serde::Serialize;

use crate::Config;

/// The tag that carries the key of the queue.
const KEY_TAG: &str = "key";
/// The longest value of a tag.
const LONGEST_TAG: usize = 256;
/// The longest address (RFC 5321, section 4.5.3.1.3).
const LONGEST_ADDRESS: usize = 254;
/// The longest value of a header that SES takes.
const LONGEST_HEADER: usize = 995;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SendEmail<'e> {
    from_email_address: &'e str,
    destination: Destination<'e>,
    content: Content<'e>,
    email_tags: [Tag<'e>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration_set_name: Option<&'e str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Destination<'e> {
    to_addresses: [&'e str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Content<'e> {
    simple: Simple<'e>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Simple<'e> {
    subject: Text<'e>,
    body: Body<'e>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    headers: Vec<Header>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'e> {
    text: Text<'e>,
    html: Text<'e>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Text<'e> {
    data: &'e str,
    charset: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Header {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Tag<'e> {
    name: &'static str,
    value: &'e str,
}

pub(crate) fn body(config: &Config, key: &str, email: &Email) -> Result<Vec<u8>, SendError> {
    if !is_address(&email.to) {
        return Err(SendError::Recipient {
            why: "not an e-mail address".to_owned(),
            invalid_devices: Vec::new(),
        });
    }
    // SES sends no names in UTF-8: they would have to be encoded (RFC 2047).
    if !config.from.is_ascii() {
        return Err(refused("the sender is not ASCII"));
    }
    for (name, text) in [("sender", &config.from), ("subject", &email.subject)] {
        if text.chars().any(char::is_control) {
            return Err(refused(&format!("the {name} has control characters")));
        }
    }
    let message = SendEmail {
        from_email_address: &config.from,
        destination: Destination {
            to_addresses: [&email.to],
        },
        content: Content {
            simple: Simple {
                subject: text(&email.subject),
                body: Body {
                    text: text(&email.text),
                    html: text(&email.html),
                },
                headers: unsubscribing(email.unsubscribe.as_deref())?,
            },
        },
        email_tags: [Tag {
            name: KEY_TAG,
            value: &tag(key),
        }],
        configuration_set_name: config.configuration_set.as_deref(),
    };
    serde_json::to_vec(&message).map_err(|_| refused("the message is no JSON"))
}

const fn text(data: &str) -> Text<'_> {
    Text {
        data,
        charset: "UTF-8",
    }
}

/// The headers of one-click unsubscribing (RFC 8058, section 3.1).
fn unsubscribing(address: Option<&str>) -> Result<Vec<Header>, SendError> {
    let Some(address) = address else {
        return Ok(Vec::new());
    };
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b',');
    if !address.starts_with("https://")
        || address.len() + 2 > LONGEST_HEADER
        || !address.bytes().all(plain)
    {
        return Err(refused("the address of unsubscribing is no https address"));
    }
    Ok(vec![
        Header {
            name: "List-Unsubscribe",
            value: format!("<{address}>"),
        },
        Header {
            name: "List-Unsubscribe-Post",
            value: "List-Unsubscribe=One-Click".to_owned(),
        },
    ])
}

/// Whether a text is one address and nothing else: no second one, no name, no newline. SES judges
/// the rest. It takes no other characters before the @ than ASCII's.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let forbidden =
        |char: char| char.is_control() || char.is_whitespace() || "<>()[]\\,;:\"@".contains(char);
    text.len() <= LONGEST_ADDRESS
        && !local.is_empty()
        && local.is_ascii()
        && domain.contains('.')
        && !local.contains(forbidden)
        && !domain.contains(forbidden)
}

/// A tag has ASCII letters, digits, `_` and `-`.
fn tag(key: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "_-".contains(char);
    let chars = key.chars().map(|char| if plain(char) { char } else { '_' });
    let tag: String = chars.take(LONGEST_TAG).collect();
    if tag.is_empty() {
        "none".to_owned()
    } else {
        tag
    }
}

fn refused(why: &str) -> SendError {
    SendError::Refused {
        why: why.to_owned(),
    }
}
