//! `pip download`: wheels for a stated platform, whatever Python this machine has.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::{counted, create, delivered, installed};
use crate::lockfile::Source;
use crate::{ArtifactError, Result, client};

pub(super) async fn fetch(
    sources: &[&Source],
    dir: &Path,
    look: &(dyn Fn() + Send + Sync),
) -> Result<()> {
    for source in sources {
        let Source::Pypi {
            project,
            version,
            platform,
        } = source
        else {
            continue;
        };
        let into = wheels(dir, project);
        create(&into)?;
        let call = installed("pip")
            .await
            .ok_or_else(|| ArtifactError::ClientMissing {
                client: "pip",
                needed_for: counted(sources.len()),
            })?;
        let mut pip = Command::new(&call[0]);
        pip.args(&call[1..]);
        pip.args([
            "download",
            "--no-deps",
            "--no-cache-dir",
            "--only-binary=:all:",
            "--python-version",
            "3.11",
        ]);
        pip.args([
            "--implementation",
            "py",
            "--abi",
            "none",
            "--platform",
            platform,
            "--dest",
        ])
        .arg(&into);
        // Its temporary files are the bytes in flight, so they belong where they are counted and cleaned up.
        pip.arg(format!("{project}=={version}"))
            .env("TMPDIR", &into)
            .current_dir(dir);
        client::run(
            "pip",
            &counted(sources.len()),
            &mut pip,
            &dir.join("pip.log"),
            look,
        )
        .await?;
    }
    Ok(())
}

/// Where a wheel lies once it has come.
pub(super) fn place(source: &Source, dir: &Path) -> Option<PathBuf> {
    match source {
        Source::Pypi { project, .. } => delivered(&wheels(dir, project), "", ".whl"),
        _ => None,
    }
}

fn wheels(dir: &Path, project: &str) -> PathBuf {
    dir.join("pip").join(project)
}
