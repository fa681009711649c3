//! The only function that checks the policy table. Refusals are logged, because they may be
//! attacks.

#[cfg(test)]
mod tests;

use access::caller::{Caller, SignedIn, Unknown};
use async_graphql::{
    Result,
    parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet},
};
use domain::{
    EstablishmentId, PartnerId, UserId,
    auth::{service_tokens::Scope, sessions::SessionId},
    sentence::Sentence,
    users::{
        account::Role,
        membership::{Membership, Post},
    },
};
use pq_core::ErrorCode;

use super::{
    errors::Refused,
    policy::{ROUTE, Who, who},
};

/// The subject of a field, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub enum About<'a> {
    /// Not known yet, at the root field. The check runs again once the subject is loaded.
    Unknown,
    User(&'a UserId),
    Partner(&'a PartnerId),
    /// One of a partner's establishments: staff of other ones are strangers there.
    Place {
        partner: &'a PartnerId,
        place: &'a EstablishmentId,
    },
    Booking {
        /// `None` once the holder's account was erased.
        holder: Option<&'a UserId>,
        partner: &'a PartnerId,
    },
}

/// Whether a field for administrators gave an object, which asked for the reason and put it into the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    No,
    ByAdministrator,
    /// The guest of a booking that was opened: the audit names the booking, so only what calling them takes.
    ToCallThem,
}

impl Opened {
    /// The guest of a booking that was opened so.
    #[must_use]
    pub const fn of_its_guest(self) -> Self {
        match self {
            Self::No => Self::No,
            Self::ByAdministrator | Self::ToCallThem => Self::ToCallThem,
        }
    }
}

/// The fields of a guest of an opened booking.
const TO_CALL_THEM: [&str; 3] = ["lastName", "email", "phone"];

/// Allows the caller to use a field, or returns the refusal.
pub fn authorise(
    caller: &Caller,
    of_type: &str,
    field: &str,
    about: About<'_>,
) -> std::result::Result<(), Refused> {
    permit(caller, of_type, field, about).inspect_err(|_| note(caller, of_type, field))
}

/// Logs a refusal.
pub fn note(caller: &Caller, of_type: &str, field: &str) {
    tracing::warn!(
        caller = caller.as_str(),
        what = format_args!("{of_type}.{field}"),
        "refused"
    );
}

/// Like [`authorise`], for an HTTP route outside GraphQL. The HTTP layer logs the refusal, because
/// it knows more about the request.
pub fn route(caller: &Caller, path: &str) -> std::result::Result<(), Refused> {
    route_about(caller, path, About::Unknown)
}

/// Like [`route`], once it is known what the route is about.
pub fn route_about(
    caller: &Caller,
    path: &str,
    about: About<'_>,
) -> std::result::Result<(), Refused> {
    permit(caller, ROUTE, path, about)
}

fn permit(
    caller: &Caller,
    of_type: &str,
    field: &str,
    about: About<'_>,
) -> std::result::Result<(), Refused> {
    let allowed = who(of_type, field).is_some_and(|who| is_allowed(caller, who, about));
    if allowed {
        Ok(())
    } else {
        Err(refusal(caller, field))
    }
}

fn is_allowed(caller: &Caller, who: Who, about: About<'_>) -> bool {
    match who {
        Who::Anybody => true,
        Who::SignedIn => signed_in(caller).is_some(),
        Who::Themselves | Who::HolderAlone => is_theirs(caller, about),
        Who::Team(post) => is_of_the_team(caller, post, about),
        Who::TeamOrAdministrators(post) => {
            is_administrator(caller) || is_of_the_team(caller, post, about)
        }
        Who::HolderOrTeam(post) => is_theirs(caller, about) || is_of_the_team(caller, post, about),
        Who::OwnerOrTeam(post) => {
            signed_in(caller).is_some()
                && match about {
                    About::Unknown => true,
                    About::User(_) => is_theirs(caller, about),
                    About::Partner(_) | About::Place { .. } => is_of_the_team(caller, post, about),
                    About::Booking { .. } => false,
                }
        }
        Who::Operators(scope) => is_operator(caller, scope),
        Who::Administrators => is_administrator(caller),
    }
}

/// Checks a field of an object for the caller who reads it: the table decides, unless an administrator opened
/// the object.
pub fn field_of(
    caller: &Caller,
    of_type: &str,
    name: &str,
    about: About<'_>,
    how: Opened,
) -> Result<()> {
    let is_opened = match how {
        Opened::No => false,
        Opened::ByAdministrator => true,
        Opened::ToCallThem => TO_CALL_THEM.contains(&name),
    };
    if is_opened {
        opened(caller, of_type, name)
    } else {
        field(caller, of_type, name, about)
    }
}

/// Allows an administrator to read a field of an object that a field for administrators gave.
fn opened(caller: &Caller, of_type: &str, field: &str) -> Result<()> {
    let allowed = match who(of_type, field) {
        Some(Who::HolderAlone) | None => false,
        Some(
            Who::Anybody
            | Who::SignedIn
            | Who::Themselves
            | Who::HolderOrTeam(_)
            | Who::OwnerOrTeam(_)
            | Who::Team(_)
            | Who::TeamOrAdministrators(_)
            | Who::Operators(_)
            | Who::Administrators,
        ) => is_administrator(caller),
    };
    if allowed {
        return Ok(());
    }
    note(caller, of_type, field);
    Err(refusal(caller, field).into())
}

