//! Where the ready servers are.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::lock;
use crate::prepare::{java, kafka, mysql, redis, registry};
use crate::tree::Tree;

/// Every tree a lab needs, complete.
pub(crate) struct Trees {
    pub java: Tree,
    pub jars: Tree,
    pub kafka_archive: Tree,
    pub mysql: Tree,
    pub mysql_data: Tree,
    pub redis: Tree,
    pub registry: Tree,
    pub registry_archive: Tree,
}

/// Paths of everything a lab starts; empty where it starts no server. All of it is shared between labs and must
/// not be written to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Servers {
    /// The `java` command.
    pub java: PathBuf,
    /// Kafka's class path: every jar, sorted. The class-data archive fits this very string only.
    pub kafka_class_path: String,
    /// Kafka's class-data archive, for `-XX:SharedArchiveFile=`, together with [`crate::JVM_FLAGS`].
    pub kafka_archive: PathBuf,
    /// MySQL's base directory, with `bin/mysqld`.
    pub mysql_home: PathBuf,
    /// Pristine MySQL data directory; see [`crate::Cache::restore_mysql`].
    pub mysql_template: PathBuf,
    /// The `redis-server` command.
    pub redis_server: PathBuf,
    /// The registry, for `java -jar`.
    pub registry_jar: PathBuf,
    /// The registry's class-data archive, for `-XX:SharedArchiveFile=`, together with [`crate::JVM_FLAGS`].
    pub registry_archive: PathBuf,
    /// Version of each server (`java`, `kafka`, `mysql`, `redis`, `registry`).
    pub versions: BTreeMap<String, String>,
    /// SHA-256 of every locked file, by file name.
    pub digests: BTreeMap<String, String>,
}

impl Servers {
    pub(crate) fn new(trees: &Trees) -> Self {
        let lock = lock();
        Self {
            java: java::command(&trees.java.path),
            kafka_class_path: kafka::class_path(&trees.jars.path),
            kafka_archive: kafka::archive(&trees.kafka_archive.path),
            mysql_home: trees.mysql.path.clone(),
            mysql_template: mysql::template(&trees.mysql_data.path),
            redis_server: redis::command(&trees.redis.path),
            registry_jar: registry::jar(&trees.registry.path),
            registry_archive: registry::archive(&trees.registry_archive.path),
            versions: lock.versions.clone(),
            digests: lock
                .entries
                .iter()
                .map(|entry| (entry.file.clone(), entry.sha256.clone()))
                .collect(),
        }
    }
}
