//! One task after the other, at a time that the test chooses.

use std::collections::BTreeSet;

use domain::{
    auth::codes::CodePurpose,
    messages::{
        kind::Channel,
        provider::{Content, SendError},
        reach::{AddressHash, Reach, ReachStore as _},
    },
    queue::State,
    sentence::Language,
    team::store::TeamStore as _,
    users::{account::Status, change::AccountChange, store::UserStore as _},
};

use crate::world::{Act, NOW_MS, World, down};

const HOUR_MS: i64 = 3_600_000;

#[tokio::test]
async fn a_code_is_sent_once_to_its_address_in_the_persons_language() {
    let world = World::new();
    let ana = world.sign_up_only("ana", Language::French).await;
    let ben = world.sign_up_only("ben", Language::English).await;
    let (_, anas) = world.code(&ana, CodePurpose::VerifyEmail).await;
    let (code, _) = world.code(&ben, CodePurpose::ResetPassword).await;
    let (digits, _) = world.code(&ben, CodePurpose::VerifyPhone).await;
    for expected in [3, 0] {
        assert_eq!(world.delivery.do_due().await.unwrap(), expected);
    }
    let mails = world.email.taken();
    let [(_, Content::Email(to_ana)), (_, Content::Email(to_ben))] = mails.as_slice() else {
        panic!("{mails:?}");
    };
    assert_eq!(to_ana.to, format!("{ana}@example.fr"));
    assert!(to_ana.text.contains("Bonjour ana"), "{}", to_ana.text);
    assert!(to_ben.text.contains("ben") && !to_ben.text.contains("Bonjour"));
    let link = format!("https://site.test/reset-password?token={ben}.{code}");
    assert!(to_ben.text.contains(&link), "{}", to_ben.text);
    let messages = world.sms.taken();
    let [(_, Content::Sms(sms))] = messages.as_slice() else {
        panic!("{messages:?}");
    };
    assert!(sms.text.contains(&digits), "{}", sms.text);
    let done = world.task(&anas).await;
    assert_eq!((done.state, done.work.as_str()), (State::Done, ""));
    assert_eq!(done.provider_id.as_deref(), Some("m1"));
}

#[tokio::test]
async fn what_no_longer_holds_is_not_sent() {
    let world = World::new();
    let ana = world.sign_up_only("ana", Language::French).await;
    let (_, first) = world.code(&ana, CodePurpose::VerifyEmail).await;
    world.pass_ms(1);
    let (second, _) = world.code(&ana, CodePurpose::VerifyEmail).await;
    // Of an account that was disabled, and of one whose password was changed.
    let ben = world.sign_up_only("ben", Language::French).await;
    let (_, of_ben) = world.code(&ben, CodePurpose::ResetPassword).await;
    let disabled = AccountChange::Status(Status::Disabled);
    world.users.change(&ben, disabled, NOW_MS).await.unwrap();
    // Of an address that was verified meanwhile.
    let dan = world.sign_up("dan", Language::French).await;
    let (_, of_dan) = world.code(&dan, CodePurpose::VerifyEmail).await;
    let (withdrawn, _) = world.invite("cho@example.fr").await;
    let (partner, id) = (&withdrawn.partner, &withdrawn.id);
    assert!(world.teams.withdraw(partner, id, NOW_MS).await.unwrap());
    let (_, token) = world.invite("eve@example.fr").await;
    assert_eq!(world.delivery.do_due().await.unwrap(), 6);
    let texts = world
        .email
        .taken()
        .into_iter()
        .map(|(_, content)| match content {
            Content::Email(email) => email.text,
            other => panic!("{other:?}"),
        });
    let texts: Vec<String> = texts.collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].contains(&second));
    assert!(texts[1].contains(&token.expose()), "{}", texts[1]);
    for key in [first, of_ben, of_dan] {
        let task = world.task(&key).await;
        assert_eq!(task.state, State::Done);
        assert!(
            task.error.is_some() && task.provider_id.is_none(),
            "{task:?}"
        );
    }
}

#[tokio::test]
async fn a_failure_is_tried_again_and_a_refusal_is_not() {
    let world = World::new();
    let ana = world.sign_up_only("ana", Language::French).await;
    world.email.then(down());
    world.email.then(Act::Fail(SendError::Later {
        why: "429".to_owned(),
        after_ms: Some(30_000),
    }));
    let (_, key) = world.code(&ana, CodePurpose::VerifyEmail).await;
    world.delivery.do_due().await.unwrap();
    let failed = world.task(&key).await;
    assert_eq!((failed.state, failed.attempts), (State::Waiting, 1));
    let wait_ms = failed.due_at_ms - NOW_MS;
    assert!((500..=1_000).contains(&wait_ms), "{wait_ms}");
    assert_eq!(failed.error.as_deref(), Some("scripted: 503"));
    assert_eq!(world.delivery.do_due().await.unwrap(), 0, "not yet");
    world.pass_ms(wait_ms);
    world.delivery.do_due().await.unwrap();
    assert_eq!(world.task(&key).await.due_at_ms, world.now_ms() + 30_000);
    world.pass_ms(30_000);
    world.delivery.do_due().await.unwrap();
    assert_eq!(world.task(&key).await.state, State::Done);
    for (refusal, said) in [
        (
            SendError::Refused {
                why: "domain".to_owned(),
            },
            "domain",
        ),
        (
            SendError::Recipient {
                why: "no mailbox".to_owned(),
                invalid_devices: Vec::new(),
            },
            "no mailbox",
        ),
    ] {
        world.email.then(Act::Fail(refusal));
        let (_, key) = world.code(&ana, CodePurpose::ResetPassword).await;
        world.delivery.do_due().await.unwrap();
        let dead = world.task(&key).await;
        assert_eq!((dead.state, dead.attempts), (State::Dead, 1));
        assert!(dead.error.unwrap().contains(said));
    }
}

