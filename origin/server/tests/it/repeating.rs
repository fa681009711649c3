//! Row F3, for every mutation: its answer is lost and its client asks once more. What it gets then is
//! written down here and in `docs/repeats.md`; a mutation that is in one of them only fails.

use std::{collections::BTreeSet, fs, path::Path};

use async_graphql::parser::{
    parse_schema,
    types::{TypeKind, TypeSystemDefinition},
};
use domain::{
    Admission, BookingId, Offer, OfferSchedule, UploadId, UserId,
    offers::store::Author,
    partners::standing::{PartnerStatus, Standing},
    pictures::picture::{self, Purpose},
    reviews::rules::ReviewEdit,
    users::{
        account::{Membership, Post},
        change::AccountChange,
    },
};
use fake_providers::{Fake, Secrets};
use serde_json::{Value, json};
use yousoon::config::ProvidersConfig;

use crate::{
    accounts::person::{PASSWORD, Person, input, login, registering, verify},
    app::{Answer, Sent, TOKEN, TestApp},
    booking::{CHECK_IN, booked, places, works_for},
    fixtures::{establishment, offer, partner, store, store_standing},
    identifying::{self, administrator},
    paying::{self, priced},
    picturing::{a_bucket, kept},
    reviewing,
};

/// Who asks.
#[derive(Clone, Copy)]
enum By {
    Anybody,
    Guest,
    /// Somebody who is invited to the team.
    Invited,
    Staff,
    Owner,
    Admin,
    Service,
}

