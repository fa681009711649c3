//! Many passwords for few accounts, and few for many, past limits that are on.

use e2e::{Answer, Target};
use pq_core::ErrorCode;

use super::dice::Dice;
use super::scale::Scale;
use super::tally::{Seen, Tally};
use crate::people::{DOMAIN, anonymous, credentials};

const PART: &str = "stuffing";
/// Beyond any limit of an address: what is tried after so many in the time of a test has not been
/// looked at.
const LOOKED_AT: u64 = 120;

/// Every guess is wrong or too many; whether the account exists is not told; headers that name
/// another address buy nothing.
pub(crate) async fn guess(target: &Target, tally: &Tally, known: &str, scale: Scale) {
    let mut dice = Dice::new(scale.seed).fork(77);
    for number in 0..scale.guesses {
        let name = if dice.once_in(2) {
            known.to_owned()
        } else {
            format!("user-{number}")
        };
        let login = target.ask("Login", credentials(&name, &format!("password {number}")));
        let mut request = anonymous(&target.client, &target.origin_url, &login);
        let address = format!("203.0.113.{}", number % 256);
        for header in [
            "x-forwarded-for",
            "x-real-ip",
            "cf-connecting-ip",
            "yousoon-client-ip",
        ] {
            if dice.once_in(2) {
                request = request.header(header, &address);
            }
        }
        let seen = Answer::read(request.send().await.unwrap()).await.unwrap();
        let (status, code) = (seen.status, seen.code());
        tally.answered(
            PART,
            &Seen {
                status,
                code: &code,
                what: &name,
            },
        );
        let expected = match ErrorCode::parse(&code) {
            Some(ErrorCode::CredentialsInvalid) => 401,
            Some(ErrorCode::RateLimited) => 429,
            Some(_) | None => 0,
        };
        tally.holds(status == expected, || {
            format!("{PART}: a guess for {name}: {status} {}", seen.text)
        });
        if seen.text.contains(DOMAIN) || !seen.json()["data"].is_null() {
            tally.leaked(format!("{PART}: {}", seen.text));
        }
    }
    let looked_at = tally.in_part(PART, ErrorCode::CredentialsInvalid);
    let refused = tally.in_part(PART, ErrorCode::RateLimited);
    tally.holds(refused > 0 && looked_at < LOOKED_AT, || {
        format!("{PART}: {looked_at} guesses were looked at, {refused} refused")
    });
}
