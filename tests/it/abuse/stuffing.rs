//! Password guessing (credential stuffing), with rate limits on: many passwords for one account, and
//! one for each of many accounts.

use domain::auth::error_codes::CREDENTIALS_INVALID;
use e2e::{Answer, Target};
use pq_core::ErrorCode;

use super::dice::Dice;
use super::scale::Scale;
use super::tally::Tally;
use crate::people::{DOMAIN, anonymous, credentials};

const PART: &str = "stuffing";
/// More than the limit of one address allows during the test: no more guesses than this may have
/// been compared with a password.
const LOOKED_AT: u64 = 120;

/// Sends the guesses. Each must be refused as wrong or as one too many. The answers must not tell
/// whether the account exists, and headers with another client address must not help.
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
        tally.read(PART, &seen, &name);
        // The field refuses it; or, before that, the gateway.
        let is_refused = match status {
            200 => [CREDENTIALS_INVALID, ErrorCode::RATE_LIMITED]
                .iter()
                .any(|expected| expected.as_str() == code),
            status => status == 429 && code == "RATE_LIMITED",
        };
        tally.holds(is_refused, || {
            format!("{PART}: a guess for {name}: {status} {}", seen.text)
        });
        if seen.text.contains(DOMAIN) || !seen.json()["data"].is_null() {
            tally.leaked(format!("{PART}: {}", seen.text));
        }
    }
    let looked_at = tally.in_part(PART, CREDENTIALS_INVALID);
    let refused = tally.in_part(PART, ErrorCode::RATE_LIMITED);
    tally.holds(refused > 0 && looked_at < LOOKED_AT, || {
        format!("{PART}: {looked_at} guesses were checked, {refused} refused by the rate limit")
    });
}
