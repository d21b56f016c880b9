//! The run directory: journal, measurements, verdict, report.
//!
//! Everything a drill leaves behind goes through here, and nothing here touches the lab.
//!
//! * [`run_dir`]: where the files of one run are
//! * [`journal`]: what was done, line by line, synced and hash-chained
//! * [`jsonl`]: histories and snapshots, streamed through zstd
//! * [`latency`]: how a load was answered, and how long that took
//! * [`decision`]: from evaluated expectations to a [`Verdict`]
//! * [`report`]: the report a reviewer reads
//! * [`runs`]: all runs under one root
//! * [`mod@seal`]: the digests of everything, and whether they still hold

mod atomic;
mod buckets;
pub mod decision;
pub mod environment;
pub mod journal;
pub mod jsonl;
pub mod latency;
mod plot;
pub mod report;
pub mod run_dir;
pub mod runs;
pub mod seal;
pub mod seconds;
mod silence;
pub mod verdict;
mod walk;

pub use atomic::write_atomic;
pub use decision::{ArmEvidence, ControlOutcome, Expectation, Finding, Must, Truth, decide};
pub use environment::{Artifact, Environment, Machine};
pub use journal::{Journal, JournalError, Summary, TamperError};
pub use jsonl::{JsonlError, JsonlReader, JsonlWriter};
pub use latency::{Answers, LatencyRecorder, LatencySummary};
pub use report::Report;
pub use run_dir::{RunDir, RunDirError};
pub use runs::RunSummary;
pub use seal::{Flaw, SealError, Verified, seal, verify};
pub use seconds::Second;
pub use verdict::{Outcome, Verdict, VerdictDocument};
