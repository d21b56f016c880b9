//! Python environments with exactly the pinned packages, each checked against its digest.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::{sleep, timeout};

use crate::backends::BackendsConfig;
use crate::error::RehearsalError;

/// Longest that making an environment may take; most of it is spent fetching.
const DEADLINE: Duration = Duration::from_secs(600);

/// How often a lock that another holds is asked for.
const ASK_EVERY: Duration = Duration::from_millis(200);

/// An emulator's packages.
pub(super) struct Packages {
    name: &'static str,
    /// A requirements file with a digest for every file that pip may take.
    requirements: &'static str,
}

/// ministack, with what its CloudWatch needs to speak to the Rust SDK.
pub(super) const MINISTACK: Packages = Packages {
    name: "ministack",
    requirements: include_str!("ministack.txt"),
};

/// moto's server.
pub(super) const MOTO: Packages = Packages {
    name: "moto",
    requirements: include_str!("moto.txt"),
};

/// The interpreter of an emulator's environment, which is made if it is missing or outdated.
///
/// An environment is finished when it holds the requirements it was made of. Whoever finds another
/// making it waits.
pub(super) async fn environment(
    config: &BackendsConfig,
    packages: &Packages,
) -> Result<PathBuf, RehearsalError> {
    let directory = config.cache.join(packages.name);
    let python = directory.join("bin/python");
    let stamp = directory.join("requirements.txt");
    let wrap = |source| RehearsalError::File {
        path: directory.clone(),
        source,
    };
    fs::create_dir_all(&config.cache).map_err(wrap)?;
    let _lock = locked(config.cache.join(format!("{}.lock", packages.name))).await?;
    if fs::read_to_string(&stamp).is_ok_and(|made_of| made_of == packages.requirements) {
        return Ok(python);
    }
    if directory.exists() {
        fs::remove_dir_all(&directory).map_err(wrap)?;
    }
    let log = config.logs.join(format!("{}-install.log", packages.name));
    let mut command = Command::new("python3");
    command.args(["-m", "venv"]).arg(&directory);
    run(command, "making a Python environment", &log).await?;
    let wanted = directory.join("wanted.txt");
    fs::write(&wanted, packages.requirements).map_err(wrap)?;
    let mut command = Command::new(&python);
    let options = [
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--no-deps",
        "--only-binary",
        ":all:",
        "-r",
    ];
    command.args(options).arg(&wanted);
    run(command, "installing the emulator", &log).await?;
    fs::rename(&wanted, &stamp).map_err(wrap)?;
    Ok(python)
}

/// Takes a lock that the kernel gives back however we end.
async fn locked(path: PathBuf) -> Result<File, RehearsalError> {
    let file = |source| RehearsalError::File {
        path: path.clone(),
        source,
    };
    let lock = File::create(&path).map_err(file)?;
    let taking = async {
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => sleep(ASK_EVERY).await,
                Err(TryLockError::Error(source)) => return Err(file(source)),
            }
        }
    };
    let too_long = || RehearsalError::TooLong {
        what: format!("waiting for {}", path.display()),
        limit: DEADLINE,
    };
    timeout(DEADLINE, taking).await.map_err(|_| too_long())??;
    Ok(lock)
}

async fn run(mut command: Command, step: &str, log: &Path) -> Result<(), RehearsalError> {
    let file = |source| RehearsalError::File {
        path: log.to_owned(),
        source,
    };
    let out = File::options()
        .create(true)
        .append(true)
        .open(log)
        .map_err(file)?;
    let errors = out.try_clone().map_err(file)?;
    command
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(errors)
        .kill_on_drop(true);
    let program = command
        .as_std()
        .get_program()
        .to_string_lossy()
        .into_owned();
    let mut child = command
        .spawn()
        .map_err(|source| RehearsalError::Program { program, source })?;
    match timeout(DEADLINE, child.wait()).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(_)) => Err(RehearsalError::Environment {
            step: step.to_owned(),
            log: log.to_owned(),
        }),
        Ok(Err(source)) => Err(file(source)),
        Err(_) => Err(RehearsalError::TooLong {
            what: step.to_owned(),
            limit: DEADLINE,
        }),
    }
}
