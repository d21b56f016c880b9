//! How busy the machine was and how fast its disk is, beside every figure.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use procfs::{CurrentSI, KernelStats};

use crate::tool::BenchError;

/// Writes that are timed.
const WRITES: u32 = 50;

/// Processor time of all cores since some moment.
pub struct Busy(KernelStats);

impl Busy {
    /// From now on.
    pub fn begin() -> Result<Self, BenchError> {
        Ok(Self(KernelStats::current()?))
    }

    /// The part of all cores' time that was not idle, from 0 to 1.
    pub fn ratio(&self) -> Result<f64, BenchError> {
        let now = KernelStats::current()?;
        let (all_then, idle_then) = ticks(&self.0);
        let (all, idle) = ticks(&now);
        let passed = all.saturating_sub(all_then).max(1) as f64;
        Ok(1.0 - idle.saturating_sub(idle_then) as f64 / passed)
    }
}

fn ticks(stats: &KernelStats) -> (u64, u64) {
    let cpu = &stats.total;
    let idle = cpu.idle + cpu.iowait.unwrap_or_default();
    let busy = cpu.user
        + cpu.nice
        + cpu.system
        + cpu.irq.unwrap_or_default()
        + cpu.softirq.unwrap_or_default()
        + cpu.steal.unwrap_or_default();
    (idle + busy, idle)
}

/// Mean time of `fdatasync` after an append of 4 KiB in `dir`.
pub fn fdatasync(dir: &Path) -> Result<Duration, BenchError> {
    let mut file: File = tempfile::tempfile_in(dir)?;
    let page = [0_u8; 4_096];
    let mut spent = Duration::ZERO;
    for _ in 0..WRITES {
        file.write_all(&page)?;
        let begun = Instant::now();
        file.sync_data()?;
        spent += begun.elapsed();
    }
    Ok(spent / WRITES)
}
