//! Taking archives apart: zip (wheels, jars), gzipped tar, Debian packages.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use flate2::read::GzDecoder;

use crate::{ArtifactError, Result};

fn failed(what: &Path) -> impl Fn(io::Error) -> ArtifactError {
    let what = what.to_path_buf();
    move |e| match e.kind() {
        io::ErrorKind::StorageFull => ArtifactError::io("unpack", &what)(e),
        _ => ArtifactError::Unpack {
            what: what.display().to_string(),
            why: e.to_string(),
        },
    }
}

fn open_zip(archive: &Path) -> Result<zip::ZipArchive<File>> {
    let file = File::open(archive).map_err(ArtifactError::io("open", archive))?;
    zip::ZipArchive::new(file).map_err(|e| failed(archive)(e.into()))
}

/// Unpacks a whole zip into `into`.
pub(crate) fn zip_all(archive: &Path, into: &Path) -> Result<()> {
    open_zip(archive)?
        .extract(into)
        .map_err(|e| failed(archive)(e.into()))
}

/// Hands the content of one member of a zip to `read`.
pub(crate) fn zip_member<T>(
    archive: &Path,
    member: &str,
    read: impl FnOnce(&mut dyn Read) -> Result<T>,
) -> Result<T> {
    let mut zip = open_zip(archive)?;
    let mut file = zip
        .by_name(member)
        .map_err(|e| failed(archive)(io::Error::other(format!("{member}: {e}"))))?;
    read(&mut file)
}

/// Unpacks a gzipped tar into `into`. Links to absolute paths are left out: they point at their builder's machine.
pub(crate) fn tar_gz(name: &Path, gzipped: impl Read, into: &Path) -> Result<()> {
    let mut tar = tar::Archive::new(GzDecoder::new(gzipped));
    for member in tar.entries().map_err(failed(name))? {
        let mut member = member.map_err(failed(name))?;
        if member
            .link_name()
            .map_err(failed(name))?
            .is_some_and(|to| to.is_absolute())
        {
            continue;
        }
        member.unpack_in(into).map_err(failed(name))?;
    }
    Ok(())
}

/// Unpacks a Debian package into `into`.
pub(crate) fn deb(package: &Path, into: &Path) -> Result<()> {
    let done = Command::new("dpkg-deb")
        .arg("-x")
        .args([package, into])
        .output()
        .map_err(failed(package))?;
    if done.status.success() {
        return Ok(());
    }
    Err(failed(package)(io::Error::other(
        String::from_utf8_lossy(&done.stderr).into_owned(),
    )))
}

/// Makes every file of a directory executable.
pub(crate) fn make_executable(dir: &Path) -> Result<()> {
    for file in fs::read_dir(dir).map_err(ArtifactError::io("list", dir))? {
        let path = file.map_err(ArtifactError::io("list", dir))?.path();
        make_executable_file(&path)?;
    }
    Ok(())
}

/// Makes one file executable.
pub(crate) fn make_executable_file(path: &Path) -> Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .map_err(ArtifactError::io("change", path))
}
