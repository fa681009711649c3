//! Every root field of the schema, asked over HTTP by everybody. What is expected is written down
//! here once more: a field that nobody thought of fails.

use std::collections::BTreeMap;

use async_graphql::parser::{
    parse_schema,
    types::{BaseType, FieldDefinition, ServiceDocument, Type, TypeKind, TypeSystemDefinition},
};
use domain::{
    PartnerId, UserId,
    users::{
        account::{Membership, Post, Role},
        change::AccountChange,
        store::Changed,
    },
};
use reqwest::RequestBuilder;
use serde_json::json;

use super::person::{PASSWORD, Person, login, register};
use crate::app::{Answer, TOKEN, TestApp};

const ALL: &str = "anonymous stranger user staff manager owner admin service";
const USERS: &str = "user staff manager owner admin";
const STAFF: &str = "staff manager owner service";
const MANAGERS: &str = "manager owner service";
const OWNERS: &str = "owner service";
const OPERATORS: &str = "admin service";

#[rustfmt::skip]
const EXPECTED: &[(&str, &str)] = &[
    ("offerClusters", ALL), ("search", ALL), ("searchSuggestions", ALL),
    ("offers", ALL), ("offer", ALL), ("offersById", ALL), ("categories", ALL), ("partner", ALL), ("partners", ALL),
    ("me", USERS), ("user", USERS), ("mySessions", USERS), ("myConsents", USERS),
    ("exportMyData", USERS),
    ("register", ALL), ("login", ALL), ("refreshToken", ALL),
    ("verifyEmail", ALL), ("requestPasswordReset", ALL), ("resetPassword", ALL),
    ("changeEmail", USERS), ("confirmEmailChange", ALL), ("undoEmailChange", ALL),
    ("requestEmailVerification", USERS), ("requestPhoneCode", USERS), ("verifyPhone", USERS),
    ("changePassword", USERS), ("endSession", USERS), ("endOtherSessions", USERS),
    ("updateProfile", USERS), ("addFavorite", USERS), ("removeFavorite", USERS),
    ("recordConsent", USERS), ("notifications", USERS), ("registerDevice", USERS),
    ("removeDevice", USERS), ("markRead", USERS),
    ("requestUpload", USERS), ("completeUpload", USERS), ("deleteImage", USERS),
    ("notificationSettings", USERS), ("setNotification", USERS), ("deleteMyAccount", USERS), ("logout", USERS),
    ("myBookings", USERS), ("myBookingsConnection", USERS), ("booking", USERS),
    ("calendarFeed", USERS), ("createCalendarFeed", USERS), ("revokeCalendarFeed", USERS),
    ("createBooking", USERS), ("confirmBooking", USERS), ("cancelBooking", USERS),
    ("checkIn", STAFF), ("partnerBookings", STAFF), ("declineBooking", STAFF),
    ("cancelBookingByVenue", STAFF), ("checkInByCode", STAFF), ("undoCheckIn", STAFF),
    ("recordScans", STAFF), ("recordWalkIn", STAFF), ("undoWalkIn", STAFF), ("partnerBookingChanged", STAFF),
    // Credentials that are not ours get no connection, whatever it would be for.
    ("newOfferNearby", "anonymous user staff manager owner admin service"),
    ("bookingStatusChanged", USERS), ("notificationReceived", USERS),
    ("setUserStatus", OPERATORS), ("purge", OPERATORS), ("templates", OPERATORS), ("putTemplate", OPERATORS),
    ("sendNews", OPERATORS), ("updateOffer", MANAGERS),
    ("partnerOffers", STAFF), ("createPartner", USERS),
    ("updatePartner", MANAGERS), ("createEstablishment", MANAGERS), ("updateEstablishment", MANAGERS),
    ("deleteEstablishment", MANAGERS), ("createOffer", MANAGERS), ("pauseOffer", MANAGERS),
    ("inviteMember", OWNERS), ("withdrawInvitation", OWNERS), ("changeMemberRole", OWNERS),
    ("removeMember", OWNERS), ("leaveTeam", USERS), ("acceptInvitation", USERS),
    ("myMembership", USERS), ("myMemberships", USERS), ("team", MANAGERS), ("partnerStats", MANAGERS),
    ("recordEvents", USERS), ("placeSuggestions", STAFF), ("travel", USERS),
    ("resumeOffer", MANAGERS), ("deleteOffer", MANAGERS),
    ("myPayments", USERS), ("payment", USERS), ("startPayment", USERS),
    ("partnerAccount", MANAGERS), ("partnerBalance", OWNERS), ("partnerLedger", OWNERS),
    ("startOnboarding", OWNERS), ("refundPayment", OPERATORS), ("paymentDifferences", OPERATORS),
    ("myIdentityVerification", USERS), ("submitIdentityVerification", USERS),
    ("identityVerifications", "admin"), ("decideIdentity", "admin"),
    ("myReviews", USERS), ("addReview", USERS), ("updateReview", USERS), ("deleteReview", USERS), ("contestRemoval", USERS),
    ("reportReview", USERS), ("replyToReview", MANAGERS), ("removeReply", MANAGERS),
    ("reportedReviews", "admin"), ("decideReview", "admin"),
    ("partnerBySlug", ALL), ("offerBySlug", ALL), ("establishment", ALL), ("establishmentBySlug", ALL),
    ("sitemap", ALL), ("cities", ALL), ("city", ALL),
    ("userForOperator", "admin"), ("exportUserData", "admin"), ("bookingForOperator", "admin"),
    ("operatorAudit", "admin"), ("setUserRole", "admin"), ("endUserSessions", "admin"),
    ("eraseUser", "admin"), ("cancelBookingFor", "admin"),
    ("submitPartner", OWNERS), ("deletePartner", "owner"), ("deletePartnerFor", "admin"),
    ("partnersToReview", "admin"), ("partnerForOperator", "admin"), ("approvePartner", "admin"),
    ("returnPartner", "admin"), ("suspendPartner", "admin"), ("restorePartner", "admin"),
];

