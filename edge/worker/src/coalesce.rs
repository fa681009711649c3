//! Request coalescing: at most one fetch ("flight") per key. Requests for a key whose fetch is in
//! progress wait for it.
//!
//! A flight runs in `waitUntil` of the request that began it, so it runs to its end even when that
//! client disconnects. Each waiting request waits on a JavaScript promise of its own, so that the
//! runtime resumes it in the context of its own request; a Rust waker would not do that.
//!
//! The promise must be made by `Promise.withResolvers`, not by `new Promise`. The runtime finds a
//! promise's request by a tag in the promise. Once V8 has compiled `new Promise` (after a few
//! thousand calls) the tag is missing: the waiter then resumes in the request that ended the flight,
//! and its response, made there, cannot be sent (workerd 1.20260426).

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::rc::Rc;

use cache_core::CacheKey;
use js_sys::{Function, Promise, PromiseWithResolvers, Undefined};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use worker::Context;

use crate::clock::{now_ms, within};

/// The flights in progress, by key; each one's result is a `T`.
pub(crate) struct Flights<T> {
    under_way: RefCell<HashMap<CacheKey, Rc<Flight<T>>>>,
    next_number: Cell<FlightNumber>,
    patience_ms: u64,
}

impl<T> Flights<T> {
    /// `patience_ms` is how long requests wait for a flight, in milliseconds. A flight that takes
    /// longer was ended by the platform; the next request begins another one.
    pub(crate) fn with_patience(patience_ms: u64) -> Self {
        Self {
            under_way: RefCell::default(),
            next_number: Cell::new(0),
            patience_ms,
        }
    }
}

type Resolve = Function<fn(JsValue) -> Undefined>;

struct Flight<T> {
    number: FlightNumber,
    began_at_ms: u64,
    brought: RefCell<Option<T>>,
    waiters: RefCell<Vec<Resolve>>,
}

/// Flights are numbered in the order in which they begin.
pub(crate) type FlightNumber = u64;

/// Whether a request began a flight or joined one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Boarding {
    /// The request began the flight.
    Began,
    /// The request joined a flight that another request had begun.
    Joined,
}

/// A request's handle to a flight.
pub(crate) struct Ticket<T> {
    flight: Rc<Flight<T>>,
    patience_ms: u64,
    pub(crate) boarding: Boarding,
}

impl<T: Clone + 'static> Flights<T> {
    /// The number of the next flight. Flights with this number or a greater one begin after now.
    pub(crate) fn next_number(&self) -> FlightNumber {
        self.next_number.get()
    }

    /// Whether a request for `key` would join a flight now.
    pub(crate) fn is_under_way(&self, key: &CacheKey) -> bool {
        let under_way = self.under_way.borrow();
        under_way
            .get(key)
            .is_some_and(|flight| self.may_be_joined(flight))
    }

    fn may_be_joined(&self, flight: &Flight<T>) -> bool {
        now_ms() < flight.began_at_ms + self.patience_ms
    }

    /// Joins the flight of `key`, or begins one. `afterwards` runs with the result, after the waiting
    /// requests were resumed.
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
        let known = self.under_way.borrow().get(&key).map(Rc::clone);
        if let Some(flight) = known {
            if self.may_be_joined(&flight) {
                return Ticket {
                    flight,
                    patience_ms: self.patience_ms,
                    boarding: Boarding::Joined,
                };
            }
            self.land(key, flight.number, None);
        }
        let number = self.next_number.get();
        self.next_number.set(number + 1);
        let entry = Rc::new(Flight {
            number,
            began_at_ms: now_ms(),
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
            flight: entry,
            patience_ms: self.patience_ms,
            boarding: Boarding::Began,
        }
    }

    fn land(&self, key: CacheKey, number: FlightNumber, brought: Option<T>) {
        // A flight that was replaced for taking too long may still end after the next one began.
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
            // Resuming a request that has ended fails, which does not matter.
            let _gone = resolve.call0(&JsValue::UNDEFINED);
        }
    }
}

impl<T: Clone> Ticket<T> {
    pub(crate) fn number(&self) -> FlightNumber {
        self.flight.number
    }

    /// Waits for the flight's result; `None` when it takes longer than `patience_ms`.
    pub(crate) async fn landed(self) -> Option<T> {
        let patience_ms = self.patience_ms;
        self.landed_within(patience_ms).await
    }

    /// Waits for the flight's result, for at most `wait_ms` milliseconds.
    pub(crate) async fn landed_within(self, wait_ms: u64) -> Option<T> {
        if self.flight.brought.borrow().is_none() {
            let own: PromiseWithResolvers = Promise::with_resolvers();
            self.flight.waiters.borrow_mut().push(own.resolve());
            let _or_too_late = within(wait_ms, JsFuture::from(own.promise())).await;
        }
        self.flight.brought.borrow().clone()
    }
}
