//! MySQL: unpacked from a jar, given the libraries the system lacks, and initialised once.

use std::fs;
use std::path::{Path, PathBuf};

use super::file_of;
use crate::lockfile::{Entry, Part, Source};
use crate::system::Libraries;
use crate::tree::{Recipe, Tree};
use crate::{ArtifactError, Cache, Result, Servers, client, unpack};

/// Bytes of a pristine data directory, roughly.
pub(crate) const DATA_BYTES: u64 = 120 << 20;

/// The server's own search path for libraries, below its base directory.
const PRIVATE: &str = "lib/private";
const MEMBER: &str = "mysql-Linux-amd64.tar.gz";

/// Settings that shape the files of a new data directory: as small as MySQL allows. A lab may start the
/// server with a larger redo log; it is resized then.
const SHAPE: [&str; 6] = [
    "--innodb-redo-log-capacity=8M",
    "--innodb-buffer-pool-size=64M",
    "--innodb-doublewrite-files=2",
    "--innodb-flush-method=fsync",
    "--disable-log-bin",
    "--mysqlx=OFF",
];

/// Files that must differ between servers, or that belong to one run of the server.
fn is_personal(name: &str) -> bool {
    name == "auto.cnf" || name == "mysqld.log" || name.starts_with("binlog.")
}

/// The server, and the packages of what the system lacks.
pub(super) fn wants(entry: &Entry, libraries: &Libraries) -> bool {
    match (&entry.part, &entry.source) {
        (Part::Mysql, _) => true,
        (Part::MysqlLibraries, Source::Apt { package, .. }) => {
            libraries.packages.contains(&package.as_str())
        }
        _ => false,
    }
}

/// Links under which the server finds what the system has by another name.
pub(super) fn links(libraries: &Libraries) -> Vec<(PathBuf, PathBuf)> {
    let renamed = libraries.renamed.iter();
    renamed
        .map(|(soname, file)| (Path::new(PRIVATE).join(soname), file.clone()))
        .collect()
}

