//! How each server gets from files in the cache to something that starts at once.

pub(crate) mod java;
pub(crate) mod kafka;
pub(crate) mod mysql;
pub(crate) mod redis;
pub(crate) mod registry;
mod training;

use std::path::{Path, PathBuf};

use crate::lockfile::{Entry, Part, lock};
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
}

/// The unpacked trees, in the order Java, Kafka, MySQL, Redis, registry.
pub(crate) fn bases(missing_libraries: &[&str]) -> [Base; 5] {
    let mysql: &[Part] = if missing_libraries.is_empty() {
        &[Part::Mysql]
    } else {
        &[Part::Mysql, Part::MysqlLibraries]
    };
    [
        base("java", 1, &[Part::Java], 120 << 20, java::unpack),
        base("kafka", 1, &[Part::Kafka], 1 << 20, kafka::unpack),
        base("mysql", 1, mysql, 110 << 20, mysql::unpack),
        base("redis", 1, &[Part::Redis], 8 << 20, redis::unpack),
        base(
            "registry",
            1,
            &[Part::Registry],
            180 << 20,
            registry::unpack,
        ),
    ]
}

fn base(
    name: &'static str,
    revision: u32,
    parts: &[Part],
    disk_bytes: u64,
    unpack: Unpack,
) -> Base {
    let entries: Vec<&Entry> = lock()
        .entries
        .iter()
        .filter(|entry| parts.contains(&entry.part))
        .collect();
    let made_of = entries
        .iter()
        .map(|entry| format!("{} {}", entry.file, entry.sha256))
        .collect();
    Base {
        recipe: Recipe {
            name,
            revision,
            made_of,
            disk_bytes,
        },
        entries,
        unpack,
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
