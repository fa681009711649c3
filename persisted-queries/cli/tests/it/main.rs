//! `pq` as its users run it.

mod published;

use std::path::{Path, PathBuf};
use std::process::Command;

const CORE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../core/tests/fixtures/schema.graphql"
);
const OPERATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../operations");

/// Runs `pq`; the exit code, then what it printed, stderr after stdout.
pub(crate) fn pq(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_pq"))
        .args(arguments)
        .env_remove("YOUSOON_ADMIN_TOKEN")
        .output()
        .expect("pq runs");
    let mut text = String::from_utf8(output.stdout).expect("UTF-8");
    text.push_str(&String::from_utf8(output.stderr).expect("UTF-8"));
    (output.status.code().expect("an exit code"), text)
}

/// Builds a manifest of our own operations.
pub(crate) fn built(folder: &Path) -> PathBuf {
    let out = folder.join("manifest.json");
    let (code, text) = build(CORE, OPERATIONS, &out);
    assert_eq!(code, 0, "{text}");
    out
}

fn build(schema: &str, operations: &str, out: &Path) -> (i32, String) {
    let out = out.to_str().expect("a UTF-8 path");
    pq(&[
        "build",
        "--schema",
        schema,
        "--operations",
        operations,
        "--out",
        out,
    ])
}

/// The fixture's SDL with one text replaced, as a file.
fn changed_schema(folder: &Path, from: &str, to: &str) -> PathBuf {
    let sdl = std::fs::read_to_string(CORE).expect("the fixture");
    assert!(sdl.contains(from));
    let path = folder.join("schema.graphql");
    std::fs::write(&path, sdl.replace(from, to)).expect("a file");
    path
}

