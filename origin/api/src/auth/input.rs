//! Inputs for sign-up, login and passwords. Their `Debug` output hides the values from logs.

use std::fmt;

use async_graphql::InputObject;
use validator::Validate;

use crate::{nodes::consent::ConsentInput, request::validation};

#[derive(Clone, InputObject, Validate)]
pub struct RegisterInput {
    #[validate(custom(function = "validation::email"))]
    pub email: String,
    /// 8 to 72 characters, and at most 72 bytes.
    #[validate(custom(function = "validation::password"))]
    pub password: String,
    /// 2 to 50 characters.
    #[validate(custom(function = "validation::name"))]
    pub first_name: String,
    /// 2 to 50 characters.
    #[validate(custom(function = "validation::name"))]
    pub last_name: String,
    /// E.164, such as +33612345678.
    #[validate(custom(function = "validation::phone"))]
    pub phone: Option<String>,
    /// The consents the user gave or refused during sign-up, at most 20.
    #[validate(nested)]
    pub consents: Option<Vec<ConsentInput>>,
}

#[derive(Clone, InputObject)]
pub struct LoginInput {
    pub email: String,
    pub password: String,
}

#[derive(Clone, InputObject, Validate)]
pub struct ChangePasswordInput {
    pub current_password: String,
    /// 8 to 72 characters, and at most 72 bytes.
    #[validate(custom(function = "validation::password"))]
    pub new_password: String,
}

#[derive(Clone, InputObject, Validate)]
pub struct ResetPasswordInput {
    /// The token from the e-mailed link.
    pub token: String,
    /// 8 to 72 characters, and at most 72 bytes.
    #[validate(custom(function = "validation::password"))]
    pub new_password: String,
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
