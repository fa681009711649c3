//! Inputs for sign-up, login and passwords. Their `Debug` output hides the values from logs.

use std::fmt;

use async_graphql::InputObject;
use domain::{
    broken::{BrokenField, Reading, Rule},
    texts::{email, password, person_name, phone},
    users::consents::MAX_FIRST_CONSENTS,
};

use crate::nodes::consent::ConsentInput;

const CONSENTS: Rule = Rule::new(
    "LIST_LENGTH",
    "compte au plus 20 éléments",
    "has at most 20 elements",
);
const _: () = assert!(MAX_FIRST_CONSENTS == 20, "so the sentence says");

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

#[derive(Clone, InputObject)]
pub struct LoginInput {
    pub email: String,
    pub password: String,
}

#[derive(Clone, InputObject)]
pub struct ChangePasswordInput {
    pub current_password: String,
    /// 8 to 72 characters, and at most 72 bytes, in the normal form of RFC 8265.
    pub new_password: String,
}

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
            consents: match self.consents {
                Some(all) if all.len() > MAX_FIRST_CONSENTS => {
                    reading.take(Err(CONSENTS.at("consents")))
                }
                Some(all) => Some(consents(&mut reading, all)),
                None => None,
            },
        };
        reading.end(read)
    }
}

fn consents(reading: &mut Reading, all: Vec<ConsentInput>) -> Vec<ConsentInput> {
    let all = all.into_iter().enumerate();
    let read = all.filter_map(|(index, consent)| {
        reading.within(&format!("consents[{index}]"), consent.read().map(Some))
    });
    read.collect()
}

impl ChangePasswordInput {
    pub fn read(self) -> Result<Self, Vec<BrokenField>> {
        let mut reading = Reading::default();
        let new_password = reading.take(password("newPassword", &self.new_password));
        reading.end(Self {
            new_password,
            ..self
        })
    }
}

impl ResetPasswordInput {
    pub fn read(self) -> Result<Self, Vec<BrokenField>> {
        let mut reading = Reading::default();
        let new_password = reading.take(password("newPassword", &self.new_password));
        reading.end(Self {
            new_password,
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