/// The establishments of a partner to which the caller is limited; none if it may see all of them. Staff
/// are, if their membership says so. It has to be authorised for the partner besides.
pub fn limited_to<'a>(caller: &'a Caller, partner: &PartnerId) -> Option<&'a [EstablishmentId]> {
    if acts_for_partners(caller) {
        return None;
    }
    let membership = signed_in(caller).and_then(|user| user.memberships.of(partner));
    membership.map_or(Some(&[]), Membership::limited_to)
}

/// The user and the session of the caller's access token, also of one that has expired or whose session
/// has ended; a caller without one is refused.
pub fn token_holder<'a>(
    caller: &'a Caller,
    field: &str,
) -> std::result::Result<(&'a UserId, &'a SessionId), Refused> {
    caller.session().ok_or_else(|| refusal(caller, field))
}

fn is_theirs(caller: &Caller, about: About<'_>) -> bool {
    signed_in(caller).is_some_and(|user| match about {
        About::User(id) => user.id == *id,
        About::Booking { holder, .. } => holder == Some(&user.id),
        About::Unknown | About::Partner(_) | About::Place { .. } => false,
    })
}

fn is_of_the_team(caller: &Caller, post: Post, about: About<'_>) -> bool {
    acts_for_partners(caller)
        || signed_in(caller).is_some_and(|user| {
            // The membership of the partner that it is about, whichever is chosen.
            let is_concerned = |of: &Membership| match about {
                About::Unknown => true,
                About::Partner(partner) | About::Booking { partner, .. } => of.partner == *partner,
                About::Place { partner, place } => of.partner == *partner && of.works_at(place),
                About::User(_) => false,
            };
            let mut memberships = user.memberships.all().iter();
            // Of an administrator who works for a partner as well, that team.
            user.role != Role::User && memberships.any(|of| is_concerned(of) && of.post >= post)
        })
}

fn acts_for_partners(caller: &Caller) -> bool {
    match caller {
        Caller::Service(service) => service.may(Scope::Partners),
        Caller::User(_) | Caller::Anonymous | Caller::Unknown(_) => false,
    }
}

fn is_administrator(caller: &Caller) -> bool {
    signed_in(caller).is_some_and(|user| user.role == Role::Admin)
}

fn is_operator(caller: &Caller, scope: Scope) -> bool {
    match caller {
        Caller::Service(service) => service.may(scope),
        Caller::User(_) => is_administrator(caller),
        Caller::Anonymous | Caller::Unknown(_) => false,
    }
}

fn signed_in(caller: &Caller) -> Option<&SignedIn> {
    match caller {
        Caller::User(user) => Some(user),
        Caller::Anonymous | Caller::Unknown(_) | Caller::Service(_) => None,
    }
}

/// Refuses credentials that are not valid. A public field that depends on who asks would else answer as to
/// nobody, and a client would take that for what its user has.
pub fn valid_credentials(caller: &Caller, field: &str) -> Result<()> {
    match caller {
        Caller::Unknown(_) => Err(refusal(caller, field).into()),
        Caller::Anonymous | Caller::Service(_) | Caller::User(_) => Ok(()),
    }
}

fn refusal(caller: &Caller, field: &str) -> Refused {
    let (code, sentence) = match caller {
        Caller::Anonymous => (
            ErrorCode::UNAUTHENTICATED,
            Sentence::with(
                format!("`{field}` demande d’être connecté, ou un jeton de service"),
                format!("`{field}` needs a signed-in user or a service token"),
            ),
        ),
        Caller::Unknown(why @ Unknown::NotMember(_)) => (
            why.code(),
            Sentence::with(
                "vous ne travaillez pas pour le partenaire choisi : choisissez-en un autre"
                    .to_owned(),
                format!("{why}: choose another one"),
            ),
        ),
        Caller::Unknown(why) => (
            why.code(),
            Sentence::with(
                "la session n’est pas valable, ou ne l’est plus : connectez-vous de nouveau"
                    .to_owned(),
                format!("{why}: sign in again"),
            ),
        ),
        Caller::Service(_) | Caller::User(_) => (
            ErrorCode::FORBIDDEN,
            Sentence::with(
                format!("ce compte ou ce jeton de service n’a pas accès à `{field}`"),
                format!("this user or service token may not use `{field}`"),
            ),
        ),
    };
    Refused::new(code, sentence)
}

/// Like [`authorise`], for use in a resolver.
pub fn field(caller: &Caller, of_type: &str, name: &str, about: About<'_>) -> Result<()> {
    Ok(authorise(caller, of_type, name, about)?)
}

/// Checks all root fields of a document before any of them runs.
pub fn document(
    caller: &Caller,
    document: &ExecutableDocument,
) -> std::result::Result<(), Refused> {
    for (_, operation) in document.operations.iter() {
        let of_type = match operation.node.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        let mut names = Vec::new();
        root_fields(&operation.node.selection_set.node, document, &mut names);
        for name in names.into_iter().filter(|name| !name.starts_with("__")) {
            authorise(caller, of_type, name, About::Unknown)?;
        }
    }
    Ok(())
}

/// Expects a validated document: all fragments exist, and none contains itself.
fn root_fields<'d>(
    set: &'d SelectionSet,
    document: &'d ExecutableDocument,
    names: &mut Vec<&'d str>,
) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => names.push(field.node.name.node.as_str()),
            Selection::InlineFragment(fragment) => {
                root_fields(&fragment.node.selection_set.node, document, names);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    root_fields(&fragment.node.selection_set.node, document, names);
                }
            }
        }
    }
}
