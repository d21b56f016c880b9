//! One drill at a time per lab, and none for longer than it said.
//!
//! The lab's drill lock is held for as long as its holder lives: the kernel lets go of it however
//! the process ends. In the file stands who holds it, and until when; the
//! [watchdog](crate::watchdog) ends a holder whose time is over.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::Duration;

use fs4::FileExt;
use procfs::process::Process;
use rlab_lab::LabDir;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::DrillError;

/// Who works on a lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Holder {
    /// In words, for example `drill E-002`.
    pub name: String,
    /// Its process.
    pub pid: u32,
    /// When that process started, in clock ticks since boot, so that a reused id is not taken for it.
    pub started: u64,
    /// When its lease ends.
    #[schemars(with = "String")]
    pub until: jiff::Timestamp,
}

/// The lock on a lab, held.
#[derive(Debug)]
pub(crate) struct Lease {
    path: PathBuf,
    file: File,
    name: String,
}

impl Lease {
    /// Takes the lock of the lab in `dir` for `time`.
    ///
    /// # Errors
    /// [`DrillError::Busy`] with its holder.
    pub fn take(dir: &LabDir, name: &str, time: Duration) -> Result<Self, DrillError> {
        let lease = Self {
            path: dir.drill_lock(),
            file: lock(dir, FileExt::try_lock)?,
            name: name.to_owned(),
        };
        lease.renew(time)?;
        Ok(lease)
    }

    /// Looks whether the lock could be taken, and leaves it and what is written in it alone.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn probe(dir: &LabDir) -> Result<(), DrillError> {
        lock(dir, FileExt::try_lock_shared).map(drop)
    }

    /// Writes down that the holder needs at most `time` from now.
    pub fn renew(&self, time: Duration) -> Result<(), DrillError> {
        let io = |e: std::io::Error| DrillError::io(&self.path, e);
        let pid = std::process::id();
        let holder = Holder {
            name: self.name.clone(),
            pid,
            started: started(pid).unwrap_or_default(),
            until: jiff::Timestamp::now()
                .checked_add(
                    jiff::SignedDuration::try_from(time).unwrap_or(jiff::SignedDuration::MAX),
                )
                .unwrap_or(jiff::Timestamp::MAX),
        };
        let text = serde_json::to_vec(&holder).map_err(|e| io(e.into()))?;
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0)).map_err(io)?;
        file.set_len(0).map_err(io)?;
        file.write_all(&text).map_err(io)
    }
}

fn lock(dir: &LabDir, how: fn(&File) -> Result<(), fs4::TryLockError>) -> Result<File, DrillError> {
    let path = dir.drill_lock();
    let mut options = File::options();
    let options = options.create(true).truncate(false).read(true).write(true);
    let file = options.open(&path).map_err(|e| DrillError::io(&path, e))?;
    match how(&file) {
        Ok(()) => Ok(file),
        Err(fs4::TryLockError::WouldBlock) => Err(DrillError::Busy {
            holder: holder(dir).map(|holder| holder.to_string()),
        }),
        Err(fs4::TryLockError::Error(e)) => Err(DrillError::io(&path, e)),
    }
}

/// Who works on the lab in `dir` now, if anybody does.
///
/// # Errors
/// When the lock cannot be looked at.
pub fn at_work(dir: &LabDir) -> Result<Option<Holder>, DrillError> {
    if !dir.drill_lock().exists() {
        return Ok(None);
    }
    match Lease::probe(dir) {
        Ok(()) => Ok(None),
        Err(DrillError::Busy { .. }) => Ok(holder(dir)),
        Err(error) => Err(error),
    }
}

/// Who last took the lock of the lab in `dir`, as far as that can be read.
pub(crate) fn holder(dir: &LabDir) -> Option<Holder> {
    let text = std::fs::read(dir.drill_lock()).ok()?;
    serde_json::from_slice(&text).ok()
}

fn started(pid: u32) -> Option<u64> {
    let process = Process::new(i32::try_from(pid).ok()?).ok()?;
    Some(process.stat().ok()?.starttime)
}

impl Holder {
    /// Whether it still lives and its time is over.
    pub(crate) fn is_overdue(&self, now: jiff::Timestamp) -> bool {
        now > self.until && started(self.pid) == Some(self.started)
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (pid {})", self.name, self.pid)
    }
}

#[cfg(test)]
mod tests {
    use rlab_lab::LabHome;

    use super::*;

    fn lab() -> (tempfile::TempDir, LabDir) {
        let home = tempfile::tempdir().unwrap();
        let dir = LabHome::at(home.path()).lab("default").unwrap();
        std::fs::create_dir_all(dir.path()).unwrap();
        (home, dir)
    }

    #[test]
    fn the_second_is_told_who_holds_the_lab() {
        let (_home, dir) = lab();
        let held = Lease::take(&dir, "drill E-002", Duration::from_secs(60)).unwrap();
        let refused = Lease::take(&dir, "drill E-003", Duration::from_secs(60)).unwrap_err();
        let told = format!("drill E-002 (pid {})", std::process::id());
        assert!(refused.to_string().contains(&told), "{refused}");
        drop(held);
        Lease::take(&dir, "drill E-003", Duration::from_secs(60)).unwrap();
    }

    #[test]
    fn a_holder_is_overdue_once_its_time_is_over_and_not_after_its_death() {
        let (_home, dir) = lab();
        let lease = Lease::take(&dir, "drill E-002", Duration::from_secs(60)).unwrap();
        let now = jiff::Timestamp::now();
        let later = now + jiff::SignedDuration::from_secs(61);
        let first = holder(&dir).unwrap();
        assert!(!first.is_overdue(now) && first.is_overdue(later));
        lease.renew(Duration::from_secs(600)).unwrap();
        let renewed = holder(&dir).unwrap();
        assert!(!renewed.is_overdue(later));
        let another = Holder {
            started: renewed.started + 1,
            ..renewed
        };
        assert!(
            !another.is_overdue(jiff::Timestamp::MAX),
            "a reused process id"
        );
    }
}