#[tokio::test]
async fn every_root_field_follows_the_policy_table() {
    let app = TestApp::start().await;
    let standings = standings(&app).await;
    let sdl = api::schema::sdl();
    let schema = parse_schema(&sdl).unwrap();
    let mut expected: BTreeMap<&str, &str> = EXPECTED.iter().copied().collect();
    for (operation, of_type) in [
        ("query", "Query"),
        ("mutation", "Mutation"),
        ("subscription", "Subscription"),
    ] {
        for field in fields(&schema, of_type) {
            let name = field.name.node.as_str();
            let expected = expected.remove(name);
            let expected = expected.unwrap_or_else(|| panic!("who may use {of_type}.{name}?"));
            let document = format!("{operation} W {{ {} }}", minimal(&schema, field));
            let mut let_in = Vec::new();
            for (who, token) in callers(&app).await {
                let mut request = app.post(&document, &json!({}));
                if let Some(token) = token {
                    request = request.bearer_auth(token);
                }
                let code = match operation {
                    "subscription" => first_code(request).await,
                    _answered_once => {
                        let answer = Answer::of(request).await;
                        assert!(answer.status.as_u16() < 500, "{document}: {}", answer.text);
                        answer.code()
                    }
                };
                assert_ne!(code, "GRAPHQL_VALIDATION_FAILED", "{document}");
                // Refused at the door: not for what was asked, and before a password was looked at.
                let refused = ["UNAUTHENTICATED", "FORBIDDEN", "TOKEN_INVALID"];
                if !refused.contains(&code.as_str()) {
                    let_in.push(who);
                }
            }
            assert_eq!(let_in.join(" "), expected, "{document}");
            restore(&app, &standings).await;
        }
    }
    assert!(expected.is_empty(), "not in the schema: {expected:?}");
}

