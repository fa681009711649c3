//! Which messages a person wants: what they switched on or off, by kind and channel.

use serde::{Deserialize, Deserializer, Serialize};

use super::kind::{Channel, Choice, Kind};

/// What a person decided about one kind on one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switch {
    pub kind: Kind,
    pub channel: Channel,
    pub enabled: bool,
}

/// A person's decisions, at most one for each kind and channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Switches(Vec<Switch>);

/// Why a message cannot be switched on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwitchRefusal {
    /// Messages of this kind are always sent.
    Mandatory,
    /// Messages of this kind have no text for this channel.
    NoSuchChannel,
    /// The person has not agreed to news on this channel.
    NoConsent,
}

impl Switches {
    pub fn get(&self, kind: Kind, channel: Channel) -> Option<bool> {
        let mut all = self.0.iter();
        all.find(|switch| (switch.kind, switch.channel) == (kind, channel))
            .map(|switch| switch.enabled)
    }

    pub fn set(&mut self, to: Switch) {
        let others = |switch: &Switch| (switch.kind, switch.channel) != (to.kind, to.channel);
        self.0.retain(others);
        self.0.push(to);
        self.0.sort_by_key(|switch| (switch.kind, switch.channel));
    }

    pub fn all(&self) -> &[Switch] {
        &self.0
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a message is sent by this channel. `agreed` is whether the person agreed to news on it.
    pub fn wants(&self, kind: Kind, channel: Channel, agreed: bool) -> bool {
        if !kind.channels().contains(&channel) || (kind.needs_consent(channel) && !agreed) {
            return false;
        }
        let by_default = kind.default_channels().contains(&channel);
        match kind.choice() {
            Choice::Mandatory => by_default,
            Choice::OptOut | Choice::OptIn => self.get(kind, channel).unwrap_or(by_default),
        }
    }
}

impl Switch {
    /// Whether the person may decide this.
    pub fn check(self, agreed: bool) -> Result<Self, SwitchRefusal> {
        if !self.kind.channels().contains(&self.channel) {
            Err(SwitchRefusal::NoSuchChannel)
        } else if !self.kind.can_be_switched_off() {
            Err(SwitchRefusal::Mandatory)
        } else if self.enabled && self.kind.needs_consent(self.channel) && !agreed {
            Err(SwitchRefusal::NoConsent)
        } else {
            Ok(self)
        }
    }
}

impl<'de> Deserialize<'de> for Switches {
    /// Leaves out what another version of the program stored and this one does not know: the rest of
    /// the account is still read.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = Vec::<serde_json::Value>::deserialize(deserializer)?;
        let known = all
            .into_iter()
            .filter_map(|one| serde_json::from_value(one).ok());
        let mut switches = Self::default();
        known.for_each(|switch| switches.set(switch));
        Ok(switches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn switch(kind: Kind, channel: Channel, enabled: bool) -> Switch {
        Switch {
            kind,
            channel,
            enabled,
        }
    }

    #[test]
    fn a_message_is_sent_as_its_kind_says_until_the_person_decides() {
        let mut switches = Switches::default();
        let confirmed = Kind::BookingConfirmed;
        assert!(switches.wants(confirmed, Channel::Email, false));
        assert!(!switches.wants(confirmed, Channel::Sms, false));
        switches.set(switch(confirmed, Channel::Email, false));
        switches.set(switch(confirmed, Channel::Sms, true));
        assert!(!switches.wants(confirmed, Channel::Email, false));
        assert!(switches.wants(confirmed, Channel::Sms, false));
        assert!(switches.wants(confirmed, Channel::Push, false));
        assert!(switches.wants(Kind::BookingReminder, Channel::Push, false));
        switches.set(switch(confirmed, Channel::Email, true));
        assert!(switches.wants(confirmed, Channel::Email, false));
        assert_eq!(switches.all().len(), 2, "one a kind and channel");
    }

    #[test]
    fn what_is_mandatory_is_sent_and_news_needs_consent() {
        let mut switches = Switches::default();
        switches.set(switch(Kind::NewDevice, Channel::Email, false));
        assert!(switches.wants(Kind::NewDevice, Channel::Email, false));
        assert!(
            !switches.wants(Kind::NewDevice, Channel::Sms, true),
            "it has no text"
        );
        assert!(!switches.wants(Kind::News, Channel::Email, false));
        assert!(switches.wants(Kind::News, Channel::Email, true));
        assert!(
            switches.wants(Kind::News, Channel::Inbox, false),
            "nothing is sent"
        );
        switches.set(switch(Kind::News, Channel::Email, false));
        assert!(!switches.wants(Kind::News, Channel::Email, true));
    }

    #[test]
    fn a_decision_is_refused_where_there_is_none_to_take() {
        for (kind, channel, enabled, agreed, expected) in [
            (
                Kind::VerifyEmail,
                Channel::Email,
                false,
                true,
                Some(SwitchRefusal::Mandatory),
            ),
            (
                Kind::VerifyEmail,
                Channel::Sms,
                true,
                true,
                Some(SwitchRefusal::NoSuchChannel),
            ),
            (
                Kind::News,
                Channel::Push,
                true,
                false,
                Some(SwitchRefusal::NoConsent),
            ),
            (
                Kind::News,
                Channel::Sms,
                true,
                true,
                Some(SwitchRefusal::NoSuchChannel),
            ),
            (Kind::News, Channel::Push, true, true, None),
            (Kind::News, Channel::Push, false, false, None),
            (Kind::BookingReminder, Channel::Email, true, false, None),
        ] {
            let checked = switch(kind, channel, enabled).check(agreed);
            assert_eq!(checked.err(), expected, "{kind:?} {channel:?}");
        }
    }

    #[test]
    fn decisions_read_back_without_those_of_another_version() {
        let mut switches = Switches::default();
        switches.set(switch(Kind::News, Channel::Push, false));
        let text = serde_json::to_string(&switches).unwrap();
        assert_eq!(
            text,
            r#"[{"kind":"news","channel":"push","enabled":false}]"#
        );
        let later = r#"{"kind":"later","channel":"push","enabled":true}"#;
        let text = text.replace('[', &format!("[{later},"));
        assert_eq!(serde_json::from_str::<Switches>(&text).unwrap(), switches);
    }
}
