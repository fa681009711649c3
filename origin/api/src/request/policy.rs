//! The authorisation table: who may use each field. Access that is not listed is denied.

use domain::{auth::service_tokens::Scope, users::account::Post};

/// Who may use a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Anybody,
    /// Any user whose account is active.
    SignedIn,
    /// The user the field is about. And administrators, of an object that they opened: see
    /// [`Opened`](super::authorise::Opened).
    Themselves,
    /// The booking's holder, and nobody else.
    HolderAlone,
    /// The booking's holder; members of its partner's team with at least this post; and services that
    /// act for partners. And administrators, of an object that they opened.
    HolderOrTeam(Post),
    /// The user whose picture it is. For a partner's picture: signed-in members of its team with at
    /// least this post.
    OwnerOrTeam(Post),
    /// Members of the partner's team with at least this post, and services that act for partners. An
    /// administrator is none of them: the fields for administrators want a reason, and are in the audit.
    Team(Post),
    /// Like `Team`, and administrators.
    TeamOrAdministrators(Post),
    /// Administrators, and services with this scope.
    Operators(Scope),
    /// People who are administrators: no service.
    Administrators,
}

/// Used in the table instead of a type name, for HTTP routes outside GraphQL.
pub const ROUTE: &str = "(route)";

/// Type, field, who. Fields of types that are not listed are public: [`PUBLIC_TYPES`].
#[rustfmt::skip]
pub const POLICY: &[(&str, &str, Who)] = &[
    ("Query", "offers", Who::Anybody),
    ("Query", "offer", Who::Anybody),
    ("Query", "offersById", Who::Anybody),
    ("Query", "categories", Who::Anybody),
    ("Query", "partner", Who::Anybody),
    ("Query", "partners", Who::Anybody),
    ("Query", "offerClusters", Who::Anybody),
    ("Query", "search", Who::Anybody),
    ("Query", "searchSuggestions", Who::Anybody),
    ("Query", "partnerOffers", Who::Team(Post::Staff)),
    ("Query", "myMembership", Who::SignedIn),
    ("Query", "myMemberships", Who::SignedIn),
    ("Query", "partnerStats", Who::Team(Post::Manager)),
    ("Query", "team", Who::Team(Post::Manager)),
    ("Query", "me", Who::SignedIn),
    ("Query", "user", Who::SignedIn),
    ("Query", "mySessions", Who::SignedIn),
    ("Query", "myConsents", Who::SignedIn),
    ("Query", "exportMyData", Who::SignedIn),
    ("Query", "myBookings", Who::SignedIn),
    ("Query", "myBookingsConnection", Who::SignedIn),
    ("Query", "booking", Who::SignedIn),
    ("Query", "calendarFeed", Who::SignedIn),
    ("Query", "partnerBookings", Who::Team(Post::Staff)),
    ("Query", "myPayments", Who::SignedIn),
    ("Query", "payment", Who::SignedIn),
    ("Query", "partnerAccount", Who::Team(Post::Manager)),
    ("Query", "partnerBalance", Who::Team(Post::Owner)),
    ("Query", "partnerLedger", Who::Team(Post::Owner)),
    ("Query", "paymentDifferences", Who::Operators(Scope::Payments)),
    ("Query", "notifications", Who::SignedIn),
    ("Query", "notificationSettings", Who::SignedIn),
    ("Query", "templates", Who::Operators(Scope::Templates)),
    ("Query", "placeSuggestions", Who::Team(Post::Staff)),
    ("Query", "travel", Who::SignedIn),
    ("Query", "myIdentityVerification", Who::SignedIn),
    ("Query", "identityVerifications", Who::Administrators),
    ("Query", "myReviews", Who::SignedIn),
    ("Query", "reportedReviews", Who::Administrators),
    ("Query", "partnerBySlug", Who::Anybody),
    ("Query", "offerBySlug", Who::Anybody),
    ("Query", "establishment", Who::Anybody),
    ("Query", "establishmentBySlug", Who::Anybody),
    ("Query", "sitemap", Who::Anybody),
    ("Query", "cities", Who::Anybody),
    ("Query", "city", Who::Anybody),
    ("Query", "userForOperator", Who::Administrators),
    ("Query", "exportUserData", Who::Administrators),
    ("Query", "bookingForOperator", Who::Administrators),
    ("Query", "operatorAudit", Who::Administrators),
    ("Query", "partnersToReview", Who::Administrators),
    ("Query", "partnerForOperator", Who::Administrators),

    ("Mutation", "register", Who::Anybody),
    ("Mutation", "login", Who::Anybody),
    ("Mutation", "refreshToken", Who::Anybody),
    ("Mutation", "verifyEmail", Who::Anybody),
    ("Mutation", "requestPasswordReset", Who::Anybody),
    ("Mutation", "resetPassword", Who::Anybody),
    ("Mutation", "changeEmail", Who::SignedIn),
    ("Mutation", "confirmEmailChange", Who::Anybody),
    ("Mutation", "undoEmailChange", Who::Anybody),
    ("Mutation", "requestEmailVerification", Who::SignedIn),
    ("Mutation", "requestPhoneCode", Who::SignedIn),
    ("Mutation", "verifyPhone", Who::SignedIn),
    // A user whose access token expired, after a quarter of an hour, may sign out as well. It asks for
    // an access token or a refresh token itself.
    ("Mutation", "logout", Who::Anybody),
    ("Mutation", "changePassword", Who::SignedIn),
    ("Mutation", "endSession", Who::SignedIn),
    ("Mutation", "endOtherSessions", Who::SignedIn),
    ("Mutation", "updateProfile", Who::SignedIn),
    ("Mutation", "addFavorite", Who::SignedIn),
    ("Mutation", "removeFavorite", Who::SignedIn),
    ("Mutation", "recordConsent", Who::SignedIn),
    ("Mutation", "deleteMyAccount", Who::SignedIn),
    ("Mutation", "registerDevice", Who::SignedIn),
    ("Mutation", "removeDevice", Who::SignedIn),
    ("Mutation", "markRead", Who::SignedIn),
    ("Mutation", "setNotification", Who::SignedIn),
    ("Mutation", "recordEvents", Who::SignedIn),
    ("Mutation", "requestUpload", Who::OwnerOrTeam(Post::Manager)),
    ("Mutation", "completeUpload", Who::OwnerOrTeam(Post::Manager)),
    ("Mutation", "deleteImage", Who::OwnerOrTeam(Post::Manager)),
    ("Mutation", "submitIdentityVerification", Who::SignedIn),
    ("Mutation", "decideIdentity", Who::Administrators),
    ("Mutation", "setUserStatus", Who::Operators(Scope::Users)),
    ("Mutation", "setUserRole", Who::Administrators),
    ("Mutation", "endUserSessions", Who::Administrators),
    ("Mutation", "eraseUser", Who::Administrators),
    ("Mutation", "cancelBookingFor", Who::Administrators),
    ("Mutation", "sendNews", Who::Operators(Scope::News)),
    ("Mutation", "inviteMember", Who::Team(Post::Owner)),
    ("Mutation", "withdrawInvitation", Who::Team(Post::Owner)),
    ("Mutation", "changeMemberRole", Who::Team(Post::Owner)),
    ("Mutation", "removeMember", Who::Team(Post::Owner)),
    ("Mutation", "leaveTeam", Who::SignedIn),
    ("Mutation", "acceptInvitation", Who::SignedIn),
    ("Mutation", "createPartner", Who::SignedIn),
    ("Mutation", "submitPartner", Who::Team(Post::Owner)),
    ("Mutation", "deletePartner", Who::Team(Post::Owner)),
    ("Mutation", "deletePartnerFor", Who::Administrators),
    ("Mutation", "approvePartner", Who::Administrators),
    ("Mutation", "returnPartner", Who::Administrators),
    ("Mutation", "suspendPartner", Who::Administrators),
    ("Mutation", "restorePartner", Who::Administrators),
    ("Mutation", "updatePartner", Who::Team(Post::Manager)),
    ("Mutation", "createEstablishment", Who::Team(Post::Manager)),
    ("Mutation", "updateEstablishment", Who::Team(Post::Manager)),
    ("Mutation", "deleteEstablishment", Who::Team(Post::Manager)),
    ("Mutation", "createOffer", Who::Team(Post::Manager)),
    ("Mutation", "updateOffer", Who::Team(Post::Manager)),
    ("Mutation", "createBooking", Who::SignedIn),
    ("Mutation", "confirmBooking", Who::SignedIn),
    ("Mutation", "cancelBooking", Who::SignedIn),
    ("Mutation", "createCalendarFeed", Who::SignedIn),
    ("Mutation", "revokeCalendarFeed", Who::SignedIn),
    ("Mutation", "checkIn", Who::Team(Post::Staff)),
    ("Mutation", "declineBooking", Who::Team(Post::Staff)),
    ("Mutation", "cancelBookingByVenue", Who::Team(Post::Staff)),
    ("Mutation", "checkInByCode", Who::Team(Post::Staff)),
    ("Mutation", "undoCheckIn", Who::Team(Post::Staff)),
    ("Mutation", "recordScans", Who::Team(Post::Staff)),
    ("Mutation", "recordWalkIn", Who::Team(Post::Staff)),
    ("Mutation", "undoWalkIn", Who::Team(Post::Staff)),
    ("Mutation", "startPayment", Who::SignedIn),
    ("Mutation", "refundPayment", Who::Operators(Scope::Payments)),
    ("Mutation", "startOnboarding", Who::Team(Post::Owner)),
    ("Mutation", "pauseOffer", Who::Team(Post::Manager)),
    ("Mutation", "resumeOffer", Who::Team(Post::Manager)),
    ("Mutation", "deleteOffer", Who::Team(Post::Manager)),
    ("Mutation", "purge", Who::Operators(Scope::Purge)),
    ("Mutation", "putTemplate", Who::Operators(Scope::Templates)),
    ("Mutation", "addReview", Who::SignedIn),
    ("Mutation", "updateReview", Who::SignedIn),
    ("Mutation", "deleteReview", Who::SignedIn),
    ("Mutation", "contestRemoval", Who::SignedIn),
    ("Mutation", "replyToReview", Who::Team(Post::Manager)),
    ("Mutation", "removeReply", Who::Team(Post::Manager)),
    ("Mutation", "reportReview", Who::SignedIn),
    ("Mutation", "decideReview", Who::Administrators),

    (ROUTE, "/admin/documents", Who::Operators(Scope::Documents)),
    (ROUTE, "/admin/documents/retire", Who::Operators(Scope::Documents)),
    (ROUTE, "/admin/documents/usage", Who::Operators(Scope::Documents)),
    (ROUTE, "/admin/purge", Who::Operators(Scope::Purge)),
    (ROUTE, "/admin/cache/explain", Who::Operators(Scope::Inspect)),
    (ROUTE, "/admin/cache/stats", Who::Operators(Scope::Inspect)),
    (ROUTE, "/admin/cells", Who::Operators(Scope::Inspect)),
    (ROUTE, "/admin/purges", Who::Operators(Scope::Inspect)),
    (ROUTE, "/admin/queue", Who::Operators(Scope::Inspect)),
    (ROUTE, "/admin/queue/retry", Who::Administrators),
    // And the booking's holder alone.
    (ROUTE, "/bookings", Who::SignedIn),
    // Of the partner that the address names.
    (ROUTE, "/partners", Who::Team(Post::Owner)),
    (ROUTE, "/partners/import", Who::Team(Post::Manager)),
    (ROUTE, "/partners/stats", Who::Team(Post::Manager)),

    ("Subscription", "newOfferNearby", Who::Anybody),
    ("Subscription", "bookingStatusChanged", Who::SignedIn),
    ("Subscription", "notificationReceived", Who::SignedIn),
    ("Subscription", "partnerBookingChanged", Who::Team(Post::Staff)),

    ("Partner", "id", Who::Anybody),
    ("Partner", "name", Who::Anybody),
    ("Partner", "description", Who::Anybody),
    ("Partner", "logo", Who::Anybody),
    ("Partner", "logoPicture", Who::Anybody),
    ("Partner", "category", Who::Anybody),
    ("Partner", "establishments", Who::Anybody),
    ("Partner", "offers", Who::Anybody),
    ("Partner", "offersConnection", Who::Anybody),
    ("Partner", "rating", Who::Anybody),
    ("Partner", "reviewCount", Who::Anybody),
    ("Partner", "ratingDistribution", Who::Anybody),
    ("Partner", "reviews", Who::Anybody),
    ("Partner", "createdAt", Who::Anybody),
    ("Partner", "slug", Who::Anybody),
    ("Partner", "jsonLd", Who::Anybody),
    ("Partner", "updatedAt", Who::Anybody),
    ("Partner", "status", Who::TeamOrAdministrators(Post::Staff)),
    ("Partner", "siret", Who::TeamOrAdministrators(Post::Staff)),
    ("Partner", "reviewReason", Who::TeamOrAdministrators(Post::Staff)),
    ("Partner", "submittedAt", Who::TeamOrAdministrators(Post::Staff)),
    ("Partner", "archivedAt", Who::TeamOrAdministrators(Post::Staff)),

    ("User", "id", Who::Anybody),
    ("User", "firstName", Who::Anybody),
    ("User", "avatar", Who::Anybody),
    ("User", "avatarPicture", Who::Anybody),
    ("User", "email", Who::Themselves),
    ("User", "lastName", Who::Themselves),
    ("User", "phone", Who::Themselves),
    ("User", "isVerified", Who::Themselves),
    ("User", "isPhoneVerified", Who::Themselves),
    ("User", "identityStatus", Who::Themselves),
    ("User", "preferences", Who::Themselves),
    ("User", "createdAt", Who::Themselves),
    ("User", "favorites", Who::Themselves),
    ("User", "bookings", Who::Themselves),

    ("Booking", "id", Who::HolderOrTeam(Post::Staff)),
    ("Booking", "user", Who::HolderOrTeam(Post::Staff)),
    ("Booking", "offer", Who::HolderOrTeam(Post::Staff)),
    ("Booking", "status", Who::HolderOrTeam(Post::Staff)),
    // The holder alone reads the codes: not the staff who scan them, nor an administrator who helps the guest.
    ("Booking", "qrCode", Who::HolderAlone),
    ("Booking", "offlineCode", Who::HolderAlone),
    ("Booking", "validFrom", Who::HolderOrTeam(Post::Staff)),
    ("Booking", "validUntil", Who::HolderOrTeam(Post::Staff)),
    ("Booking", "cancellableUntil", Who::HolderOrTeam(Post::Staff)),
    ("Booking", "checkedInAt", Who::HolderOrTeam(Post::Staff)),
    ("Booking", "createdAt", Who::HolderOrTeam(Post::Staff)),
    ("Booking", "shortCode", Who::HolderOrTeam(Post::Staff)),
    ("Booking", "cancelReason", Who::HolderOrTeam(Post::Staff)),
    ("Booking", "price", Who::HolderOrTeam(Post::Staff)),
    ("Booking", "payBefore", Who::HolderOrTeam(Post::Staff)),
    ("Booking", "payment", Who::HolderOrTeam(Post::Manager)),
    ("Booking", "partySize", Who::HolderOrTeam(Post::Staff)),
    ("Booking", "decideBefore", Who::HolderOrTeam(Post::Staff)),
    // The team reads what everybody reads.
    ("Booking", "review", Who::Themselves),
    ("Booking", "canReviewUntil", Who::Themselves),
];

