//! Password hashing: bcrypt on a bounded pool, so that a burst of logins neither slows down reads
//! nor queues without limit.

use std::{fmt, sync::Arc};

use domain::{
    texts::{MAX_PASSWORD_BYTES, normal_password},
    users::account::PasswordHash,
};
use tokio::sync::Semaphore;

/// How passwords are hashed: the cost, and how many run and wait at once.
#[derive(Clone, Debug)]
pub struct PasswordsConfig {
    /// bcrypt's cost: `YOUSOON_BCRYPT_COST`, default 10, 4 to 15.
    pub cost: u32,
    /// How many passwords are hashed concurrently: `YOUSOON_BCRYPT_AT_ONCE`, default half of the
    /// cores.
    pub at_once: usize,
    /// How many more may wait in the queue: `YOUSOON_BCRYPT_WAITING`, default eight for each
    /// concurrent one. Requests beyond that are refused.
    pub waiting: usize,
}

/// Why a password was neither hashed nor compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error("too many passwords are waiting to be checked")]
    Busy,
    #[error("a password has at most {MAX_PASSWORD_BYTES} bytes")]
    TooLong,
    #[error("bcrypt failed")]
    Failed,
}

/// A password that somebody typed. Never logged.
#[derive(Clone)]
pub struct Password {
    /// The form that is hashed: the same for all keyboards.
    normal: String,
    /// As it was typed, if that differs: hashes made before there was a normal form are of it.
    typed: Option<String>,
}

impl Password {
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let normal = normal_password(&text);
        Self {
            typed: (text != normal).then_some(text),
            normal,
        }
    }

    /// The forms that a hash may be of. None is longer than what bcrypt reads.
    fn forms(self) -> impl Iterator<Item = (String, Compared)> {
        let typed = self.typed.map(|typed| (typed, Compared::RightAsTyped));
        let forms = [(self.normal, Compared::Right)].into_iter().chain(typed);
        forms.filter(|(form, _)| form.len() <= MAX_PASSWORD_BYTES)
    }
}

/// How a password compares with a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    Wrong,
    Right,
    /// Right, but the hash is not of the normal form: a new one lets every keyboard in.
    RightAsTyped,
}