/// What the second request gets.
#[derive(Clone, Copy)]
enum Repeat {
    /// The same answer.
    Same,
    /// This instead: there was nothing left to do.
    Gets(&'static str),
    Refused(&'static str),
    /// Something else of the same kind.
    Another,
}

use By::{Admin, Anybody, Guest, Invited, Owner, Service, Staff};
use Repeat::{Another, Gets, Refused, Same};

/// Mutation, who, what is asked, and what the second request gets. Words in capitals are filled in by
/// [`World::start`].
#[rustfmt::skip]
const REPEATS: &[(&str, By, &str, Repeat)] = &[
    ("purge", Service, "(input: {tag: \"offers:all\", reason: \"test\"}) { tags }", Same),

    ("createOffer", Owner, "(input: NEW_OFFER, idempotencyKey: \"k\") { id title }", Same),
    ("createOffer", Owner, "(input: NEW_OFFER) { id title }", Another),
    ("updateOffer", Owner, "(id: OFFER, input: {title: \"Autre\", expectedVersion: 1}) { id title }", Same),
    ("pauseOffer", Owner, "(id: OFFER) { id isActive }", Same),
    ("resumeOffer", Owner, "(id: OFFER) { id isActive }", Same),
    ("deleteOffer", Owner, "(id: OFFER)", Gets("false")),

    ("createBooking", Guest, "(offerId: FREE, idempotencyKey: \"k\") { id status }", Same),
    ("createBooking", Guest, "(offerId: FREE) { id status }", Refused("ALREADY_BOOKED")),
    ("confirmBooking", Staff, "(id: PENDING) { id status }", Same),
    ("cancelBooking", Guest, "(id: BOOKING) { id status }", Same),
    ("createCalendarFeed", Guest, "", Another),
    ("revokeCalendarFeed", Guest, "", Same),
    ("checkIn", Staff, "(bookingId: BOOKING, qrCode: QR_CODE) { id status checkedInAt }", Same),
    ("checkIn", Staff, "(bookingId: BOOKING, qrCode: QR_CODE, scanId: \"s1\") { id status checkedInAt }", Same),
    ("checkInByCode", Staff, "(partnerId: PARTNER, code: SHORT_CODE) { id status checkedInAt }", Same),
    ("undoCheckIn", Staff, "(id: CHECKED_IN) { id status checkedInAt }", Same),
    ("recordScans", Staff, "(partnerId: PARTNER, scans: [{id: \"s1\", qrCode: QR_CODE, scannedAt: \"2026-06-01T12:00:00Z\"}])
        { id code booking { id status checkedInAt } }", Same),
    ("recordWalkIn", Staff, "(offerId: FREE, partySize: 2, idempotencyKey: \"k\") { id at }", Same),
    ("recordWalkIn", Staff, "(offerId: FREE) { id at }", Another),
    ("undoWalkIn", Staff, "(id: WALK_IN)", Gets("false")),
    ("declineBooking", Staff, "(id: PENDING, reason: \"Complet\") { id status cancelReason }", Same),
    ("cancelBookingByVenue", Staff, "(id: BOOKING, reason: \"Complet\") { id status cancelReason }", Same),

    ("createPartner", Guest, "(input: {name: \"Chez Ana\", category: BAR}, idempotencyKey: \"k\") { id name }", Same),
    ("createPartner", Guest, "(input: {name: \"Chez Ana\", category: BAR}) { id name }", Another),
    ("submitPartner", Owner, "(id: DRAFT, siret: \"73282932000074\") { id status submittedAt }", Same),
    ("approvePartner", Admin, "(id: WAITING) { id status }", Refused("PARTNER_STATUS_CONFLICT")),
    ("returnPartner", Admin, "(id: WAITING, reason: \"no photograph\") { id status }", Refused("PARTNER_STATUS_CONFLICT")),
    ("suspendPartner", Admin, "(id: PARTNER, reason: \"ticket 1\") { id status }", Refused("PARTNER_STATUS_CONFLICT")),
    ("restorePartner", Admin, "(id: SUSPENDED) { id status }", Refused("PARTNER_STATUS_CONFLICT")),
    ("deletePartner", Owner, "(id: DRAFT, password: PASSWORD)", Gets("false")),
    ("deletePartnerFor", Admin, "(id: DRAFT, reason: \"ticket 1\")", Gets("false")),
    ("updatePartner", Owner, "(id: PARTNER, input: {name: \"Chez nous\"}) { id name }", Same),
    ("createEstablishment", Owner, "(partnerId: PARTNER, input: NEW_PLACE, idempotencyKey: \"k\") { id name }", Same),
    ("createEstablishment", Owner, "(partnerId: PARTNER, input: NEW_PLACE) { id name }", Another),
    ("updateEstablishment", Owner, "(id: PLACE, input: {name: \"Ailleurs\"}) { id name }", Same),
    ("deleteEstablishment", Owner, "(id: PLACE)", Gets("false")),

    ("inviteMember", Owner, "(partnerId: PARTNER, input: {email: \"eve@example.fr\", role: STAFF}) { id email }", Same),
    ("withdrawInvitation", Owner, "(partnerId: PARTNER, id: INVITATION)", Gets("false")),
    ("acceptInvitation", Invited, "(token: INVITED) { role }", Same),
    ("changeMemberRole", Owner, "(partnerId: PARTNER, userId: MEMBER, role: MANAGER)", Same),
    ("removeMember", Owner, "(partnerId: PARTNER, userId: MEMBER)", Refused("MEMBER_NOT_FOUND")),
    ("leaveTeam", Staff, "", Refused("MEMBER_NOT_FOUND")),

    ("register", Anybody, "(input: {email: \"new@example.fr\", password: PASSWORD, firstName: \"Eva\", lastName: \"Petit\"}) { refreshToken }", Refused("EMAIL_TAKEN")),
    ("login", Anybody, "(input: {email: \"ana@example.fr\", password: PASSWORD}) { refreshToken }", Another),
    ("refreshToken", Anybody, "(token: REFRESH) { refreshToken }", Same),
    ("logout", Guest, "", Same),
    ("logout", Anybody, "(refreshToken: REFRESH)", Same),
    ("changeEmail", Guest, "(input: {newEmail: \"anne@example.fr\", password: PASSWORD})", Same),
    ("confirmEmailChange", Anybody, "(token: CHANGE_EMAIL) { email }", Same),
    ("undoEmailChange", Anybody, "(token: UNDO_EMAIL)", Same),
    ("changePassword", Guest, "(input: {currentPassword: PASSWORD, newPassword: \"battery staple\"}) { refreshToken }", Refused("TOKEN_INVALID")),
    ("endSession", Guest, "(id: SESSION)", Gets("false")),
    ("endOtherSessions", Guest, "", Gets("0")),
    ("requestEmailVerification", Guest, "", Same),
    ("verifyEmail", Anybody, "(token: VERIFY)", Same),
    ("requestPhoneCode", Guest, "", Same),
    ("verifyPhone", Guest, "(code: DIGITS) { isPhoneVerified }", Same),
    ("requestPasswordReset", Anybody, "(email: \"ana@example.fr\")", Same),
    ("resetPassword", Anybody, "(input: {token: RESET, newPassword: \"battery staple\"})", Same),

    ("updateProfile", Guest, "(input: {firstName: \"Anne\"}) { firstName }", Same),
    ("registerDevice", Guest, "(input: {id: \"00000000-phone-of-guest\", platform: IOS}) { id platform }", Same),
    ("removeDevice", Guest, "(id: DEVICE)", Gets("false")),
    ("markRead", Guest, "", Same),
    ("setNotification", Guest, "(kind: BOOKING_CONFIRMED, channel: EMAIL, enabled: false) { enabled }", Same),
    ("requestUpload", Guest, "(input: {purpose: AVATAR, contentType: \"image/png\", size: 9}) { uploadId }", Another),
    ("completeUpload", Guest, "(id: UPLOAD) { id }", Same),
    ("deleteImage", Guest, "(id: PICTURE)", Gets("false")),
    ("addFavorite", Guest, "(offerId: OFFER)", Gets("false")),
    ("removeFavorite", Guest, "(offerId: FAVORITE)", Gets("false")),
    ("recordConsent", Guest, "(input: {purpose: MARKETING, version: \"1\", granted: true}) { version granted }", Same),
    ("recordEvents", Guest, "(events: [{id: \"e1\", kind: OFFER_VIEWED, offerId: OFFER, at: \"2026-06-01T12:00:00Z\"}])", Same),
    ("deleteMyAccount", Guest, "(password: PASSWORD)", Refused("TOKEN_INVALID")),
    ("putTemplate", Service, "(input: {kind: PHONE_CODE, language: ENGLISH, part: SMS, source: \"It is {{ code }}\", expectedVersion: 0}) { version source }", Same),
    ("sendNews", Service, "(input: {idempotencyKey: \"k\", fr: {title: \"a\", paragraphs: [\"b\"]},
        en: {title: \"a\", paragraphs: [\"b\"]}}) { id createdAt }", Same),
    ("submitIdentityVerification", Guest, "(input: {consentVersion: \"1\"}) { id status sessionUrl }", Same),
    ("decideIdentity", Admin, "(id: CHECK, verdict: APPROVED, reason: \"seen\") { id state operatorNote }", Same),
    ("startPayment", Guest, "(bookingId: PAYABLE, idempotencyKey: \"k\") { clientSecret payment { id status } }", Same),
    ("refundPayment", Service, "(id: PAID, amount: 100, reason: \"late\", idempotencyKey: \"k\") { id amount status }", Same),
    ("refundPayment", Service, "(id: PAID, amount: 100, reason: \"late\") { id amount status }", Another),
    ("startOnboarding", Owner, "(partnerId: PARTNER) { url }", Another),
    ("addReview", Guest, "(bookingId: VISIT, stars: 4, idempotencyKey: \"k\") { id stars createdAt }", Same),
    ("addReview", Guest, "(bookingId: VISIT, stars: 4) { id stars createdAt }", Same),
    ("updateReview", Guest, "(id: REVIEW, stars: 2) { id stars updatedAt }", Same),
    ("deleteReview", Guest, "(id: REVIEW)", Gets("false")),
    ("replyToReview", Owner, "(id: REVIEW, text: \"Merci\") { id reply { text createdAt } }", Same),
    ("removeReply", Owner, "(id: ANSWERED) { id reply { text } }", Same),
    ("reportReview", Guest, "(id: ANSWERED, reason: FAKE)", Same),
    ("contestRemoval", Invited, "(reviewId: GONE, text: \"Pourquoi ?\") { id stars }", Same),
    ("decideReview", Admin, "(id: ANSWERED, verdict: REMOVE, reason: \"insult\") { removal { reason removedAt } }", Same),
    ("setUserStatus", Service, "(id: GUEST_ID, status: DISABLED)", Same),
    ("setUserRole", Admin, "(id: STAFF_ID, role: ADMIN, reason: \"ticket 1\")", Same),
    ("endUserSessions", Admin, "(id: GUEST_ID, reason: \"ticket 1\")", Gets("0")),
    ("eraseUser", Admin, "(id: GUEST_ID, reason: \"ticket 1\")", Refused("USER_NOT_FOUND")),
    ("cancelBookingFor", Admin, "(bookingId: BOOKING, reason: \"ticket 1\", refund: FULL) { id status }", Same),
];

/// A partner `a` with a team, and a guest who has booked and was sent links and codes.
struct World {
    app: TestApp,
    /// Veriff, as long as the world lasts.
    _fake: Fake,
    admin: Person,
    guest: Person,
    invited: Person,
    staff: Person,
    owner: Person,
    /// What stands for the words in capitals, as GraphQL writes it.
    words: Vec<(&'static str, String)>,
}

fn quoted(text: &Value) -> String {
    text.as_str().map(|text| format!("{text:?}")).unwrap()
}

/// What was sent last to somebody: the proof in it.
async fn proof(app: &TestApp, kind: &str) -> String {
    // A reset is sent in the background.
    for _ in 0..200 {
        let messages = app.sent().await;
        if let Some(message) = messages.iter().rfind(|message| message.kind == kind) {
            return format!("{:?}", message.proof());
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("no {kind} was sent");
}

async fn short_code(app: &TestApp, guest: &Person, booking: &Value) -> String {
    let query = "query C($b: ID!) { booking(id: $b) { shortCode } }";
    let asked = guest.ask(app, query, json!({"b": booking["id"]}));
    quoted(&asked.await.data()["booking"]["shortCode"])
}

/// What `removeFavorite` and `removeDevice` remove.
async fn prepare(app: &TestApp, guest: &Person, offer: &domain::OfferId) {
    let favorite = format!(
        "mutation M {{ addFavorite(offerId: {:?}) }}",
        offer.as_str()
    );
    let device = format!(
        "mutation M {{ registerDevice(input: {{id: {DEVICE:?}, platform: IOS}}) {{ id }} }}"
    );
    for mutation in [favorite, device] {
        guest.ask(app, &mutation, json!({})).await.data();
    }
}

impl World {
    #[expect(clippy::too_many_lines, reason = "something for each mutation")]
    async fn start() -> Self {
        let fake = Fake::start(Secrets::default()).await.unwrap();
        let providers = ProvidersConfig {
            identity: Some(identifying::config(&fake)),
            payments: Some(paying::config(&fake, &Secrets::default())),
            ..ProvidersConfig::default()
        };
        let app = TestApp::builder()
            .pictures(a_bucket())
            .providers(providers)
            .start()
            .await;
        let free = places("a", 0, 9);
        let taken = places("a", 1, 9);
        // On another day, so that the booking is not confirmed at once.
        let later = Offer {
            schedule: Some(OfferSchedule {
                weekdays: vec![4],
                from: "10:00".into(),
                to: "12:00".into(),
            }),
            admission: Admission {
                requires_approval: true,
                ..Admission::default()
            },
            ..places("a", 2, 9)
        };
        let listed = offer("a", 3);
        let (payable, paid) = (priced(places("a", 4, 9)), priced(places("a", 5, 9)));
        let came = places("a", 6, 9);
        let (visited, reviewed) = (places("a", 7, 9), places("a", 8, 9));
        let all = [
            &free, &taken, &later, &listed, &payable, &paid, &came, &visited, &reviewed,
        ];
        store(&app, "a", all.map(Clone::clone).to_vec()).await;
        paying::onboarded(&app, &fake, &partner("a").id).await;
        let owner = works_for(&app, "owner", "a", Post::Owner).await;
        verify(&app, &owner).await;
        let staff = works_for(&app, "staff", "a", Post::Staff).await;
        let guest = person(&app, "ana", Some("+33612345678")).await;
        let invited = person(&app, "ben", None).await;
        verify(&app, &invited).await;
        let booking = booked(&app, &guest, &taken).await;
        let pending = booked(&app, &guest, &later).await;
        assert_eq!(pending["status"], "PENDING");
        let payable = booked(&app, &guest, &payable).await;
        let came = booked(&app, &guest, &came).await;
        let scanned = json!({"b": came["id"], "q": came["qrCode"]});
        staff.ask(&app, CHECK_IN, scanned).await.data();
        let walk_in = "mutation W($o: ID!) { recordWalkIn(offerId: $o) { id } }";
        let walked = staff.ask(&app, walk_in, json!({"o": free.id})).await.data();
        let paid = booked(&app, &guest, &paid).await;
        let paid = BookingId::parse(paid["id"].as_str().unwrap()).unwrap();
        let paid = paying::paid(&app, &guest, &paid).await;
        let mut words = vec![
            ("PAYABLE", quoted(&payable["id"])),
            ("CHECKED_IN", quoted(&came["id"])),
            ("WALK_IN", quoted(&walked["recordWalkIn"]["id"])),
            ("SHORT_CODE", short_code(&app, &guest, &booking).await),
            ("PAID", format!("{:?}", paid.as_str())),
            ("NEW_OFFER", new_offer()),
            ("NEW_PLACE", NEW_PLACE.to_owned()),
            ("OFFER", format!("{:?}", listed.id.as_str())),
            ("FAVORITE", format!("{:?}", taken.id.as_str())),
            ("FREE", format!("{:?}", free.id.as_str())),
            ("PENDING", quoted(&pending["id"])),
            ("BOOKING", quoted(&booking["id"])),
            ("QR_CODE", quoted(&booking["qrCode"])),
            ("PARTNER", format!("{:?}", partner("a").id.as_str())),
            ("MEMBER", format!("{:?}", staff.id)),
            ("GUEST_ID", format!("{:?}", guest.id)),
            ("STAFF_ID", format!("{:?}", invited.id)),
            ("DEVICE", format!("{DEVICE:?}")),
            ("REFRESH", format!("{:?}", guest.refresh)),
            ("PASSWORD", format!("{PASSWORD:?}")),
        ];
        prepare(&app, &guest, &taken.id).await;
        let own = picture::Owner::User(UserId::parse(&guest.id).unwrap());
        let picture = kept(&app, &guest, &own, Purpose::Avatar, 'a').await;
        words.push(("PICTURE", format!("{:?}", picture.id.as_str())));
        let upload = UploadId::derive("upload", "a");
        words.push(("UPLOAD", format!("{:?}", upload.as_str())));
        words.extend(of_guest(&app, &guest).await);
        verify(&app, &guest).await;
        words.extend(of_team(&app, &owner).await);
        words.extend(of_addresses(&app).await);
        let identity = app.state.services.identity.as_ref().unwrap();
        let check = identity.submit(&invited.user_id(), "1").await.unwrap();
        words.push(("CHECK", format!("{:?}", check.id.as_str())));
        words.extend(of_standings(&app, &owner).await);
        let admin = administrator(&app).await;
        words.extend(of_reviews(&app, [&guest, &invited], [&visited, &reviewed]).await);
        let removed = reviewing::reviewed(&app, &invited, &visited, 1).await;
        let decide = "mutation D($r: ID!) {
            decideReview(id: $r, verdict: REMOVE, reason: \"insult\") { reportedAt } }";
        admin
            .ask(&app, decide, json!({"r": removed.as_str()}))
            .await
            .data();
        words.push(("GONE", format!("{:?}", removed.as_str())));
        Self {
            app,
            _fake: fake,
            admin,
            guest,
            invited,
            staff,
            owner,
            words,
        }
    }

    async fn ask(&self, by: By, document: &str) -> Answer {
        let request = self.app.post(document, &json!({}));
        Answer::of(match by {
            Anybody => request,
            Guest => request.bearer_auth(&self.guest.access),
            Invited => request.bearer_auth(&self.invited.access),
            Staff => request.bearer_auth(&self.staff.access),
            Owner => request.bearer_auth(&self.owner.access),
            Admin => request.bearer_auth(&self.admin.access),
            Service => request.bearer_auth(TOKEN),
        })
        .await
    }

    fn filled_in(&self, text: &str) -> String {
        let is_word = |c: char| c.is_ascii_uppercase() || c == '_';
        let mut filled = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(is_word) {
            let (before, from) = rest.split_at(at);
            let end = from.find(|c| !is_word(c)).unwrap_or(from.len());
            let (word, after) = from.split_at(end);
            let known = self.words.iter().find(|(name, _)| *name == word);
            filled.push_str(before);
            filled.push_str(known.map_or(word, |(_, value)| value));
            rest = after;
        }
        filled + rest
    }
}

const DEVICE: &str = "00000000-phone-of-ana";

const NEW_PLACE: &str = r#"{name: "Ici", location: {lat: 48.85, lng: 2.35},
    address: {street: "1 rue de Rivoli", city: "Paris", postalCode: "75004"}}"#;

fn new_offer() -> String {
    format!(
        r#"{{partnerId: "{}", establishmentId: "{}", title: "Apéro", description: "Deux pour un",
            category: BAR, discount: {{percentage: 50}}, validFrom: "2026-01-01T00:00:00Z",
            validUntil: "2027-01-01T00:00:00Z"}}"#,
        partner("a").id,
        establishment("a").id
    )
}

async fn person(app: &TestApp, name: &str, phone: Option<&str>) -> Person {
    let mut input = input(name);
    if let Some(phone) = phone {
        input["phone"] = phone.into();
    }
    let answer = Answer::of(registering(app, &input)).await;
    Person::of(&answer.data()["register"])
}

/// Partners that stand otherwise than approved.
async fn of_standings(app: &TestApp, owner: &Person) -> Vec<(&'static str, String)> {
    let mut words = Vec::new();
    for (word, status) in [
        ("DRAFT", PartnerStatus::Draft),
        ("WAITING", PartnerStatus::InReview),
        ("SUSPENDED", PartnerStatus::Suspended),
    ] {
        store_standing(app, word, Standing::new(status), vec![]).await;
        words.push((word, format!("{:?}", partner(word).id.as_str())));
    }
    let users = &app.state.services.users;
    let of_draft = AccountChange::Join(Membership::new(partner("DRAFT").id, Post::Owner));
    users.change(&owner.user_id(), of_draft, 0).await.unwrap();
    app.state.services.auth.standings.forget(&owner.user_id());
    words
}

/// Who is invited, and a place without offers.
async fn of_team(app: &TestApp, owner: &Person) -> Vec<(&'static str, String)> {
    let id = partner("a").id;
    let invite = async |email: &str| {
        let query = format!(
            "mutation M {{ inviteMember(partnerId: \"{id}\", input: {{email: {email:?}, role: STAFF}}) {{ id }} }}"
        );
        owner.ask(app, &query, json!({})).await.data()["inviteMember"]["id"].clone()
    };
    let withdrawn = invite("cho@example.fr").await;
    invite("ben@example.fr").await;
    let messages = app.sent().await;
    let to_ben = messages
        .iter()
        .find(|message| message.kind == "invitation" && message.to == "ben@example.fr");
    let to_ben = to_ben.map(Sent::proof);
    let create = format!(
        "mutation M {{ createEstablishment(partnerId: \"{id}\", input: {NEW_PLACE}) {{ id }} }}"
    );
    let place = owner.ask(app, &create, json!({})).await.data();
    vec![
        ("INVITATION", quoted(&withdrawn)),
        ("INVITED", format!("{:?}", to_ben.unwrap())),
        ("PLACE", quoted(&place["createEstablishment"]["id"])),
    ]
}

/// A visit, a review by each of two people, and an answer to the second.
async fn of_reviews(
    app: &TestApp,
    [guest, other]: [&Person; 2],
    [visited, reviewed]: [&Offer; 2],
) -> Vec<(&'static str, String)> {
    let visit = reviewing::visited(app, guest, visited).await;
    let review = reviewing::reviewed(app, guest, reviewed, 5).await;
    let answered = reviewing::reviewed(app, other, reviewed, 1).await;
    let reply = ReviewEdit::Reply {
        text: "Merci".into(),
        author: Author {
            actor: "test".into(),
            action: "replyToReview",
        },
    };
    let now_ms = app.clock.load(std::sync::atomic::Ordering::Relaxed);
    let replied = app.state.services.reviews.change(&answered, reply, now_ms);
    replied.await.unwrap();
    vec![
        ("VISIT", format!("{:?}", visit.as_str())),
        ("REVIEW", format!("{:?}", review.as_str())),
        ("ANSWERED", format!("{:?}", answered.as_str())),
    ]
}

/// Links that were sent to the address that somebody asked for, and to the one that somebody had.
async fn of_addresses(app: &TestApp) -> Vec<(&'static str, String)> {
    let mut words = Vec::new();
    let mut to_new = String::new();
    for (name, new) in [("dan", "dan2@example.fr"), ("eli", "eli2@example.fr")] {
        let who = person(app, name, None).await;
        let change = format!(
            "mutation M {{ changeEmail(input: {{newEmail: {new:?}, password: {PASSWORD:?}}}) }}"
        );
        who.ask(app, &change, json!({})).await.data();
        to_new = proof(app, "change_email").await;
        if name == "dan" {
            words.push(("CHANGE_EMAIL", to_new.clone()));
        }
    }
    let confirm = format!("mutation M {{ confirmEmailChange(token: {to_new}) {{ email }} }}");
    app.ask(&confirm, json!({})).await.data();
    words.push(("UNDO_EMAIL", proof(app, "undo_email_change").await));
    words
}

/// Links and codes that were sent to the guest, and a second session.
async fn of_guest(app: &TestApp, guest: &Person) -> Vec<(&'static str, String)> {
    let mut words = Vec::new();
    for (word, query, kind) in [
        ("VERIFY", "requestEmailVerification", "verify_email"),
        ("DIGITS", "requestPhoneCode", "verify_phone"),
        (
            "RESET",
            "requestPasswordReset(email: \"ana@example.fr\")",
            "reset_password",
        ),
    ] {
        let query = format!("mutation M {{ {query} }}");
        guest.ask(app, &query, json!({})).await.data();
        words.push((word, proof(app, kind).await));
    }
    login(app, "ana@example.fr", PASSWORD).await.data();
    let sessions = "query Q { mySessions { id isCurrent } }";
    let sessions = guest.ask(app, sessions, json!({})).await.data()["mySessions"].clone();
    let mut all = sessions.as_array().unwrap().iter();
    let other = all.rfind(|session| session["isCurrent"] == false);
    words.push(("SESSION", quoted(&other.unwrap()["id"])));
    words
}

#[tokio::test]
async fn a_mutation_that_is_repeated_gets_what_is_written_down() {
    for (name, by, call, repeat) in REPEATS {
        let world = Box::pin(World::start()).await;
        let document = format!("mutation M {{ {name}{} }}", world.filled_in(call));
        let first = world.ask(*by, &document).await.data();
        assert_ne!(first[name], Value::Null, "{document}");
        world.app.pass_ms(500);
        let second = world.ask(*by, &document).await;
        match repeat {
            Same => assert_eq!(second.data(), first, "{document}"),
            Gets(value) => {
                let value: Value = serde_json::from_str(value).unwrap();
                assert_ne!(first[name], value, "{document}: the same");
                assert_eq!(second.data()[name], value, "{document}");
            }
            Refused(code) => assert_eq!(second.code(), *code, "{document}: {}", second.text),
            Another => assert_ne!(second.data(), first, "{document}"),
        }
    }
}

#[test]
fn every_mutation_says_what_a_repeat_gets() {
    let schema = parse_schema(api::schema::sdl()).unwrap();
    let fields = schema.definitions.iter().find_map(|definition| {
        let TypeSystemDefinition::Type(of_type) = definition else {
            return None;
        };
        match &of_type.node.kind {
            TypeKind::Object(object) if of_type.node.name.node == "Mutation" => {
                Some(&object.fields)
            }
            _other => None,
        }
    });
    let fields = fields.unwrap().iter();
    let fields: BTreeSet<String> = fields
        .map(|field| field.node.name.node.to_string())
        .collect();
    let tried: BTreeSet<String> = REPEATS
        .iter()
        .map(|(name, ..)| (*name).to_owned())
        .collect();
    assert_eq!(tried, fields, "the list of this test");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/repeats.md");
    let page = fs::read_to_string(page).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let named = rows.flat_map(|row| {
        let names = row.split(" |").next().unwrap_or_default();
        names
            .split(", ")
            .map(|name| name.trim_matches('`').to_owned())
    });
    assert_eq!(named.collect::<BTreeSet<_>>(), fields, "docs/repeats.md");
}