/// Types whose fields need no check of their own: a caller who reaches an object may read all of it.
/// The second half is reached only through fields above that belong to a user.
#[cfg(test)]
pub const PUBLIC_TYPES: &[&str] = &[
    "Address",
    "BookingLimits",
    // Only its user gets one.
    "CalendarFeed",
    // Only operators get one.
    "Campaign",
    "Category",
    "CategoryCount",
    "City",
    "CityConnection",
    "CityCount",
    "CityEdge",
    "Discount",
    "DiscountKindCount",
    "Establishment",
    "EstablishmentMatches",
    "Location",
    "Offer",
    "OfferCluster",
    "OfferConnection",
    "OfferEdge",
    "OfferFacets",
    "OfferSchedule",
    "Opening",
    "OfferTexts",
    "OpeningHour",
    "PageInfo",
    "PartnerConnection",
    "PartnerEdge",
    "PartnerMatches",
    "SearchResult",
    "Suggestion",
    "Picture",
    "Price",
    "Quota",
    "Review",
    "ReviewConnection",
    "ReviewEdge",
    "ReviewReply",
    "RatingCount",
    "SitemapConnection",
    "SitemapEdge",
    "SitemapPage",
    "PurgeResult",
    "PurgeAffected",
    "AuthPayload",
    "Session",
    "EmailChanged",
    "Consent",
    "DataExport",
    "Preferences",
    "BookedPrice",
    "Payment",
    "PaymentConnection",
    "PaymentEdge",
    "PaymentIntent",
    "Refund",
    "PartnerAccount",
    "OnboardingLink",
    "PartnerBalance",
    "LedgerConnection",
    "LedgerEdge",
    "LedgerEntry",
    "PaymentDifference",
    "BookingConnection",
    "BookingEdge",
    "Device",
    "Notification",
    "NotificationConnection",
    "NotificationEdge",
    "NotificationSetting",
    "MessageTemplate",
    "UploadForm",
    "FormField",
    "Membership",
    "Team",
    "Member",
    "Invitation",
    "PartnerStats",
    "PartnerDay",
    "PlaceSuggestion",
    "Travel",
    "IdentityVerification",
    // Only a partner's team gets these.
    "GuestBooking",
    "PartnerBookingChange",
    "NightTotals",
    "NightOpening",
    "PartnerBookingConnection",
    "PartnerBookingEdge",
    "ScanResult",
    "WalkIn",
    "OfferStats",
    "HourStats",
    "MyReview",
    "MyReviewConnection",
    "MyReviewEdge",
    "ReviewContest",
    "ReviewRemoval",
    // Only administrators get these.
    "ReviewCase",
    "ReviewCaseConnection",
    "ReviewCaseEdge",
    "ReviewReport",
    "IdentityCase",
    "IdentityCaseConnection",
    "IdentityCaseEdge",
    "UserForOperator",
    "OperatorAuditConnection",
    "OperatorAuditEdge",
    "OperatorAuditEntry",
    "PartnerReviewConnection",
    "PartnerReviewEdge",
];

