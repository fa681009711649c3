//! Inputs for sign-up, login and passwords. Their `Debug` output hides the values from logs.

use std::fmt;

use async_graphql::InputObject;
use domain::{
    broken::{BrokenField, Reading, at_most_20},
    texts::{email, password, person_name, phone},
};

use crate::nodes::consent::ConsentInput;

/// A new account.
#[derive(Clone, InputObject)]
pub struct RegisterInput {
    pub email: String,
    /// 8 to 72 characters, and at most 72 bytes, in the normal form of RFC 8265.
    pub password: String,
    /// 1 to 50 characters on one line, one of them a letter.
    pub first_name: String,
    /// 1 to 50 characters on one line, one of them a letter.
    pub last_name: String,
    /// In any usual spelling; without a country's prefix it is French. Stored by E.164, such as
    /// +33612345678.
    pub phone: Option<String>,
    /// The consents the user gave or refused during sign-up, at most 20.
    pub consents: Option<Vec<ConsentInput>>,
}

/// The e-mail address of an account, and its password.
#[derive(Clone, InputObject)]
pub struct LoginInput {
    pub email: String,
    pub password: String,
}

/// Sets a new password. The user also enters the current one.
#[derive(Clone, InputObject)]
pub struct ChangePasswordInput {
    pub current_password: String,
    /// 8 to 72 characters, and at most 72 bytes, in the normal form of RFC 8265.
    pub new_password: String,
}

/// Sets a new e-mail address for the account. The user also enters the password.
#[derive(Clone, InputObject)]
pub struct ChangeEmailInput {
    pub new_email: String,
    pub password: String,
}

/// Sets a new password, with the token of a link that the user got by e-mail.
#[derive(Clone, InputObject)]
pub struct ResetPasswordInput {
    /// The token from the e-mailed link.
    pub token: String,
    /// 8 to 72 characters, and at most 72 bytes, in the normal form of RFC 8265.
    pub new_password: String,
}

impl RegisterInput {
    /// The input with its values as they are stored.
    pub fn read(self) -> Result<Self, Vec<BrokenField>> {
        let mut reading = Reading::default();
        let read = Self {
            email: reading.take(email("email", &self.email)),
            password: reading.take(password("password", &self.password)),
            first_name: reading.take(person_name("firstName", &self.first_name)),
            last_name: reading.take(person_name("lastName", &self.last_name)),
            phone: reading.take(self.phone.map(|text| phone("phone", &text)).transpose()),
            consents: self.consents.map(|all| consents(&mut reading, all)),
        };
        reading.end(read)
    }
}

fn consents(reading: &mut Reading, all: Vec<ConsentInput>) -> Vec<ConsentInput> {
    let all = reading.take(at_most_20("consents", all));
    let all = all.into_iter().enumerate();
    let read = all.filter_map(|(index, consent)| {
        reading.within(&format!("consents[{index}]"), consent.read().map(Some))
    });
    read.collect()
}

fn new_password(text: &str) -> Result<String, Vec<BrokenField>> {
    password("newPassword", text).map_err(|broken| vec![broken.into()])
}

impl ChangePasswordInput {
    pub fn read(self) -> Result<Self, Vec<BrokenField>> {
        Ok(Self {
            new_password: new_password(&self.new_password)?,
            ..self
        })
    }
}

impl ChangeEmailInput {
    pub fn read(self) -> Result<Self, Vec<BrokenField>> {
        let mut reading = Reading::default();
        let read = Self {
            new_email: reading.take(email("newEmail", &self.new_email)),
            ..self
        };
        reading.end(read)
    }
}

impl ResetPasswordInput {
    pub fn read(self) -> Result<Self, Vec<BrokenField>> {
        Ok(Self {
            new_password: new_password(&self.new_password)?,
            ..self
        })
    }
}

impl fmt::Debug for RegisterInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegisterInput(…)")
    }
}

impl fmt::Debug for LoginInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginInput(…)")
    }
}

impl fmt::Debug for ChangeEmailInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChangeEmailInput(…)")
    }
}

impl fmt::Debug for ResetPasswordInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResetPasswordInput(…)")
    }
}

impl fmt::Debug for ChangePasswordInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChangePasswordInput(…)")
    }
}
