//! Measures what the README and docs claim: `cargo run --release -p rlab-bench -- lab`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "its figures go to stdout, its progress to stderr"
)]

mod lab;
mod measure;
mod report;
mod tool;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::tool::BenchError;

/// Measure rlab-ops on this machine
///
/// Exits with 0 whether targets were met or missed, with 1 when something could not be measured.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Time up, down and warm up of a lab, and its memory when idle
    Lab {
        /// How often; the median counts
        #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
        runs: u32,
        /// Move every port of the measured lab up by N, out of the way of other labs
        #[arg(long, value_name = "N", default_value_t = 3_000)]
        port_offset: u16,
        /// Print the figures as a table or as JSON
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A table
    Human,
    /// One JSON document
    Json,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), BenchError> {
    let What::Lab {
        runs,
        port_offset,
        format,
    } = cli.what;
    let measuring = lab::measure(runs, port_offset);
    let report = tokio::select! {
        report = measuring => report?,
        // Dropping the measurement takes its lab down.
        _ = tokio::signal::ctrl_c() => return Err(BenchError::Interrupted),
    };
    match format {
        Format::Human => println!("{}", report::table(&report)),
        Format::Json => println!("{}", serde_json::to_string_pretty(&report)?),
    }
    Ok(())
}
