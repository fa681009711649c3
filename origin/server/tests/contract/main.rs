//! What every backend's stores promise, one test a promise, run on each backend there is.
//!
//! A backend is an entry of [`backends::all`]; a test says which abilities of it it needs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod announcements;
mod backends;
mod bookings;
mod catalogue;
mod checking;
mod codes;
mod documents;
mod erasing;
mod identity;
mod known_devices;
mod listings;
mod memberships;
mod mongo;
mod moving;
mod notifications;
mod operators;
mod partners;
mod payments;
mod pictures;
mod portal;
mod purges;
mod queue;
mod reach;
mod reading;
mod reviews;
mod runner;
mod samples;
mod service_tokens;
mod sessions;
mod site;
mod standing;
mod stats;
mod teams;
mod templates;
mod updating;
mod users;

use std::process::ExitCode;

fn main() -> ExitCode {
    let tests = [
        known_devices::TESTS,
        listings::TESTS,
        checking::TESTS,
        reading::TESTS,
        updating::TESTS,
        partners::TESTS,
        payments::TESTS,
        payments::APPLYING,
        payments::ENDING,
        payments::REFUNDING,
        payments::BOOKS,
        payments::STORM,
        pictures::TESTS,
        portal::TESTS,
        documents::TESTS,
        purges::TESTS,
        moving::TESTS,
        moving::PEOPLE,
        catalogue::TESTS,
        users::TESTS,
        users::ADDRESSES,
        teams::TESTS,
        memberships::TESTS,
        memberships::PLACES,
        templates::TESTS,
        stats::TESTS,
        sessions::TESTS,
        site::TESTS,
        standing::TESTS,
        standing::ENDING,
        codes::TESTS,
        queue::TESTS,
        reach::TESTS,
        notifications::TESTS,
        operators::TESTS,
        announcements::TESTS,
        service_tokens::TESTS,
        bookings::TESTS,
        bookings::CALENDARS,
        bookings::NIGHTS,
        bookings::RACES,
        bookings::TELLING,
        bookings::VENUE,
        bookings::WALK_INS,
        erasing::TESTS,
        identity::TESTS,
        identity::ADMITTING,
        reviews::TESTS,
        reviews::REPORTING,
        reviews::ERASING,
        reviews::STORM,
    ];
    runner::run(&tests.concat())
}
