//! Measures what the README and docs claim: `cargo run --release -p rlab-bench -- lab`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "its figures go to stdout, its progress to stderr"
)]

mod answering;
mod commands;
mod consumer;
mod events;
mod lab;
mod ledger;
mod load;
mod machine;
mod measure;
mod pipeline;
mod rates;
mod readable;
mod relay;
mod report;
mod tool;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Serialize;

use crate::pipeline::Pipeline;
use crate::rates::RateReport;
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
        #[command(flatten)]
        common: Common,
    },
    /// Rates of the agents, each beside a bare loop of the same statements
    Rates {
        /// How often, in turn with the bare loop; the median counts
        #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
        runs: u32,
        /// Outbox rows, and events, in each run
        #[arg(long, value_name = "N", default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(1_000..=10_000_000))]
        rows: u64,
        /// Commands a second that are wanted from end to end
        #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(250..=100_000))]
        commands: u64,
        #[command(flatten)]
        common: Common,
    },
    /// How long after its acknowledgement a command can be read
    Readable {
        /// Commands a second
        #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=100_000))]
        rate: u64,
        /// For how long, seconds
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3_600))]
        seconds: u64,
        #[command(flatten)]
        common: Common,
    },
    /// What the load generator costs, against a server that answers at once
    Load {
        /// Commands per second
        #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        rate: u32,
        /// For how long
        #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=600))]
        seconds: u32,
        /// Print the figures as lines or as JSON
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Time and memory of the judge, for a clean run of so many events
    Ledger {
        /// Events
        #[arg(long, value_name = "N", default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
        events: u64,
        /// Print the figures as lines or as JSON
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// The server of `load`
    #[command(hide = true)]
    Answer,
}

#[derive(Debug, Args)]
struct Common {
    /// Move every port of the measured lab up by N, out of the way of other labs
    #[arg(long, value_name = "N", default_value_t = 3_000)]
    port_offset: u16,
    /// Print the figures as a table or as JSON
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
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
    let measuring = async {
        match cli.what {
            What::Lab { runs, common } => {
                let report = lab::measure(runs, common.port_offset).await?;
                show(&report, report::table, common.format)
            }
            What::Rates {
                runs,
                rows,
                commands,
                common,
            } => {
                let pipeline = Pipeline::up(common.port_offset).await?;
                let report = measure_rates(&pipeline, rows, commands, runs).await?;
                show(&report, rates::table, common.format)
            }
            What::Readable {
                rate,
                seconds,
                common,
            } => {
                let pipeline = Pipeline::up(common.port_offset).await?;
                let report = readable::measure(&pipeline, rate, seconds).await?;
                show(&report, readable::table, common.format)
            }
            What::Load {
                rate,
                seconds,
                format,
            } => show(&load::measure(rate, seconds).await?, load::lines, format),
            What::Ledger { events, format } => {
                show(&ledger::measure(events)?, ledger::lines, format)
            }
            What::Answer => answering::answer().await,
        }
    };
    tokio::select! {
        measured = measuring => measured,
        // Dropping the measurement takes its lab down.
        _ = tokio::signal::ctrl_c() => Err(BenchError::Interrupted),
    }
}

async fn measure_rates(
    pipeline: &Pipeline,
    rows: u64,
    commands: u64,
    runs: u32,
) -> Result<RateReport, BenchError> {
    let fdatasync = machine::fdatasync(pipeline.site.dir.path())?;
    Ok(RateReport {
        schema: "rlab/bench-rates/v1",
        cores: std::thread::available_parallelism()?.get(),
        fdatasync_ms: fdatasync.as_secs_f64() * 1e3,
        rates: vec![
            relay::measure(pipeline, rows, runs).await?,
            consumer::measure(pipeline, rows, runs).await?,
            commands::measure(pipeline, commands, runs).await?,
        ],
    })
}

fn show<R: Serialize>(
    report: &R,
    table: fn(&R) -> String,
    format: Format,
) -> Result<(), BenchError> {
    match format {
        Format::Human => println!("{}", table(report)),
        Format::Json => println!("{}", serde_json::to_string_pretty(report)?),
    }
    Ok(())
}