#[tokio::test]
async fn a_task_that_comes_too_late_is_given_up() {
    let world = World::new();
    let ana = world.sign_up_only("ana", Language::French).await;
    let (_, late) = world.code(&ana, CodePurpose::VerifyPhone).await;
    world.pass_ms(CodePurpose::VerifyPhone.life_ms());
    world.delivery.do_due().await.unwrap();
    assert_eq!(world.task(&late).await.state, State::Dead);
    assert_eq!(world.sms.asked(), Vec::<String>::new());
    // Its next attempt would be too late.
    let (_, last) = world.code(&ana, CodePurpose::VerifyPhone).await;
    world.pass_ms(CodePurpose::VerifyPhone.life_ms() - 100);
    world.sms.then(down());
    world.delivery.do_due().await.unwrap();
    assert_eq!(world.task(&last).await.state, State::Dead);
}

#[tokio::test]
async fn a_worker_that_is_killed_leaves_its_task_to_another_with_the_same_key() {
    let world = World::new();
    let ana = world.sign_up_only("ana", Language::French).await;
    let (_, key) = world.code(&ana, CodePurpose::VerifyEmail).await;
    world.email.then(Act::TakeAndHang);
    let delivery = world.delivery.clone();
    let killed = tokio::spawn(async move { delivery.do_due().await });
    while world.email.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    killed.abort();
    assert_eq!(world.delivery.do_due().await.unwrap(), 0, "it is leased");
    world.pass_ms(60_000);
    assert_eq!(world.delivery.do_due().await.unwrap(), 1);
    assert_eq!(world.email.asked(), [key.clone(), key.clone()]);
    assert_eq!(world.task(&key).await.state, State::Done);
}

#[tokio::test]
async fn a_provider_that_is_down_is_left_alone_and_everything_arrives_afterwards() {
    let world = World::new();
    let mut keys = BTreeSet::new();
    for n in 0..60 {
        let user = world
            .sign_up_only(&format!("user{n}"), Language::French)
            .await;
        keys.insert(world.code(&user, CodePurpose::VerifyEmail).await.1);
    }
    // Down for two minutes, of which workers look each second.
    for _ in 0..200 {
        world.email.then(down());
    }
    for _ in 0..120 {
        world.delivery.do_due().await.unwrap();
        world.pass_ms(1_000);
    }
    let asked = world.email.asked().len();
    assert!((6..=15).contains(&asked), "{asked} of 60 messages × 120 s");
    while world.email.taken().is_empty() {
        world.delivery.do_due().await.unwrap();
        world.pass_ms(60_000);
    }
    for _ in 0..HOUR_MS / 60_000 {
        world.delivery.do_due().await.unwrap();
        world.pass_ms(60_000);
    }
    let taken: Vec<String> = world
        .email
        .taken()
        .into_iter()
        .map(|(key, _)| key)
        .collect();
    assert_eq!(taken.len(), keys.len(), "each once");
    assert_eq!(taken.into_iter().collect::<BTreeSet<_>>(), keys);
}

#[tokio::test]
async fn nothing_is_sent_to_an_address_that_bounced_until_it_is_good_again() {
    let world = World::new();
    let ana = world.sign_up_only("ana", Language::French).await;
    world.email.then(Act::Fail(SendError::Recipient {
        why: "no mailbox".to_owned(),
        invalid_devices: Vec::new(),
    }));
    world.code(&ana, CodePurpose::VerifyEmail).await;
    world.delivery.do_due().await.unwrap();
    let (_, reset) = world.code(&ana, CodePurpose::ResetPassword).await;
    world.delivery.do_due().await.unwrap();
    assert_eq!(world.email.asked().len(), 1);
    let needless = world.task(&reset).await;
    assert_eq!(needless.state, State::Done);
    assert_eq!(needless.error.as_deref(), Some("the address bounced"));
    // What would make it good is sent, and then everything is.
    world.pass_ms(60_000);
    world.code(&ana, CodePurpose::VerifyEmail).await;
    world.delivery.do_due().await.unwrap();
    assert_eq!(world.email.taken().len(), 1);
    let again = Reach {
        channel: Channel::Email,
        address: AddressHash::of(&format!("{ana}@example.fr")),
        barrier: None,
        at_ms: world.now_ms(),
    };
    world.reach.note(again).await.unwrap();
    world.code(&ana, CodePurpose::ResetPassword).await;
    world.delivery.do_due().await.unwrap();
    assert_eq!(world.email.taken().len(), 2);
}
