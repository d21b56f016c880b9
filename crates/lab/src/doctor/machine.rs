//! What the machine itself must be and have.

use std::path::{Path, PathBuf};

use procfs::Current;
use rustix::process::{Resource, getrlimit};

use super::Check;
use crate::files;
use crate::home::LabHome;
use crate::processes;
use crate::profile::{AGENTS, agent_binary};
use crate::up::NEEDED_MIB;

/// What a lab of the local profile takes at its start, with room for a drill, MiB.
const NEEDED_MEMORY_MIB: u64 = 2_048;
/// Servers, proxy slots and a drill's connections, in one process at worst.
const NEEDED_OPEN_FILES: u64 = 4_096;

pub fn checks(home: &LabHome) -> Vec<Check> {
    let beside = std::env::current_exe().ok();
    let beside = beside
        .as_deref()
        .and_then(Path::parent)
        .unwrap_or(Path::new("/"));
    vec![
        platform(std::env::consts::OS, std::env::consts::ARCH),
        memory(available_mib(), held_mib(home)),
        open_files(getrlimit(Resource::Nofile)),
        room(
            home.root(),
            files::free_bytes(home.root()).ok(),
            writable(home.root()),
        ),
        agents(beside, |binary| binary.is_file()),
    ]
}

fn platform(os: &str, arch: &str) -> Check {
    let name = "platform";
    match rlab_artifacts::check_platform(os, arch) {
        Ok(()) => Check::passed(
            name,
            format!("{os} on {arch} (what is tested is Debian 12 on x86_64)"),
        ),
        Err(error) => Check::failed(name, &error, error.hint()),
    }
}

/// Memory that labs of this home hold counts as available: theirs is the place of the next one.
fn memory(available_mib: Option<u64>, held_mib: u64) -> Check {
    let name = "memory";
    let Some(available) = available_mib else {
        return Check::failed(
            name,
            "/proc/meminfo cannot be read",
            "mount -t proc proc /proc",
        );
    };
    let mut found = format!("{available} MiB available");
    if held_mib > 0 {
        found = format!("{found}, {held_mib} MiB more held by labs here");
    }
    match available + held_mib >= NEEDED_MEMORY_MIB {
        true => Check::passed(name, found),
        false => Check::failed(
            name,
            format!("{found}; a lab needs {NEEDED_MEMORY_MIB} MiB"),
            "see what takes it: ps -eo rss,pid,args --sort=-rss | head",
        ),
    }
}

fn open_files(limit: rustix::process::Rlimit) -> Check {
    let name = "open files";
    // No limit at all is `None`.
    let soft = limit.current.unwrap_or(u64::MAX);
    let hard = limit.maximum.unwrap_or(u64::MAX);
    let text = |n: u64| match n {
        u64::MAX => "no limit".to_owned(),
        n => n.to_string(),
    };
    if soft >= NEEDED_OPEN_FILES {
        return Check::passed(name, format!("{} per process", text(soft)));
    }
    let fix = match hard >= NEEDED_OPEN_FILES {
        true => format!("ulimit -n {NEEDED_OPEN_FILES}"),
        false => format!(
            "as root: echo '* hard nofile {NEEDED_OPEN_FILES}' >> /etc/security/limits.conf, then log in again and ulimit -n {NEEDED_OPEN_FILES}"
        ),
    };
    let detail = format!(
        "{} per process (at most {}); servers need {NEEDED_OPEN_FILES}",
        text(soft),
        text(hard)
    );
    Check::failed(name, detail, fix)
}

