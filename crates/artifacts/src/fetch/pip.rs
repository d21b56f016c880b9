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
) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for source in sources {
        let Source::Pypi {
            project,
            version,
            platform,
        } = source
        else {
            continue;
        };
        let into = dir.join("pip").join(project);
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
        let file = delivered(&into, "", ".whl").ok_or_else(|| ArtifactError::NotDelivered {
            client: "pip",
            what: source.to_string(),
        })?;
        found.push((source.to_string(), file));
    }
    Ok(found)
}
