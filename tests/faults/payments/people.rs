//! What people do with a booking that costs money.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::WITHIN;
use super::world::World;

/// What a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Manner {
    Pays,
    /// The first card is declined.
    Declined,
    /// Cancels without paying.
    Leaves,
    /// Cancels after the booking was confirmed: the money goes back.
    Regrets,
    /// Pays and cancels at the same moment.
    Both,
    /// Pays only after the time to pay is over.
    Late,
}

impl Manner {
    const fn of(n: usize) -> Self {
        match n % 10 {
            3 => Self::Declined,
            4 => Self::Leaves,
            6 => Self::Regrets,
            7 => Self::Both,
            9 => Self::Late,
            _ => Self::Pays,
        }
    }
}

/// What became of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    Confirmed,
    /// Left, or was too late.
    Gone,
    /// Paid and cancelled at once: the books say which came first.
    Raced,
    SoldOut,
}

/// Somebody who wants a place.
pub(super) struct Person {
    n: usize,
    token: String,
}

impl Person {
    pub(super) async fn sign_up(world: &World, n: usize) -> Result<Self> {
        let query = "mutation R($i: RegisterInput!) { register(input: $i) { accessToken } }";
        let input = json!({"email": format!("p{n}@example.fr"), "password": "correct horse",
            "firstName": "Zoé", "lastName": "d'Été"});
        let answer = world.ask(n, None, query, json!({"i": input})).await?;
        let token = answer["data"]["register"]["accessToken"].as_str();
        let token = token.with_context(|| answer.to_string())?.to_owned();
        Ok(Self { n, token })
    }

    async fn ask(&self, world: &World, query: &str, variables: Value) -> Result<Value> {
        world.ask(self.n, Some(&self.token), query, variables).await
    }

    /// The booking; none if all places are taken for good.
    async fn book(&self, world: &World, offer: &str) -> Result<Option<String>> {
        let query = "mutation C($o: ID!, $k: String) { createBooking(offerId: $o, idempotencyKey: $k) \
                     { id status } }";
        let began = Instant::now();
        loop {
            ensure!(began.elapsed() < WITHIN, "neither a place nor an end");
            let variables = json!({"o": offer, "k": format!("wish-{}", self.n)});
            let answer = self.ask(world, query, variables).await?;
            let booking = &answer["data"]["createBooking"];
            if let Some(id) = booking["id"].as_str() {
                return Ok(Some(id.to_owned()));
            }
            let code = &answer["errors"][0]["extensions"]["code"];
            ensure!(code == "OFFER_SOLD_OUT", "{answer}");
            if world.is_over.load(Ordering::Relaxed) {
                return Ok(None);
            }
            sleep(Duration::from_millis(400)).await;
        }
    }

    /// What the payment sheet gets; none if the booking is not to be paid any more.
    async fn start(&self, world: &World, booking: &str) -> Result<Option<(String, String)>> {
        let query = "mutation S($b: ID!, $k: String) { startPayment(bookingId: $b, idempotencyKey: $k) \
                     { clientSecret publishableKey payment { id } } }";
        let variables = json!({"b": booking, "k": format!("pay-{}", self.n)});
        let answer = self.ask(world, query, variables).await?;
        let started = &answer["data"]["startPayment"];
        let Some(secret) = started["clientSecret"].as_str() else {
            let code = &answer["errors"][0]["extensions"]["code"];
            ensure!(code == "NOT_PAYABLE" || code == "ALREADY_PAID", "{answer}");
            return Ok(None);
        };
        ensure!(
            started["publishableKey"] == "pk_test_development",
            "{answer}"
        );
        let (intent, _) = secret.split_once("_secret_").context("a client secret")?;
        Ok(Some((intent.to_owned(), secret.to_owned())))
    }

    /// As the payment sheet does.
    async fn pay(world: &World, intent: &str, secret: &str, method: &str) -> Result<bool> {
        let url = world
            .fake
            .url(&format!("stripe/v1/payment_intents/{intent}/confirm"));
        let request = world.client.post(url).form(&[
            ("key", "pk_test_development"),
            ("client_secret", secret),
            ("payment_method", method),
        ]);
        let began = Instant::now();
        loop {
            let again = request.try_clone().context("a form is sent again")?;
            match again.send().await {
                Ok(answer) => return Ok(answer.status().is_success()),
                // It may have been heard: to confirm twice is to confirm.
                Err(error) => ensure!(began.elapsed() < WITHIN, "{error}"),
            }
        }
    }

    async fn cancel(&self, world: &World, booking: &str) -> Result<()> {
        let query = "mutation X($b: ID!) { cancelBooking(id: $b) { status } }";
        let answer = self.ask(world, query, json!({"b": booking})).await?;
        let status = &answer["data"]["cancelBooking"]["status"];
        ensure!(status == "CANCELLED", "{answer}");
        Ok(())
    }

    async fn until(&self, world: &World, booking: &str, wanted: &str) -> Result<()> {
        let query = "query B($b: ID!) { booking(id: $b) { status } }";
        let began = Instant::now();
        loop {
            let answer = self.ask(world, query, json!({"b": booking})).await?;
            let status = &answer["data"]["booking"]["status"];
            if status == wanted {
                return Ok(());
            }
            ensure!(status == "PENDING", "{status} and not {wanted}");
            ensure!(
                began.elapsed() < WITHIN,
                "{booking} does not become {wanted}"
            );
            sleep(Duration::from_millis(500)).await;
        }
    }

    pub(super) async fn live(self, world: Arc<World>, offer: String) -> Result<Fate> {
        let Some(booking) = self.book(&world, &offer).await? else {
            return Ok(Fate::SoldOut);
        };
        let Some((intent, secret)) = self.start(&world, &booking).await? else {
            bail!("{booking} cannot be paid");
        };
        let good = "pm_card_visa";
        match Manner::of(self.n) {
            Manner::Pays => {
                Self::pay(&world, &intent, &secret, good).await?;
            }
            Manner::Declined => {
                let declined = "pm_card_chargeDeclined";
                Self::pay(&world, &intent, &secret, declined).await?;
                Self::pay(&world, &intent, &secret, good).await?;
            }
            Manner::Leaves => {
                self.cancel(&world, &booking).await?;
                return Ok(Fate::Gone);
            }
            Manner::Regrets => {
                Self::pay(&world, &intent, &secret, good).await?;
                self.until(&world, &booking, "CONFIRMED").await?;
                self.cancel(&world, &booking).await?;
                return Ok(Fate::Gone);
            }
            Manner::Both => {
                let paid = Self::pay(&world, &intent, &secret, good);
                let (cancelled, paid) = tokio::join!(self.cancel(&world, &booking), paid);
                cancelled?;
                paid?;
                return Ok(Fate::Raced);
            }
            Manner::Late => {
                // As if ten minutes had passed.
                let database = world.database()?;
                database.execute(
                    "UPDATE bookings SET pay_before_ms = created_at_ms, due_ms = created_at_ms
                     WHERE id = ?1 AND status = 'PENDING'",
                    [&booking],
                )?;
                self.until(&world, &booking, "EXPIRED").await?;
                // It may be too late for that as well.
                Self::pay(&world, &intent, &secret, good).await?;
                return Ok(Fate::Gone);
            }
        }
        self.until(&world, &booking, "CONFIRMED").await?;
        world.confirmed.fetch_add(1, Ordering::Relaxed);
        Ok(Fate::Confirmed)
    }
}
