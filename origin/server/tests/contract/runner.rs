//! Runs every test on every backend, and prints as libtest does.

use std::{
    collections::VecDeque,
    process::ExitCode,
    sync::{Arc, Mutex},
    thread,
};

use crate::backends::{self, Ability, Backend, Fresh, Work};

/// One promise.
#[derive(Clone, Copy)]
pub(crate) struct Test {
    pub(crate) name: &'static str,
    pub(crate) needs: &'static [Ability],
    pub(crate) run: fn(Fresh) -> Work<()>,
}

/// `TESTS`: each function with the abilities that it needs.
macro_rules! tests {
    ($($name:ident: [$($need:ident),*]),+ $(,)?) => {
        pub(crate) const TESTS: &[crate::runner::Test] = &[$(crate::runner::Test {
            name: concat!(module_path!(), "::", stringify!($name)),
            needs: &[$(crate::backends::Ability::$need),*],
            run: |fresh| Box::pin($name(fresh)),
        }),+];
    };
}
pub(crate) use tests;

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: Vec<&'static str>,
    skipped: usize,
}

pub(crate) fn run(tests: &[Test]) -> ExitCode {
    // `cargo test` hands over the filters and options of libtest.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let chosen: Vec<Test> = tests
        .iter()
        .filter(|test| is_chosen(test.name, &arguments))
        .copied()
        .collect();
    let backends = match backends::all() {
        Ok(backends) => backends,
        Err(error) => {
            println!("test result: FAILED. 0 passed; 1 failed; 0 ignored; {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let mut failed = 0;
    let mut summary = Vec::new();
    for backend in backends {
        println!("\nrunning {} tests on {}", chosen.len(), backend.name);
        let tally = run_on(&backend, &chosen);
        for name in &tally.failed {
            println!("failed: {} on {}", name, backend.name);
        }
        let verdict = if tally.failed.is_empty() {
            "ok"
        } else {
            "FAILED"
        };
        println!(
            "test result: {verdict}. {} passed; {} failed; 0 ignored; 0 measured; {} filtered out",
            tally.passed,
            tally.failed.len(),
            tests.len() - chosen.len()
        );
        failed += tally.failed.len();
        summary.push(format!(
            "{}: run {}, skipped {}",
            backend.name,
            tally.passed + tally.failed.len(),
            tally.skipped
        ));
        for (lack, why) in &backend.lacks {
            summary.push(format!("  no {lack}: {why}"));
        }
    }
    println!("\n{}\n", summary.join("\n"));
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn is_chosen(name: &str, arguments: &[String]) -> bool {
    let mut filters = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
        .peekable();
    filters.peek().is_none() || filters.any(|filter| name.contains(filter.as_str()))
}

fn run_on(backend: &Backend, tests: &[Test]) -> Tally {
    let tally = Mutex::new(Tally::default());
    let queue: Mutex<VecDeque<&Test>> = Mutex::new(tests.iter().collect());
    let next = || queue.lock().unwrap().pop_front();
    thread::scope(|scope| {
        for _ in 0..backend.at_once {
            scope.spawn(|| {
                while let Some(test) = next() {
                    let mut lacks = backend.lacks.iter();
                    if let Some((lack, why)) = lacks.find(|(lack, _)| test.needs.contains(lack)) {
                        println!(
                            "skipped: {} on {}: no {lack}: {why}",
                            test.name, backend.name
                        );
                        tally.lock().unwrap().skipped += 1;
                    } else if passes(backend, test) {
                        println!("test {} ... ok", test.name);
                        tally.lock().unwrap().passed += 1;
                    } else {
                        println!("test {} ... FAILED", test.name);
                        tally.lock().unwrap().failed.push(test.name);
                    }
                }
            });
        }
    });
    tally.into_inner().unwrap()
}

/// A thread and a runtime of its own: a panic ends this test only, and is printed with its name.
fn passes(backend: &Backend, test: &Test) -> bool {
    let (open, run) = (Arc::clone(&backend.open), test.run);
    let work = move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async { run(open().await).await });
    };
    let thread = thread::Builder::new().name(format!("{} on {}", test.name, backend.name));
    thread.spawn(work).unwrap().join().is_ok()
}
