//! Reports panics. The WASM traps afterwards; `shim.js` gives the isolate a new instance.

use std::cell::Cell;
use std::panic::{self, PanicHookInfo};

use edge_core::report::Kind;

use crate::isolate::Isolate;

thread_local! {
    static ARE_REPORTED: Cell<bool> = const { Cell::new(false) };
}

/// Reports panics from now on, beside what the worker crate does with them: it logs them and has the shim
/// begin anew.
pub(crate) fn report() {
    if ARE_REPORTED.replace(true) {
        return;
    }
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        panicked(info);
        before(info);
    }));
}

fn panicked(info: &PanicHookInfo<'_>) {
    let Some(isolate) = Isolate::existing() else {
        return;
    };
    // Only a literal is told: a message with values may repeat what a client sent.
    let what = info.payload().downcast_ref::<&'static str>();
    let what = what.unwrap_or(&"a message with values");
    let text = match info.location() {
        Some(at) => format!("{what}, at {}:{}", at.file(), at.line()),
        None => (*what).to_owned(),
    };
    isolate.reports.failed(Kind::Panic, &text);
}
