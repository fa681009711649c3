//! One flight per key: whoever asks for what is already under way waits for it.
//!
//! A flight runs in `waitUntil` of the request that began it, so it ends even when that client
//! hangs up. Waiters wait on a JavaScript promise of their own: the runtime resumes each one in
//! its own request, which a Rust waker would not.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use cache_core::CacheKey;
use futures_util::future::{Either, select};
use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use worker::{Context, Delay};

/// A waiter does not wait longer: the flight may have been ended by the platform.
const PATIENCE: Duration = Duration::from_secs(12);

/// The flights that are under way, by key; each brings a `T`.
pub(crate) struct Flights<T> {
    under_way: RefCell<HashMap<CacheKey, Rc<Flight<T>>>>,
    next_number: Cell<u64>,
}

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self {
            under_way: RefCell::default(),
            next_number: Cell::new(0),
        }
    }
}

struct Flight<T> {
    number: u64,
    brought: RefCell<Option<T>>,
    waiters: RefCell<Vec<Function>>,
}

/// How a request came to a flight.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Boarding {
    /// It began it.
    Began,
    /// It was under way.
    Joined,
}

/// A place in a flight.
pub(crate) struct Ticket<T: 'static> {
    flights: &'static Flights<T>,
    key: CacheKey,
    flight: Rc<Flight<T>>,
    pub(crate) boarding: Boarding,
}

impl<T: Clone + 'static> Flights<T> {
    /// Joins the flight under `key`, or begins one. When it has landed, and whoever waited goes
    /// on, `afterwards` is run with what it brought.
    pub(crate) fn board<F, A>(
        &'static self,
        key: CacheKey,
        context: &Context,
        flight: impl FnOnce() -> F,
        afterwards: impl FnOnce(T) -> A + 'static,
    ) -> Ticket<T>
    where
        F: Future<Output = T> + 'static,
        A: Future<Output = ()> + 'static,
    {
        if let Some(flight) = self.under_way.borrow().get(&key) {
            return Ticket {
                flights: self,
                key,
                flight: Rc::clone(flight),
                boarding: Boarding::Joined,
            };
        }
        let number = self.next_number.get();
        self.next_number.set(number + 1);
        let entry = Rc::new(Flight {
            number,
            brought: RefCell::new(None),
            waiters: RefCell::default(),
        });
        self.under_way.borrow_mut().insert(key, Rc::clone(&entry));
        let journey = flight();
        context.wait_until(async move {
            let brought = journey.await;
            self.land(key, number, Some(brought.clone()));
            afterwards(brought).await;
        });
        Ticket {
            flights: self,
            key,
            flight: entry,
            boarding: Boarding::Began,
        }
    }

    fn land(&self, key: CacheKey, number: u64, brought: Option<T>) {
        // A flight that was given up may land after the next one began.
        let flight = {
            let mut under_way = self.under_way.borrow_mut();
            if under_way
                .get(&key)
                .is_none_or(|flight| flight.number != number)
            {
                return;
            }
            under_way.remove(&key)
        };
        let Some(flight) = flight else { return };
        *flight.brought.borrow_mut() = brought;
        for resolve in flight.waiters.take() {
            // A waiter whose request is gone cannot be woken, and need not be.
            let _gone = resolve.call0(&JsValue::UNDEFINED);
        }
    }
}

impl<T: Clone + 'static> Ticket<T> {
    /// What the flight brought; `None` when it was ended by the platform.
    pub(crate) async fn landed(self) -> Option<T> {
        if let Some(brought) = self.flight.brought.borrow().clone() {
            return Some(brought);
        }
        let promise =
            Promise::new(&mut |resolve, _| self.flight.waiters.borrow_mut().push(resolve));
        if let Either::Right(_) = select(JsFuture::from(promise), Delay::from(PATIENCE)).await {
            // It will never land: let the next request begin a new one.
            self.flights.land(self.key, self.flight.number, None);
        }
        self.flight.brought.borrow().clone()
    }
}
