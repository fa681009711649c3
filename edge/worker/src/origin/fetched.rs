//! What a fetch of a shared read brings.

use std::rc::Rc;

use js_sys::Uint8Array;

use crate::memory::Ready;

/// The origin's answer to a shared read.
#[derive(Clone)]
pub(crate) enum Fetched {
    /// An answer that may be stored and shared.
    Shared(Ready),
    /// An answer only for the requests that wait for it now.
    Unshared { status: u16, body: Uint8Array },
    /// No answer, or a status of 500 or more; the text says which.
    Failed(Rc<str>),
}
