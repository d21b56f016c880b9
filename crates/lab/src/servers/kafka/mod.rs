//! Kafka: one separate KRaft controller and the brokers.
//!
//! The controller is a process of its own so that brokers can die without taking the quorum along:
//! with combined nodes the in-sync set would never shrink and producers would see timeouts.

mod client;
mod consumer;
mod properties;

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Launch, Site, clean_environment, java_flags};
use crate::error::LabError;
use crate::files;
use crate::kafka_wire::Connection;
use crate::layout::broker_listener::CLIENT;
use crate::processes::{LAB_MARK, NODE_MARK};
use crate::spec::{NodeKind, NodeSpec};

pub use client::{connect, connect_as, settings};
pub use consumer::{Bearer, consumer};

const LOG_CONFIG: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="WARN" shutdownHook="disable">
  <Appenders>
    <Console name="out"><PatternLayout pattern="%d{ISO8601} %p %m (%c)%n"/></Console>
  </Appenders>
  <Loggers>
    <Root level="INFO"><AppenderRef ref="out"/></Root>
    <Logger name="org.apache.kafka.common.config.AbstractConfig" level="WARN"/>
    <Logger name="org.apache.kafka.storage.internals.log" level="WARN"/>
  </Loggers>
</Configuration>
"#;

pub(super) fn prepare(site: &Site, node: &NodeSpec) -> Result<Launch, LabError> {
    let home = site.dir.node(&node.name);
    let data = home.join("data");
    let properties = home.join("server.properties");
    files::write(
        &home.join("log4j2.xml"),
        LOG_CONFIG.as_bytes(),
        files::READABLE,
    )?;
    if !data.exists() {
        format_storage(site, node, &home, &data)?;
    }
    properties::write(site, node, &data, &properties)?;
    let kafka = &site.spec.here()?.kafka;
    let heap = match node.kind {
        NodeKind::Controller => kafka.controller_heap_mib,
        _ => kafka.heap_mib,
    };
    let mut arguments = java_arguments(site, &home, heap);
    arguments.push("kafka.Kafka".into());
    arguments.push(properties.into());
    Ok(Launch {
        program: site.spec.servers.java.clone(),
        arguments,
        environment: vec![],
        directory: home,
    })
}

fn java_arguments(site: &Site, home: &Path, heap_mib: u32) -> Vec<std::ffi::OsString> {
    let servers = &site.spec.servers;
    let mut arguments = java_flags(heap_mib);
    arguments.push(format!("-XX:SharedArchiveFile={}", servers.kafka_archive.display()).into());
    let log_config = home.join("log4j2.xml");
    arguments.push(format!("-Dlog4j2.configurationFile={}", log_config.display()).into());
    arguments.push("-cp".into());
    arguments.push(servers.kafka_class_path.clone().into());
    arguments
}

/// Formats into a directory beside `data` and renames it, so that a half-formatted one is never used.
fn format_storage(site: &Site, node: &NodeSpec, home: &Path, data: &Path) -> Result<(), LabError> {
    let fresh = home.join("data.new");
    let _ = std::fs::remove_dir_all(&fresh);
    let properties = home.join("format.properties");
    properties::write(site, node, &fresh, &properties)?;
    let arguments_file = home.join("format.arguments");
    let text = format_arguments(site, node, &properties);
    files::write(&arguments_file, text.as_bytes(), files::OWNER_ONLY)?;
    let mut arguments = java_arguments(site, home, 256);
    arguments.push("kafka.tools.StorageTool".into());
    arguments.push(format!("@{}", arguments_file.display()).into());
    let mut command = Command::new(&site.spec.servers.java);
    clean_environment(&mut command);
    let output = command
        .args(arguments)
        .env(LAB_MARK, site.dir.path())
        .env(NODE_MARK, &node.name)
        .stdin(Stdio::null())
        .output()
        .map_err(|e| LabError::io(&site.spec.servers.java, e));
    let _ = std::fs::remove_file(&arguments_file);
    let _ = std::fs::remove_file(&properties);
    let output = output?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        return Err(LabError::NodeFailed {
            node: node.name.clone(),
            reason: format!(
                "formatting its storage failed ({}): {}",
                output.status,
                without_passwords(site, String::from_utf8_lossy(&said).trim())
            ),
        });
    }
    std::fs::rename(&fresh, data).map_err(|e| LabError::io(data, e))
}

/// The tool repeats its arguments when it does not understand them.
fn without_passwords(site: &Site, said: &str) -> String {
    let passwords = site.secrets.kafka.values();
    passwords.fold(said.to_owned(), |text, password| {
        text.replace(password, "***")
    })
}

/// One argument a line: the tool reads them from a file, so that passwords are in no process list.
fn format_arguments(site: &Site, node: &NodeSpec, properties: &Path) -> String {
    let mut lines = format!(
        "format\n--cluster-id\n{}\n--config\n{}\n",
        site.spec.cluster_id,
        properties.display()
    );
    if node.kind == NodeKind::Controller {
        // The brokers' own among them: it has to be there before one of them asks another in.
        for (user, password) in &site.secrets.kafka {
            let _ = write!(
                lines,
                "--add-scram\nSCRAM-SHA-512=[name={user},password={password}]\n"
            );
        }
    }
    lines
}

pub(super) async fn probe_controller(node: &NodeSpec) -> Result<(), String> {
    Connection::open(node.back_address(0))
        .await?
        .api_versions()
        .await
}

pub(super) async fn probe_broker(site: &Site, node: &NodeSpec, id: u16) -> Result<(), String> {
    let mut connection = connect(site, node.past_slot(CLIENT)).await?;
    let alive = connection.live_brokers().await?;
    match alive.contains(&i32::from(id)) {
        true => Ok(()),
        false => Err(format!(
            "serves, but the controller still fences it (alive: {alive:?})"
        )),
    }
}
