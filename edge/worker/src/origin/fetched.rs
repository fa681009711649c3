//! What a fetch of a shared read brings.

use std::rc::Rc;

use js_sys::Uint8Array;

use crate::memory::Ready;

/// An answer that may not be stored.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Uint8Array,
    /// A field failed on the origin's side: a stored answer is better.
    pub(crate) has_failed: bool,
}

/// The origin's answer to a shared read.
#[derive(Clone)]
pub(crate) enum Fetched {
    /// An answer that may be stored and shared.
    Shared(Ready),
    /// An answer only for the requests that wait for it now.
    Unshared(Answer),
    /// No answer, or a status of 500 or more; the text says which.
    Failed(Rc<str>),
}

impl Fetched {
    /// Why a stored answer is better, if it is.
    pub(crate) fn failure(&self) -> Option<&str> {
        match self {
            Self::Shared(_) => None,
            Self::Unshared(answer) => answer.has_failed.then_some("a field failed there"),
            Self::Failed(why) => Some(why),
        }
    }
}
