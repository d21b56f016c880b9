//! Kafka: jars under their own names, and an archive of parsed class data that halves a broker's start.
//!
//! The archive is written by a throwaway single-node cluster as it stops.

use std::fs;
use std::path::{Path, PathBuf};

use super::training::{JVM_FLAGS, Training, free_ports};
use crate::lockfile::Entry;
use crate::tree::{Recipe, Tree};
use crate::{ArtifactError, Result};

/// Bytes of the archive, roughly.
pub(crate) const ARCHIVE_BYTES: u64 = 60 << 20;

const WHAT: &str = "Kafka's class-data archive";
const STARTED: &str = "Kafka Server started";
const CLUSTER_ID: &str = "cmxhYi10cmFpbmluZy0wMA";

const LOG4J: &str = r#"<Configuration status="WARN" shutdownHook="disable"><Appenders><Console name="out">
<PatternLayout pattern="[%d] %p %m (%c)%n"/></Console></Appenders>
<Loggers><Root level="INFO"><AppenderRef ref="out"/></Root></Loggers></Configuration>
"#;

pub(super) fn unpack(files: &[(&'static Entry, PathBuf)], into: &Path) -> Result<()> {
    for (entry, blob) in files {
        let jar = into.join(&entry.file);
        // Same file under its own name where links work, a copy elsewhere.
        if fs::hard_link(blob, &jar).is_err() {
            fs::copy(blob, &jar).map_err(ArtifactError::io("copy to", &jar))?;
        }
    }
    Ok(())
}

/// Every jar of Kafka in the tree, sorted by name.
pub(crate) fn class_path(tree: &Path) -> String {
    let entries = crate::lock()
        .entries
        .iter()
        .filter(|entry| entry.part == crate::Part::Kafka);
    let mut jars: Vec<String> = entries
        .map(|entry| tree.join(&entry.file).display().to_string())
        .collect();
    jars.sort();
    jars.join(":")
}

/// The archive in a prepared tree.
pub(crate) fn archive(tree: &Path) -> PathBuf {
    tree.join("kafka.jsa")
}

pub(crate) fn archive_recipe(java: &Tree, jars: &Tree) -> Recipe {
    super::training::recipe("kafka-archive", java, jars, ARCHIVE_BYTES)
}

/// Makes the archive in `dir`.
pub(crate) async fn train(java: PathBuf, jars: PathBuf, dir: PathBuf) -> Result<()> {
    let scratch = dir.join("node");
    fs::create_dir(&scratch).map_err(ArtifactError::io("create", &scratch))?;
    let training = Training {
        what: WHAT,
        java: super::java::command(&java),
        log: scratch.join("node.log"),
    };
    let node = Node {
        training,
        class_path: class_path(&jars),
        scratch,
    };
    node.configure()?;
    node.format().await?;
    let archive = archive(&dir);
    let mut arguments = node.jvm(&[]);
    arguments.extend(["kafka.Kafka".into(), node.properties()]);
    node.training.record(&archive, &arguments, STARTED).await?;
    node.check(&archive).await?;
    fs::remove_dir_all(&node.scratch).map_err(ArtifactError::io("remove", &node.scratch))
}

struct Node {
    training: Training,
    class_path: String,
    scratch: PathBuf,
}

impl Node {
    fn configure(&self) -> Result<()> {
        let [broker, controller] = free_ports()?;
        let properties = format!(
            "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n\
             listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{broker}\ncontroller.listener.names=CONTROLLER\n\
             listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\nlog.dirs={}\n\
             offsets.topic.replication.factor=1\nlog.cleaner.dedupe.buffer.size=4194304\n",
            self.scratch.join("log").display()
        );
        for (name, text) in [
            ("node.properties", properties.as_str()),
            ("log4j2.xml", LOG4J),
        ] {
            let path = self.scratch.join(name);
            fs::write(&path, text).map_err(ArtifactError::io("write", &path))?;
        }
        Ok(())
    }

    /// Arguments of the JVM up to the main class.
    fn jvm(&self, more: &[String]) -> Vec<String> {
        let logging = format!(
            "-Dlog4j2.configurationFile={}",
            self.scratch.join("log4j2.xml").display()
        );
        let flags = JVM_FLAGS
            .map(str::to_owned)
            .into_iter()
            .chain(["-Xmx256m".into(), logging]);
        flags
            .chain(more.iter().cloned())
            .chain(["-cp".into(), self.class_path.clone()])
            .collect()
    }

    fn properties(&self) -> String {
        self.scratch.join("node.properties").display().to_string()
    }

    async fn format(&self) -> Result<()> {
        let mut arguments = self.jvm(&[]);
        arguments.extend(
            ["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c"].map(str::to_owned),
        );
        arguments.push(self.properties());
        self.training
            .finish(&arguments, "formatting its storage")
            .await?;
        Ok(())
    }

    /// Proves that a JVM started as a broker will be takes classes from the archive.
    async fn check(&self, archive: &Path) -> Result<()> {
        let flags = [
            format!("-XX:SharedArchiveFile={}", archive.display()),
            "-Xlog:class+load".into(),
        ];
        let mut arguments = self.jvm(&flags);
        arguments.extend(["kafka.Kafka".into(), "--version".into()]);
        let said = self
            .training
            .finish(&arguments, "using the archive")
            .await?;
        if said
            .lines()
            .any(|line| line.contains("kafka.Kafka") && line.contains("shared objects file (top)"))
        {
            return Ok(());
        }
        Err(self
            .training
            .failed("a JVM does not accept the archive".into()))
    }
}