impl Compared {
    pub const fn is_right(self) -> bool {
        match self {
            Self::Right | Self::RightAsTyped => true,
            Self::Wrong => false,
        }
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// The hashing pool. Clones share it.
#[derive(Clone, Debug)]
pub struct Passwords {
    cost: u32,
    /// One permit for each password that is being hashed.
    running: Arc<Semaphore>,
    /// One permit for each password that is being hashed or waits in the queue.
    admitted: Arc<Semaphore>,
    /// The hash to compare with when no account exists, so that the answer takes equally long.
    dummy: PasswordHash,
}

impl Passwords {
    /// Takes as long as hashing one password, because it makes the dummy hash.
    pub fn new(config: &PasswordsConfig) -> Result<Self, PasswordError> {
        let nobody_knows = hex::encode(super::random::bytes::<24>());
        let dummy = bcrypt::hash(nobody_knows, config.cost).map_err(|_| PasswordError::Failed)?;
        Ok(Self {
            cost: config.cost,
            running: Arc::new(Semaphore::new(config.at_once)),
            admitted: Arc::new(Semaphore::new(config.at_once + config.waiting)),
            dummy: PasswordHash::new(dummy),
        })
    }

    pub async fn hash(&self, password: Password) -> Result<PasswordHash, PasswordError> {
        if password.normal.len() > MAX_PASSWORD_BYTES {
            return Err(PasswordError::TooLong);
        }
        let cost = self.cost;
        let hashed = self
            .run(move || bcrypt::hash(password.normal, cost))
            .await?;
        Ok(PasswordHash::new(hashed))
    }

    /// Compares the password with this hash; without a hash it takes equally long and is wrong.
    pub async fn verify(
        &self,
        password: Password,
        known: Option<&PasswordHash>,
    ) -> Result<Compared, PasswordError> {
        let exists = known.is_some();
        let against = known.unwrap_or(&self.dummy).clone();
        for (form, compared) in password.forms() {
            let against = against.clone();
            let is_equal = self.run(move || bcrypt::verify(form, against.expose()));
            if is_equal.await? && exists {
                return Ok(compared);
            }
        }
        // A password that is too long is compared with nothing. That does not reveal whether an
        // account exists: it belongs to none.
        Ok(Compared::Wrong)
    }

    /// Whether a hash was made with a bcrypt cost other than the configured one.
    pub fn is_outdated(&self, hash: &PasswordHash) -> bool {
        hash.expose()
            .parse::<bcrypt::HashParts>()
            .map_or(true, |parts| parts.get_cost() != self.cost)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> bcrypt::BcryptResult<T> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let Ok(_admitted) = Arc::clone(&self.admitted).try_acquire_owned() else {
            return Err(PasswordError::Busy);
        };
        let running = Arc::clone(&self.running).acquire_owned().await;
        let running = running.map_err(|_| PasswordError::Failed)?;
        let done = tokio::task::spawn_blocking(move || {
            // Held until hashing ends: a client that disconnects does not free its slot early.
            let _running = running;
            work()
        });
        done.await
            .map_err(|_| PasswordError::Failed)?
            .map_err(|_| PasswordError::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(at_once: usize, waiting: usize) -> Passwords {
        let config = PasswordsConfig {
            cost: 4,
            at_once,
            waiting,
        };
        Passwords::new(&config).unwrap()
    }

    #[tokio::test]
    async fn a_password_is_the_one_of_its_hash_and_no_other() {
        let passwords = pool(1, 9);
        let longest = "é".repeat(36);
        for right in ["correct horse", longest.as_str()] {
            let hash = passwords.hash(Password::new(right)).await.unwrap();
            let verify = async |text: String| {
                let compared = passwords.verify(Password::new(text), Some(&hash)).await;
                compared.unwrap()
            };
            assert_eq!(verify(right.to_owned()).await, Compared::Right);
            let other = format!("{}x", &right[..right.len() - 2]);
            assert_eq!(verify(other).await, Compared::Wrong);
            // bcrypt alone would truncate it and accept it.
            assert_eq!(verify(format!("{longest}x")).await, Compared::Wrong);
        }
    }

    #[tokio::test]
    async fn what_is_longer_than_bcrypt_reads_is_refused_not_cut() {
        let passwords = pool(1, 9);
        let refused = passwords.hash(Password::new("é".repeat(36) + "x")).await;
        assert_eq!(refused, Err(PasswordError::TooLong));
    }

    /// C2.
    #[tokio::test]
    async fn a_password_is_right_however_its_accents_are_typed() {
        let passwords = pool(1, 9);
        let (composed, decomposed) = ("\u{e9}t\u{e9} 2026", "e\u{301}te\u{301} 2026");
        let verify = async |text: &str, hash: &PasswordHash| {
            let compared = passwords.verify(Password::new(text), Some(hash)).await;
            compared.unwrap()
        };
        for typed in [composed, decomposed] {
            let hash = passwords.hash(Password::new(typed)).await.unwrap();
            for again in [composed, decomposed] {
                assert_eq!(verify(again, &hash).await, Compared::Right);
            }
        }
        let before = PasswordHash::new(bcrypt::hash(decomposed, 4).unwrap());
        assert_eq!(verify(decomposed, &before).await, Compared::RightAsTyped);
        assert_eq!(verify(composed, &before).await, Compared::Wrong);
        // 75 bytes as typed, 50 in the normal form.
        let long = passwords.hash(Password::new("e\u{301}".repeat(25))).await;
        assert!(long.is_ok());
    }

    #[tokio::test]
    async fn nobody_has_the_dummy_password_and_it_costs_as_much() {
        let passwords = pool(1, 9);
        let compared = passwords.verify(Password::new("x"), None).await;
        assert_eq!(compared, Ok(Compared::Wrong));
        let hash = passwords.hash(Password::new("x")).await.unwrap();
        let cost = |hash: &PasswordHash| {
            let parts: bcrypt::HashParts = hash.expose().parse().unwrap();
            parts.get_cost()
        };
        assert_eq!(cost(&passwords.dummy), cost(&hash));
        assert!(!passwords.is_outdated(&hash));
        assert!(passwords.is_outdated(&PasswordHash::new(bcrypt::hash("x", 5).unwrap())));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn over_the_bound_a_password_is_refused_at_once() {
        let passwords = pool(1, 1);
        let (release, held) = std::sync::mpsc::channel::<()>();
        let first = passwords.clone();
        let first = tokio::spawn(async move {
            first
                .run(move || {
                    let _ended = held.recv();
                    Ok(())
                })
                .await
        });
        while passwords.running.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let second = passwords.clone();
        let second = tokio::spawn(async move { second.hash(Password::new("waits")).await });
        while passwords.admitted.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let third = passwords.hash(Password::new("too many")).await;
        assert_eq!(third, Err(PasswordError::Busy));
        assert!(!second.is_finished());
        drop(release);
        assert_eq!(first.await.unwrap(), Ok(()));
        assert!(second.await.unwrap().is_ok());
        assert!(passwords.hash(Password::new("room again")).await.is_ok());
    }
}
