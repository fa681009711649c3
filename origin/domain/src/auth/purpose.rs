//! What one-time codes are for.

use crate::words::words;

const MINUTE_MS: i64 = 60_000;

words! {
    /// What a code proves or allows.
    CodePurpose {
        VerifyEmail = "verify_email",
        ResetPassword = "reset_password",
        VerifyPhone = "verify_phone",
        /// A new address for the account; the code goes to that one.
        ChangeEmail = "change_email",
        /// The address before a change, for as long as its owner may take it back; the code goes there.
        UndoEmailChange = "undo_email_change",
    }
}

impl CodePurpose {
    pub const fn life_ms(self) -> i64 {
        match self {
            Self::VerifyEmail | Self::ChangeEmail => 24 * 60 * MINUTE_MS,
            Self::ResetPassword => 30 * MINUTE_MS,
            Self::VerifyPhone => 10 * MINUTE_MS,
            Self::UndoEmailChange => 7 * 24 * 60 * MINUTE_MS,
        }
    }
}