/// The code of the refusal with which a stream begins; none when it waits for events.
async fn first_code(request: RequestBuilder) -> String {
    let stream = request.header("accept", "text/event-stream").send().await;
    let mut stream = stream.unwrap();
    let begun = stream.chunk().await.unwrap().unwrap();
    let begun = String::from_utf8(begun.to_vec()).unwrap();
    let code = begun.split_once(r#""code":""#);
    let code = code.and_then(|(_, rest)| rest.split_once('"'));
    code.map(|(code, _)| code.to_owned()).unwrap_or_default()
}

/// Everybody, with the token that they show: a new one each time, since some fields end sessions.
async fn callers(app: &TestApp) -> Vec<(&'static str, Option<String>)> {
    let mut callers = vec![
        ("anonymous", None),
        ("stranger", Some("strange".to_owned())),
    ];
    for name in ["user", "staff", "manager", "owner", "admin"] {
        let email = format!("{name}@example.fr");
        let login = login(app, &email, PASSWORD).await.data();
        callers.push((name, Some(Person::of(&login["login"]).access)));
    }
    callers.push(("service", Some(TOKEN.to_owned())));
    callers
}

/// Everybody who has an account.
async fn standings(app: &TestApp) -> Vec<Standing> {
    let mut standings = Vec::new();
    for (name, role, post) in [
        ("user", Role::User, None),
        ("staff", Role::Partner, Some(Post::Staff)),
        ("manager", Role::Partner, Some(Post::Manager)),
        ("owner", Role::Partner, Some(Post::Owner)),
        ("admin", Role::Admin, None),
    ] {
        let person = register(app, name).await;
        let membership = post.map(|post| {
            Membership::new(PartnerId::parse("000000000000000000000000").unwrap(), post)
        });
        let id = UserId::parse(&person.id).unwrap();
        standings.push((id, role, membership));
    }
    restore(app, &standings).await;
    standings
}

/// The role and team that an account must have in the walk.
type Standing = (UserId, Role, Option<Membership>);

/// Gives the accounts that created a partner or left a team on the walk their former roles back.
async fn restore(app: &TestApp, standings: &[Standing]) {
    for (id, role, membership) in standings {
        let users = &app.state.services.users;
        // A partner that was founded keeps an owner: somebody else becomes one.
        let leaves_all = AccountChange::Role(Role::User, None);
        while let Changed::LastOwner(partner) =
            users.change(id, leaves_all.clone(), 0).await.unwrap()
        {
            let heir = register(app, &format!("heir-{partner}")).await;
            let owner = Membership::new(partner, Post::Owner);
            let inherit = AccountChange::Role(Role::Partner, Some(owner));
            users.change(&heir.user_id(), inherit, 0).await.unwrap();
        }
        let change = AccountChange::Role(*role, membership.clone());
        users.change(id, change, 0).await.unwrap();
        app.state.services.auth.standings.forget(id);
    }
}

pub(super) fn definition<'s>(schema: &'s ServiceDocument, name: &str) -> Option<&'s TypeKind> {
    schema
        .definitions
        .iter()
        .find_map(|definition| match definition {
            TypeSystemDefinition::Type(of) if of.node.name.node == name => Some(&of.node.kind),
            _ => None,
        })
}

pub(super) fn fields<'s>(schema: &'s ServiceDocument, name: &str) -> Vec<&'s FieldDefinition> {
    match definition(schema, name) {
        Some(TypeKind::Object(object)) => object.fields.iter().map(|field| &field.node).collect(),
        _ => Vec::new(),
    }
}

/// The field with what it requires and nothing more.
fn minimal(schema: &ServiceDocument, field: &FieldDefinition) -> String {
    let required = field.arguments.iter().map(|argument| &argument.node);
    let arguments: Vec<String> = required
        .filter(|argument| !argument.ty.node.nullable)
        .map(|argument| {
            format!(
                "{}: {}",
                argument.name.node,
                value(schema, &argument.ty.node)
            )
        })
        .collect();
    let arguments = match arguments.as_slice() {
        [] => String::new(),
        some => format!("({})", some.join(", ")),
    };
    let is_object = matches!(
        definition(schema, named(&field.ty.node)),
        Some(TypeKind::Object(_))
    );
    let selection = if is_object { " { __typename }" } else { "" };
    format!("{}{arguments}{selection}", field.name.node)
}

pub(super) fn named(of: &Type) -> &str {
    match &of.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(of) => named(of),
    }
}

fn value(schema: &ServiceDocument, of: &Type) -> String {
    if matches!(of.base, BaseType::List(_)) {
        return "[]".to_owned();
    }
    match (named(of), definition(schema, named(of))) {
        (_, Some(TypeKind::Enum(of))) => of.values[0].node.value.node.to_string(),
        (_, Some(TypeKind::InputObject(of))) => {
            let fields = of.fields.iter().map(|field| &field.node);
            let fields: Vec<String> = fields
                .filter(|field| !field.ty.node.nullable)
                .map(|field| format!("{}: {}", field.name.node, value(schema, &field.ty.node)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        ("Boolean", _) => "false".to_owned(),
        ("Int" | "Float", _) => "1".to_owned(),
        _ => r#""000000000000000000000000""#.to_owned(),
    }
}