#[test]
fn build_prints_what_it_decided_and_is_deterministic() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("1.json"), folder.path().join("2.json"));
    let (code, text) = build(CORE, OPERATIONS, &first);
    assert_eq!(code, 0, "{text}");
    insta::assert_snapshot!(text, @r"
    client   name                      type      scope    maxAge  cost  depth
    admin    Purge                     mutation  private  0       4     2
    mobile   AddFavorite               mutation  private  0       1     1
    mobile   ChangePassword            mutation  private  0       11    3
    mobile   DeleteMyAccount           mutation  private  0       1     1
    mobile   EndOtherSessions          mutation  private  0       1     1
    mobile   EndSession                mutation  private  0       1     1
    mobile   ExportMyData              query     private  0       4     2
    mobile   Login                     mutation  private  0       11    3
    mobile   Logout                    mutation  private  0       1     1
    mobile   Me                        query     private  0       17    3
    mobile   MyConsents                query     private  0       81    2
    mobile   MyFavorites               query     private  900     143   4
    mobile   MySessions                query     private  0       121   2
    mobile   OfferDetail               query     public   60      101   4
    mobile   OfferIsFavorite           query     private  900     3     2
    mobile   OfferQuota                query     public   5       6     3
    mobile   OfferSearch               query     public   300     246   5
    mobile   OffersNearby              query     public   300     426   6
    mobile   RecordConsent             mutation  private  0       5     2
    mobile   RefreshToken              mutation  private  0       11    3
    mobile   Register                  mutation  private  0       11    3
    mobile   RemoveFavorite            mutation  private  0       1     1
    mobile   RequestEmailVerification  mutation  private  0       1     1
    mobile   RequestPasswordReset      mutation  private  0       1     1
    mobile   RequestPhoneCode          mutation  private  0       1     1
    mobile   ResetPassword             mutation  private  0       1     1
    mobile   UpdateProfile             mutation  private  0       17    3
    mobile   VerifyEmail               mutation  private  0       1     1
    mobile   VerifyPhone               mutation  private  0       4     2
    partner  AcceptInvitation          mutation  private  0       5     3
    partner  ChangeMemberRole          mutation  private  0       1     1
    partner  CreateEstablishment       mutation  private  0       76    3
    partner  CreateOffer               mutation  private  0       29    3
    partner  CreatePartner             mutation  private  0       8     2
    partner  DeleteEstablishment       mutation  private  0       1     1
    partner  DeleteOffer               mutation  private  0       1     1
    partner  InviteMember              mutation  private  0       6     2
    partner  LeaveTeam                 mutation  private  0       1     1
    partner  MyPartner                 query     private  0       1511  5
    partner  OwnOffers                 query     public   5       264   4
    partner  PartnerOffers             query     private  5       626   5
    partner  PartnerStats              query     private  0       42    3
    partner  PauseOffer                mutation  private  0       4     2
    partner  RemoveMember              mutation  private  0       1     1
    partner  ResumeOffer               mutation  private  0       4     2
    partner  Team                      query     private  0       203   3
    partner  UpdateEstablishment       mutation  private  0       76    3
    partner  UpdateOffer               mutation  private  0       26    3
    partner  UpdatePartner             mutation  private  0       8     2
    partner  WithdrawInvitation        mutation  private  0       1     1
    site     Categories                query     public   86400   41    2
    site     CategoryPage              query     public   300     296   5
    site     Home                      query     public   300     176   5
    site     PartnerPage               query     public   900     1650  4

    mobile/ExportMyData is not cached at the edge:
      exportMyData: the field is PRIVATE
      exportMyData: no maxAge on the field or on type DataExport

    mobile/Me is not cached at the edge:
      me: type User is PRIVATE
      me.preferences: no maxAge on the field or on type Preferences

    mobile/MyConsents is not cached at the edge:
      myConsents: the field is PRIVATE
      myConsents: no maxAge on the field or on type Consent

    mobile/MyFavorites is not cached at the edge:
      me: type User is PRIVATE

    mobile/MySessions is not cached at the edge:
      mySessions: the field is PRIVATE
      mySessions: no maxAge on the field or on type Session

    mobile/OfferIsFavorite is not cached at the edge:
      offer.isFavorite: the field is PRIVATE

    partner/MyPartner is not cached at the edge:
      myMembership: the field is PRIVATE
      myMembership: type Membership is PRIVATE
      myMembership: no maxAge on the field or on type Membership

    partner/PartnerOffers is not cached at the edge:
      partnerOffers: the field is PRIVATE

    partner/PartnerStats is not cached at the edge:
      partnerStats: the field is PRIVATE
      partnerStats: type PartnerStats is PRIVATE
      partnerStats: no maxAge on the field or on type PartnerStats
      partnerStats.days: type PartnerDay is PRIVATE
      partnerStats.days: no maxAge on the field or on type PartnerDay

    partner/Team is not cached at the edge:
      team: the field is PRIVATE
      team: type Team is PRIVATE
      team: no maxAge on the field or on type Team
      team.members: type Member is PRIVATE
      team.members: no maxAge on the field or on type Member
      team.invitations: type Invitation is PRIVATE
      team.invitations: no maxAge on the field or on type Invitation
    ");
    build(CORE, OPERATIONS, &second);
    let bytes = std::fs::read(&first).unwrap();
    assert_eq!(bytes, std::fs::read(&second).unwrap());
    // A manifest can be compiled again, and gives itself.
    let (code, _) = build(CORE, first.to_str().unwrap(), &second);
    assert_eq!((code, bytes), (0, std::fs::read(&second).unwrap()));
}

#[test]
fn build_refuses_what_is_wrong_file_by_file() {
    let folder = tempfile::tempdir().unwrap();
    let operations = folder.path().join("operations");
    let write = |name: &str, body: &str| {
        let path = operations.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, body).unwrap();
    };
    let out = folder.path().join("out.json");
    let refused = || {
        let (code, text) = build(CORE, operations.to_str().unwrap(), &out);
        assert!(!out.exists());
        assert_eq!(code, 1);
        text.replace(operations.to_str().unwrap(), "DIR")
    };
    write("site/A.graphql", "query A { nope }");
    write("mobile/B.graphql", "{ categories { id } }");
    write("mobile/README.md", "not a document");
    let invalid = refused();
    write("site/A.graphql", "query A { categories { id } }");
    write("mobile/B.graphql", "query A { categories { id } }");
    let twice = refused();
    write("C.graphql", "query C { categories { id } }");
    let stray = refused();
    insta::assert_snapshot!(format!("{invalid}{twice}{stray}"), @r"
    pq: DIR/mobile/B.graphql: the document's operation has no name
    pq: DIR/site/A.graphql: the document is not valid: 1:11 type `Query` does not have a field `nope`
    pq: DIR: the id 2b69747b19d276b7168355490212de68783952dd1079b6e8a08d1bb4deb03b87 is there twice: mobile/A and site/A
    pq: DIR/C.graphql: a document belongs in a client's sub-folder
    ");
}

