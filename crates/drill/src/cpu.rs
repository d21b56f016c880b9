//! Processor time of the brokers, from what the system counts of their processes.

use std::path::Path;
use std::thread::available_parallelism;
use std::time::Instant;

use procfs::process::Process;
use rlab_lab::processes;
use rlab_lab::spec::{LabSpec, NodeKind};

/// Tells what was used between two looks.
#[derive(Debug, Default)]
pub(crate) struct Meter(Option<Look>);

#[derive(Debug, Clone, PartialEq)]
struct Look {
    at: Instant,
    /// Process ids of the brokers, in order.
    brokers: Vec<u32>,
    /// Processor time that they have used so far, in seconds.
    used_s: f64,
}

impl Meter {
    /// Share of the machine's processors that the brokers of the lab in `dir` kept busy since the look
    /// before; none on the first look, and when a broker has come or gone since.
    pub fn share(&mut self, dir: &Path, spec: &LabSpec) -> Option<f64> {
        let now = look(dir, spec)?;
        let before = self.0.replace(now.clone())?;
        let processors = available_parallelism().ok()?.get();
        between(&before, &now, processors)
    }
}

fn between(before: &Look, now: &Look, processors: usize) -> Option<f64> {
    let passed_s = now.at.duration_since(before.at).as_secs_f64();
    (before.brokers == now.brokers && passed_s > 0.0)
        .then(|| (now.used_s - before.used_s) / passed_s / processors as f64)
}

fn look(dir: &Path, spec: &LabSpec) -> Option<Look> {
    let is_broker = |name: &str| {
        let node = spec.node(name);
        node.is_some_and(|node| matches!(node.kind, NodeKind::Broker { .. }))
    };
    let found = processes::of_lab(dir).into_iter();
    let mut brokers: Vec<u32> = found
        .filter(|found| is_broker(&found.node))
        .map(|found| found.pid)
        .collect();
    if brokers.is_empty() {
        // They run elsewhere.
        return None;
    }
    brokers.sort_unstable();
    let mut ticks = 0;
    for pid in &brokers {
        let stat = Process::new(i32::try_from(*pid).ok()?).ok()?.stat().ok()?;
        ticks += stat.utime + stat.stime;
    }
    Some(Look {
        at: Instant::now(),
        brokers,
        used_s: ticks as f64 / procfs::ticks_per_second() as f64,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_share_is_of_all_processors_and_of_the_same_brokers() {
        let before = Look {
            at: Instant::now(),
            brokers: vec![7, 8],
            used_s: 10.0,
        };
        let now = Look {
            at: before.at + Duration::from_secs(2),
            used_s: 12.0,
            ..before.clone()
        };
        assert_eq!(between(&before, &now, 2), Some(0.5));
        let restarted = Look {
            brokers: vec![7, 9],
            ..now
        };
        assert_eq!(between(&before, &restarted, 2), None);
    }
}
