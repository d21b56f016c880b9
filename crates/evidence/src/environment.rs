//! What the run ran on. No host name, no user, no path: a report may be published.

use std::collections::BTreeMap;
use std::fs;

use serde::{Deserialize, Serialize};

/// Versions, artifacts and the machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Version of the tool.
    pub tool_version: String,
    /// Commit that was checked out when the tool was built, if known. Changes that were not committed
    /// do not show in it; the agents' digests do show them.
    pub commit: Option<String>,
    /// Versions the servers told, by server.
    pub versions: BTreeMap<String, String>,
    /// The artifacts the servers were started from.
    pub artifacts: Vec<Artifact>,
    /// The machine when the run began.
    pub machine: Machine,
}

/// One pinned artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// Its name in the lock file.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of what was fetched, in hex.
    pub sha256: String,
}

/// Facts of the machine that a figure depends on; absent where the system does not tell.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Operating system and CPU architecture.
    pub platform: String,
    /// Cores this process may use.
    pub cores: Option<usize>,
    /// Kernel release.
    pub kernel: Option<String>,
    /// Load averages over 1, 5 and 15 minutes.
    pub load_average: Option<[f64; 3]>,
    /// Physical memory, in bytes.
    pub memory_bytes: Option<u64>,
    /// Memory that could be used without swapping, in bytes.
    pub memory_available_bytes: Option<u64>,
}

impl Machine {
    /// The machine as it is now.
    #[must_use]
    pub fn observe() -> Self {
        let read = |path| fs::read_to_string(path).ok();
        let memory = read("/proc/meminfo").unwrap_or_default();
        Self {
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            cores: std::thread::available_parallelism().ok().map(usize::from),
            kernel: read("/proc/sys/kernel/osrelease").map(|text| text.trim().to_owned()),
            load_average: read("/proc/loadavg").and_then(|text| load_average(&text)),
            memory_bytes: memory_bytes(&memory, "MemTotal"),
            memory_available_bytes: memory_bytes(&memory, "MemAvailable"),
        }
    }
}

fn load_average(text: &str) -> Option<[f64; 3]> {
    let mut fields = text.split_whitespace().map(str::parse);
    let mut next = || fields.next()?.ok();
    Some([next()?, next()?, next()?])
}

fn memory_bytes(meminfo: &str, field: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_tables_are_read() {
        assert_eq!(load_average("0.52 1.4 2 1/200 77"), Some([0.52, 1.4, 2.0]));
        assert_eq!(load_average("0.52 x"), None);
        let meminfo = "MemTotal:       24000 kB\nMemFree: 1 kB\nMemAvailable:   10 kB\n";
        assert_eq!(memory_bytes(meminfo, "MemTotal"), Some(24_000 * 1024));
        assert_eq!(memory_bytes(meminfo, "MemAvailable"), Some(10_240));
        assert_eq!(memory_bytes(meminfo, "Mem"), None);
    }

    #[test]
    fn this_machine_tells_its_cores() {
        assert!(Machine::observe().cores.is_some_and(|cores| cores > 0));
    }
}
