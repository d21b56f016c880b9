//! The Redis server: one static binary inside a jar.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::file_of;
use crate::lockfile::{Entry, Part};
use crate::{ArtifactError, Result, unpack};

const MEMBER: &str = "redis-server-7.0.15-linux-amd64";

/// The `redis-server` command in an unpacked tree.
pub(crate) fn command(tree: &Path) -> PathBuf {
    tree.join("redis-server")
}

pub(super) fn unpack(files: &[(&'static Entry, PathBuf)], into: &Path) -> Result<()> {
    let server = command(into);
    unpack::zip_member(&file_of(files, Part::Redis)?, MEMBER, |member| {
        let mut out = File::create(&server).map_err(ArtifactError::io("create", &server))?;
        io::copy(member, &mut out).map_err(ArtifactError::io("write", &server))?;
        Ok(())
    })?;
    unpack::make_executable_file(&server)
}