#[test]
fn check_names_broken_documents_by_client_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = built(folder.path());
    let manifest = manifest.to_str().unwrap();
    let (code, text) = pq(&["check", "--schema", CORE, "--manifest", manifest]);
    assert_eq!(
        (code, text.as_str()),
        (0, "54 checked, 0 broken, 0 changed\n")
    );

    let schema = changed_schema(
        folder.path(),
        "totalCount: Int! }\ntype OfferEdge",
        "}\ntype OfferEdge",
    );
    let (code, text) = pq(&[
        "check",
        "--schema",
        schema.to_str().unwrap(),
        "--manifest",
        manifest,
    ]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(text, @r"
    mobile
      broken   OfferSearch (50534cab6e83a594a7b462051f7d966c5dc2dbbbe5797bf3a1e10c4d24350e71): the document is not valid: 38:5 type `OfferConnection` does not have a field `totalCount`
      broken   OffersNearby (a8dac972ddccd88ba9a669342463b2b34a1242c506f8338362a07f7268cd4886): the document is not valid: 51:5 type `OfferConnection` does not have a field `totalCount`
    partner
      broken   PartnerOffers (2e9a5ddabb18bbf6eefd0c2e473917d485617145e593fcd4ad8c377cc3f9e4c7): the document is not valid: 3:5 type `OfferConnection` does not have a field `totalCount`
    site
      broken   CategoryPage (173b04b093d600350d30888da9ecd8136cd063364f1a6a19ac74ff64822095fa): the document is not valid: 26:5 type `OfferConnection` does not have a field `totalCount`
      broken   Home (66f91fcf5fb7579737599f20cdfd714eaa7093712699171b3c09cc959fedf956): the document is not valid: 23:5 type `OfferConnection` does not have a field `totalCount`
    54 checked, 5 broken, 0 changed
    ");

    let schema = changed_schema(
        folder.path(),
        "maxAge: 86400, staleWhileRevalidate",
        "maxAge: 60, staleWhileRevalidate",
    );
    let (code, text) = pq(&[
        "check",
        "--schema",
        schema.to_str().unwrap(),
        "--manifest",
        manifest,
    ]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(text, @r"
    site
      changed  Categories: public maxAge=86400 swr=86400 sie=86400 -> public maxAge=60 swr=86400 sie=86400
      changed  Home: public maxAge=300 swr=600 sie=3600 -> public maxAge=60 swr=600 sie=3600
    54 checked, 0 broken, 2 changed
    ");
}

#[test]
fn diff_tells_added_removed_and_changed() {
    let folder = tempfile::tempdir().unwrap();
    let old = built(folder.path());
    let operations = folder.path().join("operations/site");
    std::fs::create_dir_all(&operations).unwrap();
    for name in ["Categories", "Home"] {
        let from = format!("{OPERATIONS}/site/{name}.graphql");
        std::fs::copy(from, operations.join(format!("{name}.graphql"))).unwrap();
    }
    std::fs::write(
        operations.join("New.graphql"),
        "query New { categories { id } }",
    )
    .unwrap();
    let schema = changed_schema(
        folder.path(),
        "maxAge: 86400, staleWhileRevalidate",
        "maxAge: 60, staleWhileRevalidate",
    );
    let new = folder.path().join("new.json");
    let (code, text) = build(
        schema.to_str().unwrap(),
        operations.parent().unwrap().to_str().unwrap(),
        &new,
    );
    assert_eq!(code, 0, "{text}");
    let (code, text) = pq(&["diff", old.to_str().unwrap(), new.to_str().unwrap()]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(text, @r"
    changed  site/Categories (28984888517b): public maxAge=86400 swr=86400 sie=86400 -> public maxAge=60 swr=86400 sie=86400
    changed  site/Home (66f91fcf5fb7): public maxAge=300 swr=600 sie=3600 -> public maxAge=60 swr=600 sie=3600
    added    site/New (928f681242bf): public maxAge=60 swr=86400 sie=86400
    removed  admin/Purge (2298fda67021): stays published
    removed  mobile/AddFavorite (9d2cebd47e8e): stays published
    removed  mobile/ChangePassword (c3e85418dbe3): stays published
    removed  mobile/DeleteMyAccount (e25c6e91ebfe): stays published
    removed  mobile/EndOtherSessions (6e27e415c381): stays published
    removed  mobile/EndSession (5e815c002c5d): stays published
    removed  mobile/ExportMyData (3cb9ca89fce3): stays published
    removed  mobile/Login (9502fb4d1562): stays published
    removed  mobile/Logout (8fb34ba37100): stays published
    removed  mobile/Me (f54bcb8ca413): stays published
    removed  mobile/MyConsents (b994f9b4f1fa): stays published
    removed  mobile/MyFavorites (664fa0a19582): stays published
    removed  mobile/MySessions (fe4faff85944): stays published
    removed  mobile/OfferDetail (6c47488b812c): stays published
    removed  mobile/OfferIsFavorite (4f797a4e95dc): stays published
    removed  mobile/OfferQuota (a7fa7ddf4cf7): stays published
    removed  mobile/OfferSearch (50534cab6e83): stays published
    removed  mobile/OffersNearby (a8dac972ddcc): stays published
    removed  mobile/RecordConsent (6a0b85ffff4e): stays published
    removed  mobile/RefreshToken (35ba1854ace7): stays published
    removed  mobile/Register (f0ae579ee020): stays published
    removed  mobile/RemoveFavorite (98d44cdf9485): stays published
    removed  mobile/RequestEmailVerification (eda935de23fb): stays published
    removed  mobile/RequestPasswordReset (a037dd193c54): stays published
    removed  mobile/RequestPhoneCode (727eff51f260): stays published
    removed  mobile/ResetPassword (39e7526f946d): stays published
    removed  mobile/UpdateProfile (ddc2f377c25f): stays published
    removed  mobile/VerifyEmail (ac238c2013e5): stays published
    removed  mobile/VerifyPhone (ead29b839ee5): stays published
    removed  partner/AcceptInvitation (1e69a318820f): stays published
    removed  partner/ChangeMemberRole (4a08143a839f): stays published
    removed  partner/CreateEstablishment (972466638edd): stays published
    removed  partner/CreateOffer (4f6f5c7de8ef): stays published
    removed  partner/CreatePartner (6ff724266123): stays published
    removed  partner/DeleteEstablishment (b52ce0597dcf): stays published
    removed  partner/DeleteOffer (ed42d3cc5f8b): stays published
    removed  partner/InviteMember (4ef15a049d50): stays published
    removed  partner/LeaveTeam (09e65cba8b12): stays published
    removed  partner/MyPartner (329ecd02c75d): stays published
    removed  partner/OwnOffers (eccbe1c98d60): stays published
    removed  partner/PartnerOffers (2e9a5ddabb18): stays published
    removed  partner/PartnerStats (8c544fe05f5f): stays published
    removed  partner/PauseOffer (0e5614ea35f8): stays published
    removed  partner/RemoveMember (1abdb7fbe03d): stays published
    removed  partner/ResumeOffer (4aebb341d70a): stays published
    removed  partner/Team (8675fa601cc3): stays published
    removed  partner/UpdateEstablishment (fc3e0e74ff8e): stays published
    removed  partner/UpdateOffer (5536bb4de5ff): stays published
    removed  partner/UpdatePartner (4c1f843b064f): stays published
    removed  partner/WithdrawInvitation (e37beadf4b9f): stays published
    removed  site/CategoryPage (173b04b093d6): stays published
    removed  site/PartnerPage (ff3b14c1be6b): stays published
    1 added, 52 removed, 2 changed
    ");
}

#[test]
fn a_file_that_is_not_there_is_one_line() {
    let (code, text) = pq(&["diff", "/no/such/file", "/no/such/file"]);
    assert_eq!(code, 1);
    assert_eq!(
        text,
        "pq: cannot read /no/such/file: No such file or directory (os error 2)\n"
    );
}
