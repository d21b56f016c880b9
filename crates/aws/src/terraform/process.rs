//! One run of terraform: a process group of its own, its output followed, every wait bounded.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::{Child, Command};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::error::TerraformError;
use super::output::Follower;
use super::stop::Stop;
use super::survivors::{DIR_MARK, OUTPUT_MARK, VERB_MARK};
use crate::files;

/// How often the output is looked at.
const LOOK: Duration = Duration::from_millis(40);
/// How long a killed process may take to vanish.
const VANISHES_WITHIN: Duration = Duration::from_secs(30);
/// Variables of the user that would change what terraform does behind our back.
const NOT_INHERITED: &[&str] = &["TF_WORKSPACE", "TF_LOG", "TF_LOG_CORE", "TF_LOG_PROVIDER"];

/// What to run.
pub(super) struct Launch<'a> {
    pub program: PathBuf,
    pub verb: &'static str,
    pub arguments: Vec<OsString>,
    pub environment: &'a BTreeMap<String, OsString>,
    /// Beginnings of inherited variables that it must not see.
    pub forgotten: &'a [String],
    /// The lab's directory, which marks the process.
    pub dir: PathBuf,
    pub output: PathBuf,
    pub limit: Duration,
    /// How long it may take to end after it was asked to.
    pub grace: Duration,
}

/// How a run ended.
pub(super) struct Ended {
    pub status: ExitStatus,
    /// What it printed for people.
    pub stderr: String,
}

/// How far a run was asked to end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    Asked { timed_out: bool },
    Killed { timed_out: bool },
}

/// A terraform that was not waited for to its end is asked to stop when its waiter is dropped.
struct Started {
    child: Child,
    pid: Option<Pid>,
}

impl Drop for Started {
    fn drop(&mut self) {
        self.interrupt();
    }
}

impl Started {
    fn interrupt(&self) {
        // To terraform alone: it asks its providers itself, and a provider that gets the signal too
        // may be gone before it has told what it made.
        if let Some(pid) = self.pid {
            let _ = kill_process(pid, Signal::INT);
        }
    }

    fn kill(&self) {
        if let Some(pid) = self.pid {
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

/// Runs to the end, handing on each line.
pub(super) async fn run(
    launch: Launch<'_>,
    line: &mut (dyn FnMut(&str) + Send),
    stop: &Stop,
) -> Result<Ended, TerraformError> {
    let stderr = launch.output.with_extension("err");
    let mut started = spawn(&launch, &stderr)?;
    let io = |e| TerraformError::io(&launch.output, e);
    let mut output = Follower::open(&launch.output).map_err(io)?;
    let mut phase = Phase::Running;
    let mut deadline = Instant::now() + launch.limit;
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let status = loop {
        tokio::select! {
            status = started.child.wait() => break status.map_err(io)?,
            _ = look.tick() => output.read(line).map_err(io)?,
            () = stop.gently(), if phase == Phase::Running => {
                started.interrupt();
                phase = Phase::Asked { timed_out: false };
                deadline = Instant::now() + launch.grace;
            }
            () = stop.now(), if !matches!(phase, Phase::Killed { .. }) => {
                started.kill();
                phase = Phase::Killed { timed_out: false };
                deadline = Instant::now() + VANISHES_WITHIN;
            }
            () = sleep_until(deadline) => {
                (phase, deadline) = overdue(&started, phase, &launch)?;
            }
        }
    };
    started.pid = None;
    output.finish(line).map_err(io)?;
    ended(&launch, phase, status, &stderr)
}

fn overdue(
    started: &Started,
    phase: Phase,
    launch: &Launch<'_>,
) -> Result<(Phase, Instant), TerraformError> {
    match phase {
        Phase::Running => {
            started.interrupt();
            Ok((
                Phase::Asked { timed_out: true },
                Instant::now() + launch.grace,
            ))
        }
        Phase::Asked { timed_out } => {
            started.kill();
            Ok((
                Phase::Killed { timed_out },
                Instant::now() + VANISHES_WITHIN,
            ))
        }
        Phase::Killed { .. } => Err(TerraformError::TimedOut {
            verb: launch.verb,
            limit: launch.limit,
            killed: true,
        }),
    }
}

fn ended(
    launch: &Launch<'_>,
    phase: Phase,
    status: ExitStatus,
    stderr: &std::path::Path,
) -> Result<Ended, TerraformError> {
    let killed = matches!(phase, Phase::Killed { .. });
    let verb = launch.verb;
    match phase {
        // Whoever asked too late still gets what was done.
        _ if status.success() => {}
        Phase::Running => {}
        Phase::Asked { timed_out: true } | Phase::Killed { timed_out: true } => {
            let limit = launch.limit;
            return Err(TerraformError::TimedOut {
                verb,
                limit,
                killed,
            });
        }
        Phase::Asked { .. } | Phase::Killed { .. } => {
            return Err(TerraformError::Interrupted { verb, killed });
        }
    }
    let stderr = std::fs::read(stderr).unwrap_or_default();
    Ok(Ended {
        status,
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    })
}

fn spawn(launch: &Launch<'_>, stderr: &std::path::Path) -> Result<Started, TerraformError> {
    let open = |path: &std::path::Path| -> Result<File, TerraformError> {
        files::output_file(path).map_err(|e| TerraformError::io(path, e))
    };
    let mut command = Command::new(&launch.program);
    let unwanted = std::env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        name.starts_with("TF_CLI_ARGS")
            || NOT_INHERITED.contains(&name.as_ref())
            || launch
                .forgotten
                .iter()
                .any(|prefix| name.starts_with(prefix.as_str()))
    });
    for (name, _) in unwanted {
        command.env_remove(name);
    }
    command
        .args(&launch.arguments)
        .envs(launch.environment)
        .env(DIR_MARK, &launch.dir)
        .env(VERB_MARK, launch.verb)
        .env(OUTPUT_MARK, &launch.output)
        .stdin(Stdio::null())
        .stdout(open(&launch.output)?)
        .stderr(open(stderr)?)
        .process_group(0);
    let child = command
        .spawn()
        .map_err(|e| TerraformError::io(&launch.program, e))?;
    let pid = child.id().and_then(|id| i32::try_from(id).ok());
    Ok(Started {
        pid: pid.and_then(Pid::from_raw),
        child,
    })
}
