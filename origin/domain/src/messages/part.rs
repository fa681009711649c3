//! The parts of a message's text. Each is a template of its own.

use super::kind::{Channel, Kind};
use crate::words::words;

words! {
    /// One part of a message's text.
    Part {
        /// Of an e-mail.
        Subject = "subject",
        Text = "text",
        Html = "html",
        Sms = "sms",
        /// Of a push notification, and of an entry of the inbox.
        Title = "title",
        Body = "body",
    }
}

impl Channel {
    pub const fn parts(self) -> &'static [Part] {
        match self {
            Self::Email => &[Part::Subject, Part::Text, Part::Html],
            Self::Sms => &[Part::Sms],
            Self::Push | Self::Inbox => &[Part::Title, Part::Body],
        }
    }
}

impl Kind {
    /// Whether one of its channels has this part.
    pub fn has(self, part: Part) -> bool {
        let mut channels = self.channels().iter();
        channels.any(|channel| channel.parts().contains(&part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_the_parts_of_its_channels() {
        let parts = |kind: Kind| {
            let parts = Part::ALL.iter().filter(|part| kind.has(**part));
            let words: Vec<&str> = parts.map(|part| part.as_str()).collect();
            words.join(" ")
        };
        assert_eq!(parts(Kind::PhoneCode), "sms");
        assert_eq!(parts(Kind::ResetPassword), "subject text html");
        assert_eq!(parts(Kind::IdentityResult), "subject text html title body");
        assert_eq!(parts(Kind::News), "subject text html title body");
    }
}