/// The policy for a field of a type.
pub fn who(of_type: &str, field: &str) -> Option<Who> {
    POLICY
        .iter()
        .find(|(known_type, known, _)| *known_type == of_type && *known == field)
        .map(|(_, _, who)| *who)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use async_graphql::parser::{
        parse_schema,
        types::{TypeKind, TypeSystemDefinition},
    };

    use super::*;

    /// The fields of each object type, taken from the schema.
    fn fields() -> BTreeSet<(String, String)> {
        let schema = parse_schema(crate::schema::sdl()).unwrap();
        let types = schema.definitions.iter().filter_map(|definition| {
            let TypeSystemDefinition::Type(of_type) = definition else {
                return None;
            };
            let TypeKind::Object(object) = &of_type.node.kind else {
                return None;
            };
            Some((of_type.node.name.node.to_string(), &object.fields))
        });
        types
            .flat_map(|(of_type, fields)| {
                let names = fields.iter().map(|field| field.node.name.node.to_string());
                names.map(move |name| (of_type.clone(), name))
            })
            .collect()
    }

    #[test]
    fn every_field_of_the_schema_has_a_policy_and_every_policy_a_field() {
        let fields = fields();
        assert!(fields.len() > 100, "{fields:?}");
        let open: Vec<_> = fields
            .iter()
            .filter(|(of_type, field)| {
                !PUBLIC_TYPES.contains(&of_type.as_str()) && who(of_type, field).is_none()
            })
            .collect();
        assert_eq!(open, [] as [&(String, String); 0], "add these to the table");
        for (of_type, field, _) in POLICY.iter().filter(|(of_type, ..)| *of_type != ROUTE) {
            let named = ((*of_type).to_owned(), (*field).to_owned());
            assert!(fields.contains(&named), "{named:?} is not in the schema");
            assert!(!PUBLIC_TYPES.contains(of_type), "{of_type} is there twice");
        }
        for public in PUBLIC_TYPES {
            let is_there = fields.iter().any(|(of_type, _)| of_type == public);
            assert!(is_there, "{public} is not in the schema");
        }
    }
}
