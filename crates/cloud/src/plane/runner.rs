//! ECS's tasks that run once: a command line of our own, beside the lab in place of inside a VPC.

use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};

use futures::StreamExt;
use futures::stream;
use jiff::Timestamp;
use rlab_lab::LabDir;
use rlab_lab::processes::{self, LAB_MARK, NODE_MARK};
use rlab_rehearsal::{Container, DataPlaneError, Exit, Running, TaskHappened, TaskStep};
use rustix::process::{Pid, Signal, kill_process_group};
use std::os::unix::process::ExitStatusExt;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

/// What the marks of such processes begin with; no node is called that.
const MARK: &str = "task-";
/// What of our environment a task gets to see beside its own.
const INHERITED: [&str; 6] = [
    "HOME",
    "LANG",
    "PATH",
    "RLAB_HOME",
    "RLAB_CACHE",
    "RUST_LOG",
];

/// Whether an instance is a task that runs once.
pub(super) fn is_task(instance: &str) -> bool {
    instance.starts_with(MARK)
}

/// Starts the runner with the container's command.
pub(super) fn run(dir: &LabDir, container: Container) -> Result<Running, DataPlaneError> {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let instance = format!("{MARK}{}-{number}", std::process::id());
    let mut child = spawn(dir, &container, &instance).map_err(|e| DataPlaneError::Failed {
        node: container.name.clone(),
        why: e.to_string(),
    })?;
    let (teller, told) = mpsc::unbounded_channel();
    let tell = {
        let instance = instance.clone();
        move |step| {
            let instance = instance.clone();
            let at = Timestamp::now();
            let _ = teller.send(Ok(TaskHappened { at, instance, step }));
        }
    };
    tell(TaskStep::Started);
    let (out, errors) = (child.stdout.take(), child.stderr.take());
    tokio::spawn(async move {
        tokio::join!(lines(out, &tell), lines(errors, &tell));
        let exit = match child.wait().await {
            Ok(status) => status.code().map_or_else(
                || Exit::Signal(status.signal().unwrap_or_default()),
                Exit::Code,
            ),
            Err(_) => Exit::Code(1),
        };
        tell(TaskStep::Ended(exit));
    });
    let steps = stream::unfold(
        told,
        |mut told| async move { Some((told.recv().await?, told)) },
    );
    Ok(Running {
        instance,
        steps: steps.boxed(),
    })
}

fn spawn(dir: &LabDir, container: &Container, instance: &str) -> std::io::Result<Child> {
    // A task's own disk, where the lab's end finds what a task left that was killed.
    let disk = dir.path().join("tasks");
    std::fs::create_dir_all(&disk)?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg0("rlab-ops")
        .args(&container.command)
        .env_clear();
    for name in INHERITED {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .envs(&container.environment)
        .env("TMPDIR", disk)
        .env("RLAB_LAB", dir.name())
        .env(LAB_MARK, dir.path())
        .env(NODE_MARK, instance)
        .env("CI", "true")
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

async fn lines(from: Option<impl AsyncRead + Unpin>, tell: &(impl Fn(TaskStep) + Sync)) {
    let Some(from) = from else { return };
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while let Ok(1..) = from.read_until(b'\n', &mut line).await {
        let text = String::from_utf8_lossy(&line);
        tell(TaskStep::Said(
            text.trim_end_matches(['\r', '\n']).to_owned(),
        ));
        line.clear();
    }
}

/// Asks a task to end.
pub(super) fn stop(dir: &LabDir, instance: &str) -> Result<(), DataPlaneError> {
    let found = processes::of_lab(dir.path());
    let leader = found.iter().find(|f| f.node == instance && f.leader);
    let pid = leader
        .and_then(|f| i32::try_from(f.pid).ok())
        .and_then(Pid::from_raw);
    match pid {
        Some(pid) => kill_process_group(pid, Signal::TERM).map_err(|e| DataPlaneError::Failed {
            node: instance.to_owned(),
            why: e.to_string(),
        }),
        None => Err(DataPlaneError::Unknown(instance.to_owned())),
    }
}
