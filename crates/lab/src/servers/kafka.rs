//! Kafka: one separate KRaft controller and the brokers.
//!
//! The controller is a process of its own so that brokers can die without taking the quorum along:
//! with combined nodes the in-sync set would never shrink and producers would see timeouts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Launch, Site, clean_environment, java_flags};
use crate::error::LabError;
use crate::files;
use crate::kafka_wire::Connection;
use crate::layout::broker_listener::{CLIENT, INTERNAL, SASL};
use crate::processes::{LAB_MARK, NODE_MARK};
use crate::spec::{NodeKind, NodeSpec};

const CONTROLLER_ID: u16 = 1000;
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
    let text = render(&server_properties(site, node, &data));
    files::write(&properties, text.as_bytes(), files::READABLE)?;
    let kafka = &site.spec.profile.kafka;
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
    let text = render(&server_properties(site, node, &fresh));
    files::write(&properties, text.as_bytes(), files::READABLE)?;
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
        for (user, password) in &site.secrets.kafka {
            let _ = write!(
                lines,
                "--add-scram\nSCRAM-SHA-512=[name={user},password={password}]\n"
            );
        }
    }
    lines
}

fn server_properties(site: &Site, node: &NodeSpec, data: &Path) -> BTreeMap<String, String> {
    let controller = site.spec.first(NodeKind::Controller);
    let voter = controller.map(|c| format!("{CONTROLLER_ID}@{}", c.back_address(0)));
    let mut properties = BTreeMap::new();
    let mut set = |key: &str, value: String| {
        properties.insert(key.to_owned(), value);
    };
    set("controller.quorum.voters", voter.unwrap_or_default());
    set("controller.listener.names", "CONTROLLER".into());
    set("log.dirs", data.display().to_string());
    set("listener.security.protocol.map", PROTOCOLS.into());
    for (key, value) in SHARED {
        set(key, (*value).into());
    }
    let kafka = &site.spec.profile.kafka;
    let replicas = kafka.brokers.min(3).to_string();
    for key in REPLICATION_FACTORS {
        set(key, replicas.clone());
    }
    for key in MIN_ISR {
        set(key, kafka.min_insync_replicas.to_string());
    }
    match node.kind {
        NodeKind::Broker { id } => properties.extend(broker_properties(node, id)),
        _ => {
            set("process.roles", "controller".into());
            set("node.id", CONTROLLER_ID.to_string());
            set(
                "listeners",
                format!("CONTROLLER://{}", node.back_address(0)),
            );
        }
    }
    properties
}

fn broker_properties(node: &NodeSpec, id: u16) -> Vec<(String, String)> {
    let listeners = format!(
        "CLIENT://{},SASL://{},INTERNAL://{}",
        node.back_address(CLIENT),
        node.back_address(SASL),
        node.back_address(INTERNAL)
    );
    let advertised = format!(
        "CLIENT://{},SASL://{},INTERNAL://{}",
        node.front_address(CLIENT),
        node.front_address(SASL),
        node.back_address(INTERNAL)
    );
    [
        ("process.roles", "broker".to_owned()),
        ("node.id", id.to_string()),
        ("broker.rack", node.zone.clone()),
        ("listeners", listeners),
        ("advertised.listeners", advertised),
        ("inter.broker.listener.name", "INTERNAL".into()),
        ("sasl.enabled.mechanisms", "SCRAM-SHA-512".into()),
        (
            "listener.name.client.max.connection.creation.rate",
            NEW_CONNECTIONS_PER_S.into(),
        ),
        // By default the rate is that of eleven seconds, and a thousand come in at once.
        ("quota.window.num", "2".into()),
        (
            "listener.name.sasl.scram-sha-512.sasl.jaas.config",
            SCRAM.into(),
        ),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .to_vec()
}

/// What MSK lets in on an IAM listener of an M5 or M7g broker (AWS's documentation of MSK's quotas): a
/// storm of clients meets the same limit here.
const NEW_CONNECTIONS_PER_S: &str = "100";
const SCRAM: &str = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
const PROTOCOLS: &str =
    "CONTROLLER:PLAINTEXT,CLIENT:PLAINTEXT,SASL:SASL_PLAINTEXT,INTERNAL:PLAINTEXT";
const REPLICATION_FACTORS: &[&str] = &[
    "default.replication.factor",
    "offsets.topic.replication.factor",
    "transaction.state.log.replication.factor",
    "share.coordinator.state.topic.replication.factor",
];
const MIN_ISR: &[&str] = &[
    "min.insync.replicas",
    "transaction.state.log.min.isr",
    "share.coordinator.state.topic.min.isr",
];
/// Small buffers and short sessions: failover in about 4.6 s rather than 9 s.
const SHARED: &[(&str, &str)] = &[
    ("num.partitions", "3"),
    ("offsets.topic.num.partitions", "3"),
    ("transaction.state.log.num.partitions", "3"),
    ("share.coordinator.state.topic.num.partitions", "3"),
    ("auto.create.topics.enable", "false"),
    ("unclean.leader.election.enable", "false"),
    ("group.initial.rebalance.delay.ms", "0"),
    ("num.network.threads", "2"),
    ("num.io.threads", "2"),
    ("log.cleaner.dedupe.buffer.size", "4194304"),
    ("broker.heartbeat.interval.ms", "500"),
    ("broker.session.timeout.ms", "4000"),
    ("controller.quorum.election.timeout.ms", "250"),
    ("controller.quorum.election.backoff.max.ms", "100"),
    (
        "replica.selector.class",
        "org.apache.kafka.common.replica.RackAwareReplicaSelector",
    ),
];

fn render(properties: &BTreeMap<String, String>) -> String {
    properties
        .iter()
        .fold(String::new(), |mut text, (key, value)| {
            let _ = writeln!(text, "{key}={}", value.replace('\\', "\\\\"));
            text
        })
}

pub(super) async fn probe_controller(node: &NodeSpec) -> Result<(), String> {
    Connection::open(node.back_address(0))
        .await?
        .api_versions()
        .await
}

pub(super) async fn probe_broker(node: &NodeSpec, id: u16) -> Result<(), String> {
    let mut connection = Connection::open(node.back_address(CLIENT)).await?;
    let alive = connection.live_brokers().await?;
    match alive.contains(&i32::from(id)) {
        true => Ok(()),
        false => Err(format!(
            "serves, but the controller still fences it (alive: {alive:?})"
        )),
    }
}
