//! What all steps share: the bucket, the pool, the store and the clock.

use std::{fmt, sync::Arc};

use access::random;
use domain::{UploadId, pictures::store::PictureStore};
use pictures::Pictures;
use prometheus_client::registry::Registry;
use s3::{Bucket, PublicBase};
use tokio_util::task::TaskTracker;

use crate::metrics::Metrics;

/// The source of the current time, in milliseconds since the epoch.
pub type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The uploads of this server; clones share everything.
#[derive(Clone)]
pub struct Uploads(pub(crate) Arc<Shared>);

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

pub(crate) struct Shared {
    pub(crate) parts: Parts,
    /// The name under which this server sweeps.
    pub(crate) sweeper: String,
    pub(crate) metrics: Metrics,
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

pub(crate) fn holder() -> String {
    hex::encode(random::bytes::<12>())
}

/// Where the file of an upload lies.
pub(crate) fn upload_key(id: &UploadId) -> String {
    format!("uploads/{id}")
}
