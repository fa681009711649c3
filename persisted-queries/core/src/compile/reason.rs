//! Why a document's answers may not be shared, in words for its author.

use std::fmt;

/// One culprit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reason {
    /// Response keys from the root, dotted; for a location, the variable's path.
    pub path: String,
    /// What is wrong there.
    pub why: Why,
}

/// What makes a document private or not cacheable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Why {
    /// A mutation is never cached.
    Mutation,
    /// A subscription is never cached.
    Subscription,
    /// Nothing but `__typename` is selected.
    NoField,
    /// Neither the field nor its type says how long it may be kept.
    NoMaxAge {
        /// The type the field returns, where a directive on it would do.
        type_name: Option<String>,
    },
    /// A directive says `maxAge: 0`.
    ZeroMaxAge,
    /// The field's directive says `PRIVATE`.
    PrivateField,
    /// The directive of the type it returns says `PRIVATE`.
    PrivateType {
        /// The type.
        type_name: String,
    },
    /// More than one location would have to be snapped.
    SeveralLocations {
        /// The first one's path.
        other: String,
    },
    /// The variable is used where it is snapped and where it is not, or at two resolutions.
    SnappedAndNot,
    /// The coordinates are separate variables, inside a literal.
    LocationInParts,
    /// The location is in a list, or in an input type that contains itself.
    LocationOutOfReach,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.why)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mutation => f.write_str("a mutation is never cached"),
            Self::Subscription => f.write_str("a subscription is never cached"),
            Self::NoField => f.write_str("no field is selected but __typename"),
            Self::NoMaxAge {
                type_name: Some(name),
            } => write!(f, "no maxAge on the field or on type {name}"),
            Self::NoMaxAge { type_name: None } => f.write_str("no maxAge on the field"),
            Self::ZeroMaxAge => f.write_str("maxAge is 0"),
            Self::PrivateField => f.write_str("the field is PRIVATE"),
            Self::PrivateType { type_name } => write!(f, "type {type_name} is PRIVATE"),
            Self::SeveralLocations { other } => {
                write!(f, "a second location to snap, besides {other}")
            }
            Self::SnappedAndNot => {
                f.write_str("the location is also used where it is not snapped to the same cell")
            }
            Self::LocationInParts => {
                f.write_str("the location is made of parts; pass it as one variable")
            }
            Self::LocationOutOfReach => f.write_str(
                "the location is inside a list or a recursive input, and cannot be snapped",
            ),
        }
    }
}
