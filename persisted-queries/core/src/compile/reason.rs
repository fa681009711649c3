//! Explains to a document's author why its answers may not be stored in a shared cache.

use std::fmt;

/// One reason, and the field it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reason {
    /// The field: response keys from the root, separated by dots. For a location, the variable's
    /// path.
    pub path: String,
    /// The reason.
    pub why: Why,
}

/// What makes a document private or not cacheable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Why {
    /// A mutation is never cached.
    Mutation,
    /// A subscription is never cached.
    Subscription,
    /// Only `__typename` is selected.
    NoField,
    /// Neither the field nor its type has a `maxAge`.
    NoMaxAge {
        /// The type that the field returns, if a directive on it would be enough.
        type_name: Option<String>,
    },
    /// A directive has `maxAge: 0`.
    ZeroMaxAge,
    /// The field's directive has the scope `PRIVATE`.
    PrivateField,
    /// The directive of the field's type has the scope `PRIVATE`.
    PrivateType {
        /// The type.
        type_name: String,
    },
    /// More than one location would have to be snapped.
    SeveralLocations {
        /// The path of the first location.
        other: String,
    },
    /// A location variable is snapped in one place, and in another place not at all or to another
    /// resolution.
    SnappedAndNot,
    /// Latitude and longitude are separate variables inside a literal.
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