fn room(root: &Path, free_bytes: Option<u64>, writable: bool) -> Check {
    let name = "room for labs";
    let root = root.display();
    let fix = "export RLAB_HOME=/a/directory/of/yours";
    match free_bytes.map(|bytes| bytes >> 20) {
        None => Check::failed(name, format!("{root} cannot be measured"), fix),
        Some(_) if !writable => Check::failed(name, format!("{root} is not writable"), fix),
        Some(free) if free < NEEDED_MIB => Check::failed(
            name,
            format!("{free} MiB free at {root}; a lab needs {NEEDED_MIB} MiB"),
            format!("free some space, or {fix}"),
        ),
        Some(free) => Check::passed(name, format!("{free} MiB free at {root}")),
    }
}

fn agents(dir: &Path, there: impl Fn(&Path) -> bool) -> Check {
    let name = "agents";
    let missing: Vec<&str> = AGENTS
        .into_iter()
        .filter(|agent| !there(&dir.join(agent_binary(agent))))
        .collect();
    match missing.is_empty() {
        true => Check::passed(name, format!("all {} in {}", AGENTS.len(), dir.display())),
        false => Check::failed(
            name,
            format!(
                "not beside rlab-ops in {}: {}",
                dir.display(),
                missing.join(", ")
            ),
            "cargo build --release --workspace",
        ),
    }
}

fn available_mib() -> Option<u64> {
    let bytes = procfs::Meminfo::current().ok()?.mem_available?;
    Some(bytes >> 20)
}

fn held_mib(home: &LabHome) -> u64 {
    let dirs = home
        .labs()
        .into_iter()
        .filter_map(|name| home.lab(&name).ok());
    let kib: u64 = dirs
        .flat_map(|dir| processes::of_lab(dir.path()))
        .filter_map(|found| processes::pss_kib(found.pid))
        .sum();
    kib >> 10
}

fn writable(root: &Path) -> bool {
    let existing: PathBuf = files::nearest(root).to_owned();
    rustix::fs::access(existing, rustix::fs::Access::WRITE_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use rustix::process::Rlimit;

    use super::*;
    use crate::doctor::CheckOutcome::{Failed, Passed};

    #[test]
    fn only_the_platform_mysql_is_built_for_passes() {
        assert_eq!(platform("linux", "x86_64").outcome, Passed);
        let other = platform("linux", "aarch64");
        assert_eq!(other.outcome, Failed);
        assert!(other.detail.contains("aarch64") && other.fix.is_some());
    }

    #[test]
    fn too_little_memory_fails_unless_labs_of_ours_hold_it() {
        assert_eq!(memory(Some(2_048), 0).outcome, Passed);
        assert_eq!(memory(Some(2_047), 0).outcome, Failed);
        assert_eq!(memory(Some(1_000), 1_100).outcome, Passed);
        assert_eq!(memory(None, 5_000).outcome, Failed);
    }

    #[test]
    fn a_low_limit_is_mended_as_far_as_the_hard_limit_allows() {
        let limit = |current, maximum| Rlimit { current, maximum };
        assert_eq!(open_files(limit(None, None)).outcome, Passed);
        assert_eq!(open_files(limit(Some(4_096), None)).outcome, Passed);
        let soft = open_files(limit(Some(1_024), Some(8_192)));
        assert_eq!(soft.fix.as_deref(), Some("ulimit -n 4096"));
        let hard = open_files(limit(Some(1_024), Some(1_024)));
        assert!(hard.fix.unwrap().contains("limits.conf"));
    }

    #[test]
    fn a_full_and_an_unwritable_home_both_fail() {
        let root = Path::new("/labs");
        assert_eq!(room(root, Some(2 << 30), true).outcome, Passed);
        assert!(
            room(root, Some(5 << 20), true)
                .detail
                .starts_with("5 MiB free at /labs")
        );
        assert_eq!(room(root, Some(2 << 30), false).outcome, Failed);
    }

    #[test]
    fn every_missing_agent_is_named() {
        let check = agents(Path::new("/bin"), |path| {
            path.ends_with("rlab-query-service")
        });
        assert!(
            check
                .detail
                .contains("command-service, outbox-relay, consumer-service")
        );
        assert!(!check.detail.contains("query-service"));
    }
}