pub(super) fn unpack(files: &[(&'static Entry, PathBuf)], into: &Path) -> Result<()> {
    let jar = file_of(files, Part::Mysql)?;
    unpack::zip_member(&jar, MEMBER, |tar| {
        unpack::tar_gz(Path::new(MEMBER), tar, into)
    })?;
    let private = into.join(PRIVATE);
    for (_, package) in files
        .iter()
        .filter(|(entry, _)| entry.part == Part::MysqlLibraries)
    {
        let scratch =
            tempfile::tempdir_in(into).map_err(ArtifactError::io("create a folder in", into))?;
        unpack::deb(package, scratch.path())?;
        copy_libraries(scratch.path(), &private)?;
    }
    Ok(())
}

fn copy_libraries(from: &Path, private: &Path) -> Result<()> {
    for entry in fs::read_dir(from).map_err(ArtifactError::io("list", from))? {
        let path = entry.map_err(ArtifactError::io("list", from))?.path();
        if path.is_symlink() {
            // A soname points beside itself: its target is copied under the soname, which is all the linker asks for.
            if let (Some(name), Ok(true)) =
                (path.file_name(), path.canonicalize().map(|p| p.is_file()))
            {
                fs::copy(&path, private.join(name)).map_err(ArtifactError::io("copy", &path))?;
            }
        } else if path.is_dir() {
            copy_libraries(&path, private)?;
        }
    }
    Ok(())
}

pub(crate) fn data_recipe(server: &Tree) -> Recipe {
    let made_of = SHAPE
        .iter()
        .map(|&s| s.to_owned())
        .chain([server.identity.clone()])
        .collect();
    Recipe {
        name: "mysql-data",
        revision: 1,
        made_of,
        disk_bytes: DATA_BYTES,
    }
}

/// The pristine data directory in a prepared tree.
pub(crate) fn template(tree: &Path) -> PathBuf {
    tree.join("data")
}

/// Makes a pristine data directory under `dir`: root@localhost without password, no other user.
pub(crate) async fn initialize(home: PathBuf, dir: PathBuf) -> Result<()> {
    let (data, log) = (template(&dir), dir.join("mysqld.log"));
    let mysqld = home.join("bin/mysqld");
    let mut command = client::leashed(&mysqld);
    command
        .args(["--no-defaults", "--initialize-insecure"])
        .args(SHAPE);
    for (option, path) in [
        ("basedir", &home),
        ("datadir", &data),
        ("lc-messages-dir", &home.join("share")),
    ] {
        command.arg(format!("--{option}={}", path.display()));
    }
    if rustix::process::geteuid().is_root() {
        command.arg("--user=root");
    }
    let mut child = client::start(&mut command, &log).map_err(ArtifactError::io("run", &mysqld))?;
    // Waiting would close its input, and that ends it.
    let leash = child.stdin.take();
    let status = child
        .wait()
        .await
        .map_err(ArtifactError::io("wait for", &mysqld))?;
    drop(leash);
    if !status.success() {
        let tail = client::tail(&log);
        return Err(ArtifactError::Prepare {
            what: "MySQL's data directory",
            why: status.to_string(),
            tail,
        });
    }
    for dir in [&data, &dir] {
        for entry in fs::read_dir(dir)
            .map_err(ArtifactError::io("list", dir))?
            .flatten()
        {
            if entry.file_name().to_str().is_some_and(is_personal) {
                fs::remove_file(entry.path()).map_err(ArtifactError::io("remove", entry.path()))?;
            }
        }
    }
    Ok(())
}

impl Cache {
    /// A fresh data directory at `into`, which must not exist yet or be empty. It appears complete or not at
    /// all. Blocks the calling thread for a fraction of a second.
    ///
    /// # Errors
    /// [`ArtifactError::NotEmpty`], [`ArtifactError::DiskFull`], or [`ArtifactError::Io`].
    pub fn restore_mysql(&self, servers: &Servers, into: &Path) -> Result<()> {
        restore(&servers.mysql_template, into)
    }
}

fn restore(template: &Path, into: &Path) -> Result<()> {
    if fs::read_dir(into).is_ok_and(|mut list| list.next().is_some()) {
        return Err(ArtifactError::NotEmpty(into.into()));
    }
    let parent = into.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(ArtifactError::io("create", parent))?;
    let staged = tempfile::Builder::new()
        .prefix(".mysql-restore-")
        .tempdir_in(parent)
        .map_err(ArtifactError::io("create a folder in", parent))?;
    copy_tree(template, staged.path())?;
    fs::rename(staged.path(), into).map_err(ArtifactError::io("move into place", into))?;
    let _ = staged.keep();
    Ok(())
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).map_err(ArtifactError::io("list", from))? {
        let path = entry.map_err(ArtifactError::io("list", from))?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            fs::create_dir(&target).map_err(ArtifactError::io("create", &target))?;
            copy_tree(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(ArtifactError::io("copy to", &target))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_directory_is_restored_whole_and_never_over_another() {
        let dir = tempfile::tempdir().unwrap();
        let template = dir.path().join("template");
        fs::create_dir_all(template.join("mysql")).unwrap();
        fs::write(template.join("mysql/t.ibd"), "rows").unwrap();
        let into = dir.path().join("lab/mysql/data");
        restore(&template, &into).unwrap();
        assert_eq!(
            fs::read_to_string(into.join("mysql/t.ibd")).unwrap(),
            "rows"
        );
        assert_eq!(
            fs::read_dir(into.parent().unwrap()).unwrap().count(),
            1,
            "no leftovers beside it"
        );
        assert!(matches!(
            restore(&template, &into),
            Err(ArtifactError::NotEmpty(_))
        ));
    }

    #[test]
    fn identity_and_logs_of_one_server_do_not_enter_the_template() {
        let personal = [
            "auto.cnf",
            "binlog.000001",
            "binlog.index",
            "ibdata1",
            "mysql.ibd",
        ]
        .map(is_personal);
        assert_eq!(personal, [true, true, true, false, false]);
    }
}
