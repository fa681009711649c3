//! What this process does: `YOUSOON_ROLES`, default everything.

use std::fmt;

use super::reader::Reader;

pub(super) const VARIABLE: &str = "YOUSOON_ROLES";

/// A part of the server. A process has one or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Queries, mutations, files, and the routes of operators and of the edge.
    Api,
    /// Subscriptions.
    Live,
    /// Sends messages, ends bookings, announces offers that begin or end, and trims the purge log.
    Jobs,
    /// Sends the purge log to the edges.
    Relay,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Api, Self::Live, Self::Jobs, Self::Relay];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Live => "live",
            Self::Jobs => "jobs",
            Self::Relay => "relay",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The roles of a process, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    pub fn all() -> Self {
        Self::of(&Role::ALL)
    }

    pub fn of(roles: &[Role]) -> Self {
        Self(roles.iter().fold(0, |bits, role| bits | role.bit()))
    }

    pub const fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Whether clients send requests to this process.
    pub const fn serves_clients(self) -> bool {
        self.has(Role::Api) || self.has(Role::Live)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let role = |word: &str| {
            let found = Role::ALL.into_iter().find(|role| role.as_str() == word);
            found.ok_or_else(|| format!("{word:?} is none of {}", Self::all()))
        };
        reader.or(VARIABLE, Self::all(), |text| {
            let words = text.split(',').map(str::trim);
            let roles: Vec<Role> = words.map(role).collect::<Result<_, _>>()?;
            Ok(Self::of(&roles))
        })
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = Role::ALL.into_iter().filter(|role| self.has(*role));
        let words: Vec<&str> = held.map(Role::as_str).collect();
        f.write_str(&words.join(","))
    }
}
