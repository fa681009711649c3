//! `cargo xtask …`: all set-up and orchestration. Each command is one file.

mod abuse;
mod balancer;
mod bench;
mod bench_all;
mod bench_edge;
mod bench_lists;
mod bench_origin;
mod bench_private;
mod bench_purge;
mod bench_subscriptions;
mod bench_traces;
mod bench_warm;
mod bench_writes;
mod binaries;
mod bucket;
mod build_edge;
mod bundle;
mod checkout;
mod coverage;
mod debian;
mod deploy;
mod failures;
mod golang;
mod http;
mod image;
#[cfg(test)]
mod links;
mod load;
mod mailbox;
mod manifest;
mod message_faults;
mod mongo_server;
mod observe;
mod origin;
mod payment_faults;
mod payments;
mod processes;
mod progress;
mod python;
mod redis;
mod secrets;
mod site;
mod soak;
mod stack;
mod structure;
mod test;
mod tools;
mod up;

use std::process::ExitCode;

use clap::Parser;

use crate::binaries::Profile;

/// Sets up, runs and tests Yousoon.
#[derive(Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
enum Command {
    /// Install the tools that are missing, and nothing else.
    Tools,
    /// Build the worker as it is deployed into edge/worker/build.
    BuildEdge,
    /// Run the origin and the edge on this machine, with sample offers.
    Up(up::Options),
    /// Run what `up` runs, with traffic, and beside it Jaeger, Prometheus and VictoriaLogs.
    Observe(observe::Options),
    /// Print which crate, block and file uses which, and fail if one may not.
    Structure(structure::Options),
    /// Make the origin's image without a container engine, and try it in an empty root.
    Image(image::Options),
    /// Check the manifests, the rules and the dashboards in deploy/, and how the worker is deployed.
    DeployCheck,
    /// Run all tests: workspace, end to end, golden vectors in WASM.
    Test(test::Options),
    /// Measure which lines the tests run, by crate.
    Coverage(coverage::Options),
    /// Run what finds more the longer it runs: the simulation of the caches, and chaos.
    Soak(soak::Options),
    /// Run hostile clients against an origin and an edge, in their long form.
    Abuse(abuse::Options),
    /// Send news to 50,000 accounts, and links, while providers fail and the origin is killed.
    MessageFaults(message_faults::Options),
    /// Have 200 people pay for 50 places while Stripe and origins fail.
    PaymentFaults(payment_faults::Options),
    /// Run k6 against the edge and against the origin.
    Load(load::Options),
    /// Run all benchmarks, print one table of figures and targets, and write it as JSON.
    Bench(bench_all::Options),
    /// Measure the worker beside a hand-written JavaScript worker over KV.
    BenchEdge(bench::Turns),
    /// Measure lists of offers that no cache has, with up to a million offers, beside rstar's tree.
    BenchLists(bench_lists::Options),
    /// Measure the origin's hits beside bare axum, Varnish and GraphQL Yoga.
    BenchOrigin(bench_origin::Options),
    /// Compare the origin's hits with traces off, with 1 % and with all requests traced.
    BenchTraces(bench_traces::Options),
    /// Measure documents that are partly private beside each of their parts.
    BenchPrivate(bench_private::Options),
    /// Measure how long after a write each tier answers with what was there before.
    BenchPurge(bench_purge::Options),
    /// Draw how soon hits come back after a new purge log and after a deployment, with warm fills and
    /// without.
    BenchWarm(bench_warm::Options),
    /// Measure what open subscriptions cost, and how long an event takes to reach them, beside
    /// graphql-ws.
    BenchSubscriptions(bench_subscriptions::Options),
    /// Measure bookings of different offers, beside plain transactions on the same MongoDB.
    BenchWrites(bench_writes::Options),
}

fn main() -> ExitCode {
    let outcome = match Command::parse() {
        Command::Tools => tools::ensure()
            .and_then(|tools| tools::ensure_wasm_bindgen_test_runner(&tools).map(drop)),
        Command::BuildEdge => {
            tools::ensure().and_then(|tools| build_edge::build(&tools, Profile::Release).map(drop))
        }
        Command::Up(options) => up::run(&options),
        Command::Image(options) => image::run(&options),
        Command::Observe(options) => {
            return observe::run(&options).unwrap_or_else(|error| fail(&error));
        }
        Command::Structure(options) => {
            return structure::run(&options).unwrap_or_else(|error| fail(&error));
        }
        Command::DeployCheck => return deploy::run().unwrap_or_else(|error| fail(&error)),
        // Its last line is the summary, also when tests failed.
        Command::Test(options) => return test::run(&options).unwrap_or_else(|error| fail(&error)),
        Command::Soak(options) => return soak::run(&options).unwrap_or_else(|error| fail(&error)),
        Command::Abuse(options) => {
            return abuse::run(&options).unwrap_or_else(|error| fail(&error));
        }
        Command::Coverage(options) => coverage::run(&options),
        Command::MessageFaults(options) => message_faults::run(&options),
        Command::PaymentFaults(options) => payment_faults::run(&options),
        Command::Load(options) => load::run(&options),
        Command::Bench(options) => bench_all::run(&options),
        Command::BenchEdge(options) => bench_edge::run(&options),
        Command::BenchLists(options) => bench_lists::run(&options),
        Command::BenchOrigin(options) => bench_origin::run(&options),
        Command::BenchTraces(options) => bench_traces::run(&options),
        Command::BenchPrivate(options) => bench_private::run(&options),
        Command::BenchPurge(options) => bench_purge::run(&options),
        Command::BenchWarm(options) => bench_warm::run(&options),
        Command::BenchSubscriptions(options) => bench_subscriptions::run(&options),
        Command::BenchWrites(options) => bench_writes::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// One line that says what to do; no backtrace.
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Command::command().debug_assert();
    }
}
