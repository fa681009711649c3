//! Uploads of pictures, from the form for a file to the stored picture, and what is deleted.
//!
//! 1. `forms.rs` makes the form with which a client uploads its file to the bucket.
//! 2. `completing.rs` reads the file, makes a picture of it, and stores that.
//! 3. `addresses.rs` says where a picture is shown, and which picture an address shows.
//! 4. `sweeping.rs` deletes what nobody needs.
//!
//! `domain::pictures` has the rules. In the bucket, `uploads/` holds what clients uploaded, which
//! nobody may read but this server, and `pictures/` what everybody is shown.

mod addresses;
mod completing;
mod forms;
mod metrics;
mod refusing;
mod sweeping;

use std::{fmt, sync::Arc};

use access::random;
use domain::{UploadId, pictures::store::PictureStore};
use pictures::Pictures;
use prometheus_client::registry::Registry;
use s3::{Bucket, PublicBase};
use tokio_util::task::TaskTracker;

use metrics::Metrics;

pub use completing::NotCompleted;
pub use sweeping::{SweepError, Swept};

/// The source of the current time, in milliseconds since the epoch.
pub type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The uploads of this server; clones share everything.
#[derive(Clone)]
pub struct Uploads(Arc<Shared>);

/// What it works with.
pub struct Parts {
    pub bucket: Bucket,
    /// Where everybody reads the bucket's pictures.
    pub public: PublicBase,
    pub pool: Pictures,
    pub store: Arc<dyn PictureStore>,
    pub now: Now,
    /// What goes on when a client disconnects; the server waits for it when it stops.
    pub tasks: TaskTracker,
}

struct Shared {
    parts: Parts,
    /// The name under which this server sweeps.
    sweeper: String,
    metrics: Metrics,
}

impl Uploads {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Shared {
            parts,
            sweeper: holder(),
            metrics: Metrics::default(),
        }))
    }

    pub fn register_metrics(&self, registry: &mut Registry) {
        self.0.metrics.register(registry);
    }
}

impl fmt::Debug for Uploads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uploads").finish_non_exhaustive()
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

fn holder() -> String {
    hex::encode(random::bytes::<12>())
}

/// Where the file of an upload lies.
fn upload_key(id: &UploadId) -> String {
    format!("uploads/{id}")
}
