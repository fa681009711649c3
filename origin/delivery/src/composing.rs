//! Reads what a task is to say, and to whom, at the moment when it is sent.

use std::{fmt, slice, sync::Arc};

use access::codes::Codes;
use domain::{
    InvitationId, StoreError, UserId,
    announcements::store::AnnouncementStore,
    auth::codes::{CodePurpose, CodeStore},
    bookings::store::BookingStore,
    identity::store::IdentityStore,
    messages::{
        kind::Channel,
        letter::{
            ChangeEmail, EmailChanged, Invitation, Letter, PhoneCode, Proof, ResetPassword,
            VerifyEmail,
        },
        reach::AddressHash,
    },
    notifications::{inbox::Entry, store::NotificationStore},
    offers::store::OfferStore,
    partners::store::PartnerStore,
    payments::store::PaymentStore,
    queue::{NewTask, Nonce, Task, Work},
    reviews::store::ReviewStore,
    sentence::Language,
    team::{InvitationToken, store::TeamStore},
    users::{
        account::{Account, Status},
        store::UserStore,
    },
};

use crate::{receipts::Receipt, sign_ins::SignIn};

/// Why nothing is told to somebody who has left.
pub(crate) const NO_ACCOUNT: &str = "there is no active account";

/// What messages are made of.
#[derive(Clone)]
pub struct Sources {
    pub users: Arc<dyn UserStore>,
    pub bookings: Arc<dyn BookingStore>,
    pub offers: Arc<dyn OfferStore>,
    pub partners: Arc<dyn PartnerStore>,
    pub teams: Arc<dyn TeamStore>,
    pub notifications: Arc<dyn NotificationStore>,
    pub announcements: Arc<dyn AnnouncementStore>,
    pub payments: Arc<dyn PaymentStore>,
    pub identities: Arc<dyn IdentityStore>,
    pub reviews: Arc<dyn ReviewStore>,
    pub code_store: Arc<dyn CodeStore>,
    pub codes: Codes,
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").finish_non_exhaustive()
    }
}

/// A letter with its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Addressed {
    pub(crate) to: Recipient,
    pub(crate) language: Language,
    pub(crate) letter: Letter,
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recipient {
    Email(String),
    /// A number in E.164.
    Phone(String),
    /// The push provider's names of a person's devices.
    Devices(Vec<String>),
}

impl Recipient {
    /// None for devices: they are not reached by an address.
    pub(crate) fn address(&self) -> Option<AddressHash> {
        match self {
            Self::Email(address) | Self::Phone(address) => Some(AddressHash::of(address)),
            Self::Devices(_) => None,
        }
    }

    pub(crate) const fn channel(&self) -> Channel {
        match self {
            Self::Email(_) => Channel::Email,
            Self::Phone(_) => Channel::Sms,
            Self::Devices(_) => Channel::Push,
        }
    }
}

/// What a task comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Composed {
    Send(Box<Addressed>),
    /// These tasks do it, and entries of inboxes.
    Divide(Vec<NewTask>, Vec<Entry>),
    /// What the task was stored for no longer holds.
    Needless(&'static str),
}

impl Composed {
    /// What is divided into nothing is needless.
    pub(crate) fn or_needless(self) -> Self {
        match self {
            Self::Divide(tasks, entries) if tasks.is_empty() && entries.is_empty() => {
                Self::Needless("no channel that the person wants reaches them")
            }
            composed => composed,
        }
    }

    pub(crate) fn send(to: Recipient, language: Language, letter: Letter) -> Self {
        Self::Send(Box::new(Addressed {
            to,
            language,
            letter,
        }))
    }
}

impl Sources {
    pub(crate) async fn compose(
        &self,
        task: &Task,
        work: &Work,
        now_ms: i64,
    ) -> Result<Composed, StoreError> {
        match work {
            Work::Code {
                user,
                purpose,
                nonce,
            } => self.code(user, *purpose, nonce, now_ms).await,
            Work::Invitation {
                id,
                language,
                nonce,
            } => self.invitation(id, *language, nonce, now_ms).await,
            Work::Booking { id, user, notice } => {
                self.divide(task, (*notice, id, user), now_ms).await
            }
            Work::Message {
                notice,
                booking,
                user,
                channel,
            } => self.message((*notice, booking, user), *channel).await,
            Work::NewDevice {
                user,
                device,
                at_ms,
                channel,
            } => {
                let (device, at_ms) = (device.as_deref(), *at_ms);
                let sign_in = SignIn {
                    user,
                    device,
                    at_ms,
                };
                self.sign_in(task, sign_in, *channel, now_ms).await
            }
            Work::Announcement { what, after } => {
                self.announce(task, (what, after.as_ref()), now_ms).await
            }
            Work::Announced {
                what,
                user,
                channel,
            } => self.announced(what, user, *channel, now_ms).await,
            Work::Receipt {
                payment,
                refund,
                user,
                channel,
            } => {
                let refund = refund.as_ref();
                let receipt = Receipt {
                    payment,
                    refund,
                    user,
                };
                self.receipt(task, receipt, *channel, now_ms).await
            }
            Work::Identity {
                verification,
                user,
                outcome,
                channel,
            } => {
                let about = (verification, user, *outcome);
                self.identity(task, about, *channel, now_ms).await
            }
            Work::Review {
                notice,
                review,
                user,
                channel,
            } => {
                let about = (*notice, review, user);
                self.review(task, about, *channel, now_ms).await
            }
            Work::Event(_)
            | Work::Forget { .. }
            | Work::Payment(_)
            | Work::Look { .. }
            | Work::ForgetSession { .. }
            | Work::EndPartner { .. } => Ok(Composed::Needless("it is no message")),
        }
    }

