//! Processing on a bounded number of threads, so that a burst of uploads neither slows down reads nor
//! fills the memory.

use std::{sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Processed, Purpose, Refused, Stop, process};

#[derive(Clone, Copy, Debug)]
pub struct PicturesConfig {
    /// How many pictures are processed concurrently. Each may hold `PEAK_BYTES`.
    pub threads: usize,
    /// How many more may wait, each with its file in memory. Pictures beyond that are refused.
    pub waiting: usize,
    /// How long a picture may take, without the time that it waits.
    pub time_limit: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("too many pictures are waiting to be processed")]
    Busy,
    #[error("the picture took too long")]
    Late,
    /// A decoder panicked.
    #[error("the picture could not be processed")]
    Failed,
}

/// The pool. Clones share it.
#[derive(Clone, Debug)]
pub struct Pictures {
    time_limit: Duration,
    /// One permit for each picture that is being processed.
    running: Arc<Semaphore>,
    /// One permit for each picture that is being processed or waits.
    admitted: Arc<Semaphore>,
}

/// A place among those that wait or are processed. Free again when it is dropped, or when the work
/// ends for which it was given.
#[derive(Debug)]
pub struct Place(OwnedSemaphorePermit);

impl Pictures {
    pub fn new(config: &PicturesConfig) -> Self {
        Self {
            time_limit: config.time_limit,
            running: Arc::new(Semaphore::new(config.threads)),
            admitted: Arc::new(Semaphore::new(config.threads + config.waiting)),
        }
    }

    /// A place for one picture, before its file is read into memory.
    pub fn admit(&self) -> Result<Place, PictureError> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned();
        admitted.map(Place).map_err(|_| PictureError::Busy)
    }

    pub async fn process(
        &self,
        place: Place,
        bytes: Vec<u8>,
        purpose: Purpose,
    ) -> Result<Processed, PictureError> {
        self.run(place, move |stop| process(&bytes, purpose, stop))
            .await
    }

    async fn run(
        &self,
        Place(admitted): Place,
        work: impl FnOnce(&Stop) -> Result<Processed, Refused> + Send + 'static,
    ) -> Result<Processed, PictureError> {
        let running = Arc::clone(&self.running).acquire_owned().await;
        let running = running.map_err(|_| PictureError::Failed)?;
        let stop = StopOnDrop(Stop::default());
        let stop_of_work = stop.0.clone();
        let work = tokio::task::spawn_blocking(move || {
            // Held until the work ends: a client that disconnects does not free them early.
            let _permits = (admitted, running);
            work(&stop_of_work)
        });
        match tokio::time::timeout(self.time_limit, work).await {
            Ok(Ok(processed)) => Ok(processed?),
            Ok(Err(_panicked)) => Err(PictureError::Failed),
            Err(_elapsed) => Err(PictureError::Late),
        }
    }
}

/// Nobody waits for the result any more: time is up, or the request was dropped.
struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn pool(threads: usize, waiting: usize, time_limit: Duration) -> Pictures {
        Pictures::new(&PicturesConfig {
            threads,
            waiting,
            time_limit,
        })
    }

    async fn until(is_so: impl Fn() -> bool) {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    }

    async fn refused_as_empty(pool: Pictures) -> Result<Processed, PictureError> {
        let place = pool.admit()?;
        pool.process(place, Vec::new(), Purpose::Logo).await
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn over_the_bound_a_picture_is_refused_at_once() {
        let pool = pool(1, 1, MINUTE);
        let (release, held) = mpsc::channel::<()>();
        let first = pool.clone();
        let first = tokio::spawn(async move {
            first
                .run(first.admit().unwrap(), move |_| {
                    let _ended = held.recv();
                    Err(Refused::Gif)
                })
                .await
        });
        until(|| pool.running.available_permits() == 0).await;
        let second = tokio::spawn(refused_as_empty(pool.clone()));
        until(|| pool.admitted.available_permits() == 0).await;
        let third = refused_as_empty(pool.clone()).await;
        assert_eq!(third, Err(PictureError::Busy));
        assert!(!second.is_finished());
        drop(release);
        assert_eq!(first.await.unwrap(), Err(Refused::Gif.into()));
        assert_eq!(second.await.unwrap(), Err(Refused::Empty.into()));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_picture_that_takes_too_long_is_stopped_and_keeps_its_place_until_it_ends() {
        let pool = pool(1, 0, Duration::from_millis(20));
        let (release, held) = mpsc::channel::<()>();
        let (say, said) = mpsc::channel();
        let late = pool.run(pool.admit().unwrap(), move |stop| {
            let _ended = held.recv();
            let _sent = say.send(stop.check());
            Err(Refused::Stopped)
        });
        assert_eq!(late.await, Err(PictureError::Late));
        let next = refused_as_empty(pool.clone()).await;
        assert_eq!(next, Err(PictureError::Busy));
        drop(release);
        assert_eq!(said.recv().unwrap(), Err(Refused::Stopped));
        until(|| pool.admitted.available_permits() == 1).await;
        let next = refused_as_empty(pool.clone()).await;
        assert_eq!(next, Err(Refused::Empty.into()));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_panic_fails_one_picture_and_frees_its_place() {
        let pool = pool(1, 0, MINUTE);
        let failed = pool
            .run(pool.admit().unwrap(), |_| panic!("a decoder's"))
            .await;
        assert_eq!(failed, Err(PictureError::Failed));
        until(|| pool.admitted.available_permits() == 1).await;
        let next = refused_as_empty(pool.clone()).await;
        assert_eq!(next, Err(Refused::Empty.into()));
    }
}
