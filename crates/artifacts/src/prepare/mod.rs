//! How each server gets from files in the cache to something that starts at once.

pub(crate) mod java;
pub(crate) mod kafka;
pub(crate) mod mysql;
pub(crate) mod redis;
pub(crate) mod registry;
mod training;

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::lockfile::{Entry, Part, lock};
use crate::system::Libraries;
use crate::tree::Recipe;
use crate::{ArtifactError, Result};

pub use training::JVM_FLAGS;

/// Unpacks cached files into an empty folder.
pub(crate) type Unpack = fn(&[(&'static Entry, PathBuf)], &Path) -> Result<()>;

/// A tree made of locked files alone.
pub(crate) struct Base {
    pub recipe: Recipe,
    pub entries: Vec<&'static Entry>,
    pub unpack: Unpack,
    /// Links to files of the system: where in the tree, and to what.
    pub links: Vec<(PathBuf, PathBuf)>,
}

/// The unpacked trees, in the order Java, Kafka, MySQL, Redis, registry.
pub(crate) fn bases(libraries: &Libraries) -> [Base; 5] {
    let mut mysql = base(
        "mysql",
        |entry| mysql::wants(entry, libraries),
        110 << 20,
        mysql::unpack,
    );
    mysql.link(mysql::links(libraries));
    [
        base("java", is(Part::Java), 120 << 20, java::unpack),
        base("kafka", is(Part::Kafka), 1 << 20, kafka::unpack),
        mysql,
        base("redis", is(Part::Redis), 8 << 20, redis::unpack),
        base("registry", is(Part::Registry), 180 << 20, registry::unpack),
    ]
}

fn is(part: Part) -> impl Fn(&Entry) -> bool {
    move |entry| entry.part == part
}

impl Base {
    /// A tree with other links is another tree.
    fn link(&mut self, links: Vec<(PathBuf, PathBuf)>) {
        let named = links
            .iter()
            .map(|(at, to)| format!("{} -> {}", at.display(), to.display()));
        self.recipe.made_of.extend(named);
        self.links = links;
    }
}

/// Makes the links of an unpacked tree.
pub(crate) fn make_links(links: &[(PathBuf, PathBuf)], tree: &Path) -> Result<()> {
    for (at, to) in links {
        let at = tree.join(at);
        symlink(to, &at).map_err(ArtifactError::io("create", &at))?;
    }
    Ok(())
}

fn base(
    name: &'static str,
    wanted: impl Fn(&Entry) -> bool,
    disk_bytes: u64,
    unpack: Unpack,
) -> Base {
    let entries: Vec<&Entry> = lock()
        .entries
        .iter()
        .filter(|entry| wanted(entry))
        .collect();
    let made_of = entries
        .iter()
        .map(|entry| format!("{} {}", entry.file, entry.sha256))
        .collect();
    Base {
        recipe: Recipe {
            name,
            revision: 1,
            made_of,
            disk_bytes,
        },
        entries,
        unpack,
        links: Vec::new(),
    }
}

/// The one cached file of a part.
fn file_of(files: &[(&'static Entry, PathBuf)], part: Part) -> Result<PathBuf> {
    let found = files
        .iter()
        .find(|(entry, _)| entry.part == part)
        .map(|(_, path)| path.clone());
    found.ok_or_else(|| ArtifactError::Unpack {
        what: part.name().into(),
        why: "not in the lock".into(),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn mysql(libraries: &Libraries) -> Base {
        let [_, _, mysql, _, _] = bases(libraries);
        mysql
    }

    #[test]
    fn mysql_takes_the_packages_of_missing_libraries_and_no_others() {
        let packages = |names: &[&'static str]| {
            let libraries = Libraries {
                packages: names.to_vec(),
                ..Libraries::default()
            };
            mysql(&libraries).entries.len() - 1
        };
        assert_eq!(packages(&[]), 0);
        assert_eq!(packages(&["libnuma1"]), 1);
        assert_eq!(packages(&["libaio1", "libnuma1"]), 2);
    }

    #[test]
    fn a_renamed_library_is_linked_where_mysql_looks_and_makes_another_tree() {
        let libraries = Libraries {
            renamed: vec![("libaio.so.1", "/usr/lib/libaio.so.1t64".into())],
            ..Libraries::default()
        };
        let base = mysql(&libraries);
        assert_ne!(
            base.recipe.directory(),
            mysql(&Libraries::default()).recipe.directory()
        );
        let tree = tempfile::tempdir().unwrap();
        fs::create_dir_all(tree.path().join("lib/private")).unwrap();
        make_links(&base.links, tree.path()).unwrap();
        let link = fs::read_link(tree.path().join("lib/private/libaio.so.1"));
        assert_eq!(link.unwrap(), Path::new("/usr/lib/libaio.so.1t64"));
    }
}