    pub(crate) async fn active(&self, user: &UserId) -> Result<Option<Account>, StoreError> {
        let account = self.users.by_id(user).await?;
        Ok(account.filter(|account| account.status == Status::Active))
    }

    async fn code(
        &self,
        user: &UserId,
        purpose: CodePurpose,
        nonce: &Nonce,
        now_ms: i64,
    ) -> Result<Composed, StoreError> {
        let Some(account) = self.active(user).await? else {
            return Ok(Composed::Needless(NO_ACCOUNT));
        };
        if purpose == CodePurpose::VerifyEmail && account.email_verified_at_ms.is_some() {
            return Ok(Composed::Needless("the address is verified already"));
        }
        let code = self.codes.code(purpose, nonce);
        let stored = self.code_store.get(user, purpose).await?;
        // Only the latest code of its purpose is good, and only for the address that it was made for. Who
        // took an account over does not silence the owner's notice with another new password.
        let is_of_its_time =
            |epoch| purpose == CodePurpose::UndoEmailChange || epoch == account.epoch;
        let stored = stored.filter(|stored| {
            stored.expires_at_ms > now_ms
                && is_of_its_time(stored.epoch)
                && self.codes.is(stored, &code)
        });
        let Some(stored) = stored else {
            return Ok(Composed::Needless(
                "another code or change has taken its place",
            ));
        };
        let first_name = account.first_name;
        let token = || Proof::new(format!("{user}.{code}"));
        let target = stored.target;
        let (to, letter) = match purpose {
            CodePurpose::VerifyEmail => {
                let token = token();
                let letter = VerifyEmail { first_name, token };
                (Recipient::Email(target), Letter::VerifyEmail(letter))
            }
            CodePurpose::ResetPassword => {
                let token = token();
                let letter = ResetPassword { first_name, token };
                (Recipient::Email(target), Letter::ResetPassword(letter))
            }
            CodePurpose::ChangeEmail => {
                let letter = ChangeEmail { token: token() };
                (Recipient::Email(target), Letter::ChangeEmail(letter))
            }
            CodePurpose::UndoEmailChange => {
                let token = token();
                let letter = EmailChanged { first_name, token };
                (Recipient::Email(target), Letter::EmailChanged(letter))
            }
            CodePurpose::VerifyPhone => {
                let code = Proof::new(code);
                (
                    Recipient::Phone(target),
                    Letter::PhoneCode(PhoneCode { code }),
                )
            }
        };
        Ok(Composed::send(to, account.preferences.language, letter))
    }

    async fn invitation(
        &self,
        id: &InvitationId,
        language: Language,
        nonce: &Nonce,
        now_ms: i64,
    ) -> Result<Composed, StoreError> {
        let token = InvitationToken::new(id.clone(), self.codes.invitation(nonce));
        let stored = self.teams.invitation(id).await?;
        let stored = stored.filter(|stored| {
            let is_open = !stored.accepted && stored.expires_at_ms > now_ms;
            is_open && stored.token_hash.is(&token.hash())
        });
        let Some(stored) = stored else {
            return Ok(Composed::Needless("the invitation was withdrawn or used"));
        };
        let partners = self
            .partners
            .partners_by_ids(slice::from_ref(&stored.partner));
        let Some(partner) = partners.await?.remove(&stored.partner) else {
            return Ok(Composed::Needless("there is no such partner"));
        };
        // Who has an account chose a language.
        let account = self.users.by_email(&stored.email_key()).await?;
        let language = account.map_or(language, |account| account.preferences.language);
        let letter = Letter::Invitation(Invitation {
            partner: partner.name,
            token: Proof::new(token.expose()),
        });
        let to = Recipient::Email(stored.email);
        Ok(Composed::send(to, language, letter))
    }
}
