//! One process group of a node: started by us, or taken over from a supervisor that died.

use std::fs::OpenOptions;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process_group, pidfd_open,
    test_kill_process_group, waitid,
};
use tokio::io::unix::AsyncFd;

use crate::processes::{self, Found, LAB_MARK, NODE_MARK};
use crate::servers::{self, Launch};

/// A log larger than this is set aside when its node starts again, bytes.
const LOG_LIMIT: u64 = 32 << 20;
/// How long the rest of a group may take to vanish after SIGKILL; a zombie of an adopted process
/// waits for whoever reaps it and is no reason to hang.
const GROUP_DEADLINE: Duration = Duration::from_secs(2);

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ending {
    /// Signal that ended it.
    pub signal: Option<i32>,
    /// Its exit code. Neither is known of an adopted process.
    pub code: Option<i32>,
}

/// A running process that leads its own group.
pub struct Process {
    pid: Pid,
    handle: AsyncFd<OwnedFd>,
    child: bool,
    ending: OnceLock<Ending>,
}

impl Process {
    /// Starts `launch` in a process group of its own, its output appended to `log`.
    pub fn spawn(launch: &Launch, lab: &Path, node: &str, log: &Path) -> std::io::Result<Self> {
        if std::fs::metadata(log).is_ok_and(|m| m.len() > LOG_LIMIT) {
            std::fs::rename(log, log.with_extension("1"))?;
        }
        let output = OpenOptions::new().create(true).append(true).open(log)?;
        let mut command = Command::new(&launch.program);
        servers::clean_environment(&mut command);
        let mut child = command
            .args(&launch.arguments)
            .envs(launch.environment.iter().map(|(k, v)| (k, v)))
            .env(LAB_MARK, lab)
            .env(NODE_MARK, node)
            .current_dir(&launch.directory)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            .spawn()
            .map_err(|e| {
                std::io::Error::new(e.kind(), format!("{}: {e}", launch.program.display()))
            })?;
        Self::watch(Pid::from_child(&child), true).inspect_err(|_| {
            // Nobody would own it.
            let _ = child.kill();
            let _ = child.wait();
        })
    }

    /// Takes over a process that somebody else started.
    pub fn adopt(found: &Found) -> std::io::Result<Self> {
        let raw = i32::try_from(found.pid).ok().and_then(Pid::from_raw);
        let process = Self::watch(raw.ok_or(std::io::ErrorKind::InvalidInput)?, false)?;
        // Its id may have gone to a stranger between the search and the descriptor.
        match processes::membership(found.pid) {
            Some((node, _)) if node == found.node => Ok(process),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        }
    }

    fn watch(pid: Pid, child: bool) -> std::io::Result<Self> {
        let descriptor = pidfd_open(pid, PidfdFlags::NONBLOCK)?;
        // SAFETY: an OwnedFd is open, names one file and stays so until the AsyncFd drops it.
        #[expect(
            unsafe_code,
            reason = "tokio offers no safe registration of an owned descriptor"
        )]
        let handle = unsafe { AsyncFd::register(descriptor) }?;
        Ok(Self {
            pid,
            handle,
            child,
            ending: OnceLock::new(),
        })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw_pid().unsigned_abs()
    }

    /// Sends a signal to its whole group.
    pub fn signal(&self, signal: Signal) -> std::io::Result<()> {
        Ok(kill_process_group(self.pid, signal)?)
    }

    /// Waits for its end, then ends what is left of its group and waits for that too.
    /// May be dropped and called again at any point.
    pub async fn ended(&self) -> Ending {
        // A pidfd is readable from the moment its process is a zombie or gone.
        while self.handle.readable().await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let ending = *self.ending.get_or_init(|| {
            // Before it is reaped its id, and with it the group's, cannot be used by another.
            let _ = kill_process_group(self.pid, Signal::KILL);
            if self.child {
                self.reap()
            } else {
                Ending::default()
            }
        });
        let deadline = Instant::now() + GROUP_DEADLINE;
        while test_kill_process_group(self.pid).is_ok() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if test_kill_process_group(self.pid).is_ok() {
            tracing::error!(pid = self.pid(), "its process group is not empty");
        }
        ending
    }

    fn reap(&self) -> Ending {
        match waitid(WaitId::Pid(self.pid), WaitIdOptions::EXITED) {
            Ok(Some(status)) => Ending {
                signal: status.terminating_signal(),
                code: status.exit_status(),
            },
            _ => Ending::default(),
        }
    }
}
