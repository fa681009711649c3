//! What one-time codes are for.

use crate::words::words;

const MINUTE_MS: i64 = 60_000;

words! {
    /// What a code proves or allows.
    CodePurpose {
        VerifyEmail = "verify_email",
        ResetPassword = "reset_password",
        VerifyPhone = "verify_phone",
    }
}

impl CodePurpose {
    pub const fn life_ms(self) -> i64 {
        match self {
            Self::VerifyEmail => 24 * 60 * MINUTE_MS,
            Self::ResetPassword => 30 * MINUTE_MS,
            Self::VerifyPhone => 10 * MINUTE_MS,
        }
    }
}
