//! The schema registry: a tar of jars with a launcher, and a class-data archive for it.
//!
//! The launcher's own class loader keeps most classes out of the archive; what is left of it (the JDK's part)
//! still takes a fifth off the CPU time of a start.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::file_of;
use super::training::{self, JVM_FLAGS, Training, free_ports};
use crate::lockfile::{Entry, Part};
use crate::tree::{Recipe, Tree};
use crate::{ArtifactError, Result, unpack};

/// Bytes of the archive, roughly.
pub(crate) const ARCHIVE_BYTES: u64 = 80 << 20;

const STARTED: &str = "Listening on";

/// The launcher in an unpacked tree.
pub(crate) fn jar(tree: &Path) -> PathBuf {
    tree.join("quarkus-run.jar")
}

/// The archive in a prepared tree.
pub(crate) fn archive(tree: &Path) -> PathBuf {
    tree.join("registry.jsa")
}

pub(super) fn unpack(files: &[(&'static Entry, PathBuf)], into: &Path) -> Result<()> {
    let archive = file_of(files, Part::Registry)?;
    let file = File::open(&archive).map_err(ArtifactError::io("open", &archive))?;
    unpack::tar_gz(&archive, file, into)
}

pub(crate) fn archive_recipe(java: &Tree, registry: &Tree) -> Recipe {
    training::recipe("registry-archive", java, registry, ARCHIVE_BYTES)
}

/// Makes the archive in `dir`.
pub(crate) async fn train(java: PathBuf, registry: PathBuf, dir: PathBuf) -> Result<()> {
    let scratch = dir.join("node");
    fs::create_dir(&scratch).map_err(ArtifactError::io("create", &scratch))?;
    let java = super::java::command(&java);
    let training = Training {
        what: "the registry's class-data archive",
        java,
        log: scratch.join("node.log"),
    };
    let (archive, jar) = (archive(&dir), jar(&registry));
    let [port, management] = free_ports()?;
    let database = scratch.join("registry");
    let flags = || JVM_FLAGS.map(str::to_owned).into_iter();
    let run: Vec<String> = flags()
        .chain([
            "-Xmx256m".into(),
            "-Dapicurio.storage.kind=sql".into(),
            "-Dapicurio.storage.sql.kind=h2".into(),
            format!(
                "-Dapicurio.datasource.url=jdbc:h2:file:{}",
                database.display()
            ),
            "-Dquarkus.http.host=127.0.0.1".into(),
            format!("-Dquarkus.http.port={port}"),
            "-Dquarkus.management.host=127.0.0.1".into(),
            format!("-Dquarkus.management.port={management}"),
            "-jar".into(),
            jar.display().to_string(),
        ])
        .collect();
    training.record(&archive, &run, STARTED).await?;
    // With sharing demanded, a JVM that does not accept the archive for this class path refuses to start.
    let use_it = [
        "-Xshare:on".into(),
        format!("-XX:SharedArchiveFile={}", archive.display()),
        "-cp".into(),
        jar.display().to_string(),
        "-version".into(),
    ];
    training
        .finish(
            &flags().chain(use_it).collect::<Vec<_>>(),
            "using the archive",
        )
        .await?;
    fs::remove_dir_all(&scratch).map_err(ArtifactError::io("remove", &scratch))
}
