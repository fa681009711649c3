//! What a venue tells the guest whose booking it declines or cancels.

use crate::{
    broken::{BrokenRule, Rule},
    texts::{as_link, line},
};

const MOST_CHARS: usize = 300;

const REASON: Rule = Rule::new(
    "CANCEL_REASON",
    "compte de 1 à 300 caractères sur une ligne, sans adresse web ni e-mail",
    "has 1 to 300 characters on one line, without web or e-mail addresses",
);

/// One line without links: it is sent to somebody who did not choose to hear from its author, under our
/// name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reason(String);

impl Reason {
    pub const MOST_CHARS: usize = MOST_CHARS;

    pub fn parse(text: &str) -> Result<Self, BrokenRule> {
        line(text, 1..=MOST_CHARS)
            .filter(|text| text.contains(char::is_alphanumeric) && !has_link(text))
            .map(Self)
            .ok_or(REASON.at("reason"))
    }

    /// One that was stored.
    pub const fn stored(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether mail programs would make a link of a part of the text: a scheme, or a name with a top-level
/// domain.
fn has_link(text: &str) -> bool {
    let text = as_link(text);
    text.contains("://") || text.contains('@') || {
        let mut parts = text.split('.').peekable();
        let mut found = false;
        while let (Some(before), Some(after)) = (parts.next(), parts.peek()) {
            let is_name = before.ends_with(char::is_alphanumeric);
            let domain = after.chars().take_while(|c| c.is_alphabetic()).count();
            found |= is_name && domain >= 2;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_line_without_links() {
        for good in [
            "Nous sommes complets ce soir.",
            "Fermé à 20.30, désolés… Revenez demain !",
            "  a ",
            "Complet. Merci de votre compréhension",
            "満席です。申し訳ありません",
            &"é".repeat(300),
        ] {
            let reason = Reason::parse(good);
            assert_eq!(
                reason.as_ref().map(Reason::as_str),
                Ok(good.trim()),
                "{good}"
            );
        }
        for bad in [
            "",
            "   ",
            "…!",
            "deux\nlignes",
            "voir https://chez.example",
            "chez ftp://a",
            "allez sur chez-ana.fr",
            "www.ana.example/menu",
            "ana@example",
            "chez-ana。fr",
            "chez-ana．fr",
            "chez-ana｡fr",
            "chez-ana.\u{200b}fr",
            "ana＠example",
            &"a".repeat(301),
        ] {
            assert!(Reason::parse(bad).is_err(), "{bad}");
        }
    }
}
