//! Request coalescing: identical misses share one fill ("flight").

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

/// A number that orders the beginnings of flights and the arrivals of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlightNumber(u64);

/// Whether a request began a flight or joined one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boarding {
    /// The request began the flight.
    Began,
    /// The request joined a flight that another request had begun.
    Joined,
}

/// A request's handle to a flight.
#[derive(Debug)]
pub struct Ticket<T> {
    /// The flight's number: which requests arrived before it began.
    pub number: FlightNumber,
    /// Whether the request began or joined the flight.
    pub boarding: Boarding,
    landing: watch::Receiver<Option<T>>,
}

impl<T: Clone> Ticket<T> {
    /// Waits for the flight's result; `None` when its task panicked.
    pub async fn landed(mut self) -> Option<T> {
        self.landing
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|landed| landed.clone())
    }
}

type UnderWay<K, T> = HashMap<K, (FlightNumber, watch::Receiver<Option<T>>)>;

#[derive(Debug)]
struct Board<K, T> {
    next: u64,
    under_way: UnderWay<K, T>,
}

/// The flights in progress, at most one per key. A flight is a task of its own: it runs to its end
/// and stores its answer even when every client that waits for it disconnects.
#[derive(Debug)]
pub struct Flights<K, T> {
    board: Arc<Mutex<Board<K, T>>>,
    tasks: TaskTracker,
}

impl<K, T> Flights<K, T>
where
    K: Eq + Hash + Clone + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// No flights; their tasks are tracked by `tasks`.
    pub fn new(tasks: TaskTracker) -> Self {
        let board = Board {
            next: 0,
            under_way: HashMap::new(),
        };
        Self {
            board: Arc::new(Mutex::new(board)),
            tasks,
        }
    }

    /// The number of a request that arrives now. Flights with this number or a greater one begin
    /// after it.
    pub fn next_number(&self) -> FlightNumber {
        FlightNumber(lock(&self.board).next)
    }

    /// How many flights are in progress.
    pub fn under_way(&self) -> usize {
        lock(&self.board).under_way.len()
    }

    /// Joins the flight to `key`, or begins one.
    pub fn board<F>(&self, key: K, flight: impl FnOnce() -> F) -> Ticket<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut board = lock(&self.board);
        if let Some((number, landing)) = board.under_way.get(&key) {
            return Ticket {
                number: *number,
                boarding: Boarding::Joined,
                landing: landing.clone(),
            };
        }
        let number = FlightNumber(board.next);
        board.next += 1;
        let (lands, landing) = watch::channel(None);
        board
            .under_way
            .insert(key.clone(), (number, landing.clone()));
        drop(board);
        let flight = flight();
        let landed = Landed {
            board: Arc::clone(&self.board),
            key,
        };
        let work = async move {
            // Dropped at the end, also by a panic, so that a crashed flight does not block its key.
            let _landed = landed;
            lands.send_replace(Some(flight.await));
        };
        // Its spans belong to the request that began it.
        self.tasks.spawn(work.in_current_span());
        Ticket {
            number,
            boarding: Boarding::Began,
            landing,
        }
    }
}

struct Landed<K: Eq + Hash, T> {
    board: Arc<Mutex<Board<K, T>>>,
    key: K,
}

impl<K: Eq + Hash, T> Drop for Landed<K, T> {
    fn drop(&mut self) {
        lock(&self.board).under_way.remove(&self.key);
    }
}

fn lock<K, T>(board: &Mutex<Board<K, T>>) -> MutexGuard<'_, Board<K, T>> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_request_during_a_flight_joins_it_and_a_later_one_begins_another() {
        let flights = Flights::<u8, u32>::new(TaskTracker::new());
        let (go, wait) = oneshot::channel();
        let first = flights.board(1, || async move {
            wait.await.unwrap();
            10
        });
        assert_eq!(first.boarding, Boarding::Began);
        let came = flights.next_number();
        let second = flights.board(1, || async { 11 });
        assert_eq!(second.boarding, Boarding::Joined);
        assert!(second.number < came, "it began before");
        let other = flights.board(2, || async { 20 });
        assert_eq!(
            (other.boarding, other.landed().await),
            (Boarding::Began, Some(20))
        );
        go.send(()).unwrap();
        assert_eq!(
            (first.landed().await, second.landed().await),
            (Some(10), Some(10))
        );
        tokio::task::yield_now().await;
        let third = flights.board(1, || async { 12 });
        assert!(third.number >= came);
        assert_eq!(third.landed().await, Some(12));
    }

    #[tokio::test]
    async fn a_flight_that_crashes_stands_in_nobodys_way() {
        let flights = Flights::<u8, u32>::new(TaskTracker::new());
        let crashed = flights.board(1, || async { panic!("a crash that the test asked for") });
        assert_eq!(crashed.landed().await, None);
        assert_eq!(flights.board(1, || async { 1 }).landed().await, Some(1));
    }

    #[tokio::test]
    async fn a_flight_ends_when_nobody_waits() {
        let tasks = TaskTracker::new();
        let flights = Flights::<u8, u32>::new(tasks.clone());
        let (done, told) = oneshot::channel();
        drop(flights.board(1, || async move {
            done.send(()).unwrap();
            1
        }));
        told.await.unwrap();
        tasks.close();
        tasks.wait().await;
    }
}
