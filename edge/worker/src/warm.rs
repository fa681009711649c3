//! Makes the isolate's hottest answers anew before clients ask for them: when a new purge log has begun, and
//! when a record of the log asks for it.

use std::rc::Rc;
use std::time::Duration;

use cache_core::LogCopy;
use edge_core::answer::Tier;
use edge_core::judge::Verdict;
use edge_core::plan::SharedRead;
use edge_core::warming::{FOR_MS, PAUSE_MS};
use worker::{Context, Delay};

use crate::clock::now_ms;
use crate::isolate::Isolate;
use crate::origin::{self, Purpose};
use crate::shared::{begin_fetch, look_up, verdict};
use crate::waits::Waits;

/// Makes them anew, one after the other, if the log asked for it.
pub(crate) async fn if_due(isolate: &'static Isolate, context: &Context) {
    if !isolate.replica.borrow().is_warming_due() {
        return;
    }
    let began_ms = now_ms();
    let Some(reads) = isolate.warming.borrow_mut().begin(began_ms) else {
        return;
    };
    isolate.replica.borrow_mut().warming_begins();
    for read in &reads {
        if now_ms() >= began_ms + FOR_MS {
            break;
        }
        if !is_warm(isolate, read).await {
            fetch(isolate, context, read).await;
            Delay::from(Duration::from_millis(PAUSE_MS)).await;
        }
    }
    isolate.warming.borrow_mut().end();
}

/// Whether memory or KV has an answer that may be served as it is; KV's is in memory then.
async fn is_warm(isolate: &Isolate, read: &SharedRead) -> bool {
    let waits = Waits::default();
    for tier in [Tier::Memory, Tier::Kv] {
        let found = match tier {
            // Does not count as a use.
            Tier::Memory => isolate.memory.borrow().peek(&read.key),
            Tier::Kv => look_up(isolate, tier, &read.key, &waits).await,
        };
        let Some(ready) = found else { continue };
        if matches!(
            verdict(isolate, &ready, None, &waits).await,
            Verdict::Serve { .. }
        ) {
            return true;
        }
    }
    false
}

/// Asks the origin, together with clients that ask for the same now. The answer has to contain all that
/// the copy of the log knows of: the origin's own copy may be behind, and its answer would be refused.
async fn fetch(isolate: &'static Isolate, context: &Context, read: &Rc<SharedRead>) {
    let minimum = isolate.replica.borrow().copy().map(LogCopy::head);
    let ticket = begin_fetch(isolate, context, read, move |read| async move {
        origin::read(isolate, &read, minimum, None, Purpose::Warm).await
    });
    // A client that asks later finds out why there is none.
    let _or_failed = ticket.landed().await;
}
