//! The loads of one request, run by the request itself.
//!
//! A `DataLoader` collects the keys that fields ask for, and gives its spawner the load of them. On a
//! task of its own the load could begin while fields still ask, so the loader would have to wait for
//! them: a millisecond at each level of a document. Here a load begins when no field can go on
//! without it. So a batch has all keys that were asked for until then, and nothing waits for a timer.
//!
//! Fields use the loader inside [`Loads::run`], not on tasks of their own, and loads do not use it:
//! nobody would begin what they ask for.

use std::{
    future::poll_fn,
    mem,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use async_graphql::dataloader::{DataLoader, HashMapCache};
use futures_util::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};

use super::loaders::Stores;

/// A load; its outcome goes to the fields that wait for it.
type Load = BoxFuture<'static, ()>;

/// The loads of one request.
#[derive(Debug, Default)]
pub struct Loads {
    /// Those that fields asked for since fields were last polled.
    asked: Arc<Asked>,
    running: FuturesUnordered<Load>,
}

#[derive(Default)]
struct Asked(Mutex<Vec<Load>>);

impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asked").finish_non_exhaustive()
    }
}

impl Asked {
    fn add(&self, load: Load) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(load);
    }

    fn take(&self) -> Vec<Load> {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Loads {
    /// A loader whose loads run in [`Self::run`], and nowhere else.
    pub fn loader(&self, stores: Stores) -> DataLoader<Stores, HashMapCache> {
        let asked = Arc::clone(&self.asked);
        let spawn = move |load: Load| asked.add(load);
        // No delay: what the loader does after it, `run` does when all fields wait.
        DataLoader::with_cache(stores, spawn, HashMapCache::default()).delay(Duration::ZERO)
    }

    /// Runs what uses the loader, and its loads.
    pub async fn run<T>(&mut self, fields: impl Future<Output = T>) -> T {
        let mut fields = pin!(fields);
        poll_fn(|context| {
            loop {
                if let Poll::Ready(outcome) = fields.as_mut().poll(context) {
                    return Poll::Ready(outcome);
                }
                if !self.advance(context) {
                    return Poll::Pending;
                }
            }
        })
        .await
    }

    /// Polls the loads; says whether one has ended, so that fields can go on.
    fn advance(&mut self, context: &mut Context<'_>) -> bool {
        self.running.extend(self.asked.take());
        let mut one_ended = false;
        while let Poll::Ready(Some(())) = self.running.poll_next_unpin(context) {
            one_ended = true;
        }
        one_ended
    }
}
