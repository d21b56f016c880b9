//! `apt-get download`: packages as files, nothing installed, no rights needed.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::{counted, create, delivered};
use crate::lockfile::Source;
use crate::{ArtifactError, Result, client};

const PACKAGES: &str = "apt";

pub(super) async fn fetch(
    sources: &[&Source],
    dir: &Path,
    look: &(dyn Fn() + Send + Sync),
) -> Result<()> {
    if sources.is_empty() {
        return Ok(());
    }
    let (packages, private) = (dir.join(PACKAGES), dir.join("apt-state"));
    create(&packages)?;
    let wanted: Vec<String> = sources.iter().filter_map(|source| pinned(source)).collect();
    let needed_for = counted(wanted.len());
    let run = async |private: Option<&Path>, words: &[String]| {
        let mut apt = apt_get(private, &packages);
        apt.args(words);
        client::run("apt-get", &needed_for, &mut apt, &dir.join("apt.log"), look).await
    };
    let get: Vec<String> = std::iter::once("download".to_owned())
        .chain(wanted.iter().cloned())
        .collect();
    if let Err(error) = run(None, &get).await {
        if matches!(
            error,
            ArtifactError::ClientMissing { .. } | ArtifactError::DiskFull { .. }
        ) {
            return Err(error);
        }
        // Package lists may be absent or old, as in most container images: refresh a private copy of them.
        create(&private.join("lists/partial"))?;
        create(&private.join("cache/archives/partial"))?;
        run(Some(&private), &["update".to_owned()]).await?;
        run(Some(&private), &get).await?;
    }
    Ok(())
}

fn apt_get(private: Option<&Path>, packages: &Path) -> Command {
    let mut apt = Command::new("apt-get");
    apt.arg("-q").current_dir(packages);
    if let Some(state) = private {
        apt.arg("-o").arg(format!(
            "Dir::State::Lists={}",
            state.join("lists").display()
        ));
        apt.arg("-o")
            .arg(format!("Dir::Cache={}", state.join("cache").display()));
    }
    if rustix::process::geteuid().is_root() {
        // Otherwise it drops to a user who may not write here.
        apt.args(["-o", "APT::Sandbox::User=root"]);
    }
    apt
}

fn pinned(source: &Source) -> Option<String> {
    match source {
        Source::Apt { package, version } => Some(format!("{package}={version}")),
        _ => None,
    }
}

/// Where a package lies once it has come.
pub(super) fn place(source: &Source, dir: &Path) -> Option<PathBuf> {
    match source {
        Source::Apt { package, .. } => {
            delivered(&dir.join(PACKAGES), &format!("{package}_"), ".deb")
        }
        _ => None,
    }
}
