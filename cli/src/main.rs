//! rlab-ops: provisions a Kafka, MySQL and Redis pipeline, drills it, writes evidence.
//!
//! The program in order: read the configuration and the arguments, settle colours and logs, run the
//! verb, turn what came of it into an exit code. Each verb parses, calls a crate and prints; none has
//! logic of its own.

mod args;
mod color;
mod config;
mod context;
mod exit;
mod failure;
mod logging;
mod output;
mod signals;
mod verb;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::error::ErrorKind as ClapError;

use crate::args::Cli;
use crate::config::{Config, Setting};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::stream;

fn main() -> ExitCode {
    color::settle(std::env::args_os());
    std::panic::set_hook(Box::new(|panic| {
        stream::error(&format!("internal: {panic}"));
        stream::note("\nhint: run it again with RUST_BACKTRACE=1 -vv and report what it says");
    }));
    let exit = catch_unwind(AssertUnwindSafe(begin)).unwrap_or(Exit::Internal);
    exit.into()
}

fn begin() -> Exit {
    let config = match Config::load() {
        Ok(config) => config,
        Err(failure) => return failure.report(),
    };
    let (cli, settings) = match args::parse(std::env::args_os(), &config) {
        Ok(parsed) => parsed,
        Err(error) => return usage(&error),
    };
    match run(cli, settings) {
        Ok(exit) => exit,
        Err(failure) => failure.report(),
    }
}

/// Shows clap's message. Help and version were asked for; everything else is wrong usage.
fn usage(error: &clap::Error) -> Exit {
    let asked = matches!(
        error.kind(),
        ClapError::DisplayHelp | ClapError::DisplayVersion
    );
    if error.print().is_err() && !asked {
        stream::error("wrong usage");
    }
    if asked { Exit::Held } else { Exit::Usage }
}

fn run(cli: Cli, settings: Vec<Setting>) -> Result<Exit, Failure> {
    logging::start(cli.global.verbose, &cli.command);
    let context = Context::new(&cli.global, settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let ended = runtime.block_on(cli.command.run(&context));
    // A blocking read that is still out (a hung file system, a resolver) must not hold the exit.
    runtime.shutdown_background();
    ended
}
