use domain::users::membership::Post;

use super::*;

fn partner(seed: &str) -> PartnerId {
    PartnerId::derive("partner", seed)
}

fn member_of(seeds: &[&str]) -> Caller {
    let memberships = seeds.iter();
    Caller::User(Box::new(SignedIn {
        id: UserId::derive("user", "a"),
        role: Role::Partner,
        memberships: memberships
            .map(|seed| Membership::new(partner(seed), Post::Staff))
            .collect(),
        chosen: None,
        session: SessionId::new("s"),
    }))
}

#[test]
fn a_partner_is_chosen_by_who_works_for_it_and_is_never_ignored() {
    let works_as = |caller: Caller| match caller {
        Caller::User(user) => user.membership().map(|of| of.partner.clone()),
        other => panic!("{other:?}"),
    };
    let both = || member_of(&["a", "b"]);
    assert_eq!(
        works_as(both().choosing(&Chosen::Nothing)),
        Some(partner("a"))
    );
    let chosen = Chosen::Partner(partner("b"));
    assert_eq!(works_as(both().choosing(&chosen)), Some(partner("b")));
    assert_eq!(works_as(member_of(&[]).choosing(&Chosen::Nothing)), None);
    for (caller, chosen) in [
        (both(), Chosen::Partner(partner("c"))),
        (both(), Chosen::Unreadable),
        (member_of(&[]), Chosen::Partner(partner("a"))),
        (
            Caller::Service(Service::of_environment()),
            Chosen::Partner(partner("a")),
        ),
    ] {
        match caller.choosing(&chosen) {
            Caller::Unknown(why) => assert_eq!(why.code(), PARTNER_NOT_YOURS),
            other => panic!("{other:?}"),
        }
    }
    let nobody = Caller::Anonymous.choosing(&Chosen::Unreadable);
    assert_eq!(nobody, Caller::Anonymous);
}

#[test]
fn a_header_that_is_empty_chooses_nothing_and_one_that_is_no_id_is_not_read() {
    let id = partner("a").to_string();
    let table = [
        (vec![], Chosen::Nothing),
        (vec![" "], Chosen::Nothing),
        (vec![id.as_str()], Chosen::Partner(partner("a"))),
        (vec!["null"], Chosen::Unreadable),
        (vec![id.as_str(), id.as_str()], Chosen::Unreadable),
    ];
    for (values, expected) in table {
        let mut headers = HeaderMap::new();
        for value in &values {
            let value = HeaderValue::from_str(value).unwrap();
            headers.append(Chosen::HEADER, value);
        }
        assert_eq!(Chosen::of(&headers), expected, "{values:?}");
    }
}

/// B5.
#[test]
fn an_empty_authorization_is_none() {
    let table = [
        (None, Authorization::Nothing),
        (Some(""), Authorization::Nothing),
        (Some("Bearer"), Authorization::Nothing),
        (Some("bearer   "), Authorization::Nothing),
        (Some("Bearer a.b.c"), Authorization::Bearer("a.b.c")),
        (Some("BEARER  a "), Authorization::Bearer("a")),
        (Some("Bearer null"), Authorization::Bearer("null")),
        (Some("null"), Authorization::Other),
        (Some("Basic"), Authorization::Other),
        (Some("Basic YTpi"), Authorization::Other),
    ];
    for (text, expected) in table {
        let header = text.map(HeaderValue::from_static);
        assert_eq!(Authorization::of(header.as_ref()), expected, "{text:?}");
    }
}
