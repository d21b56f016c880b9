//! The configuration of controller and brokers: listeners, who is let in, copies and timing.
//!
//! Clients and other brokers log in by SCRAM, whose keys the controller keeps in the log of metadata.
//! The controller itself cannot read those before it has one, so that brokers log in there by PLAIN.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::super::Site;
use crate::error::LabError;
use crate::files;
use crate::layout::broker_listener::{CLIENT, INTERNAL};
use crate::secrets::{ADMIN, BROKER};
use crate::spec::{NodeKind, NodeSpec};

const CONTROLLER_ID: u16 = 1000;

/// Writes the properties of `node`, whose logs are in `data`, to `path`. There are passwords in them.
pub(super) fn write(
    site: &Site,
    node: &NodeSpec,
    data: &Path,
    path: &Path,
) -> Result<(), LabError> {
    let text = render(&server_properties(site, node, data)?);
    files::write(path, text.as_bytes(), files::OWNER_ONLY)
}

fn server_properties(
    site: &Site,
    node: &NodeSpec,
    data: &Path,
) -> Result<BTreeMap<String, String>, LabError> {
    let kafka = &site.spec.here()?.kafka;
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
    set("super.users", format!("User:{ADMIN};User:{BROKER}"));
    for (key, value) in IDENTITY.iter().chain(SHARED) {
        set(key, (*value).into());
    }
    let password = site.secrets.kafka.get(BROKER).map_or("", String::as_str);
    let login = format!("required username=\"{BROKER}\" password=\"{password}\"");
    let plain = format!("{PLAIN} {login} user_{BROKER}=\"{password}\";");
    set("listener.name.controller.plain.sasl.jaas.config", plain);
    let replicas = kafka.brokers.min(3).to_string();
    for key in REPLICATION_FACTORS {
        set(key, replicas.clone());
    }
    for key in MIN_ISR {
        set(key, kafka.min_insync_replicas.to_string());
    }
    match node.kind {
        NodeKind::Broker { id } => properties.extend(broker_properties(node, id, &login)),
        _ => {
            set("process.roles", "controller".into());
            set("node.id", CONTROLLER_ID.to_string());
            set(
                "listeners",
                format!("CONTROLLER://{}", node.back_address(0)),
            );
        }
    }
    Ok(properties)
}

/// `login` is what the broker says of itself to the others.
fn broker_properties(node: &NodeSpec, id: u16, login: &str) -> Vec<(String, String)> {
    let internal = node.back_address(INTERNAL);
    let listeners = |client| format!("CLIENT://{client},INTERNAL://{internal}");
    [
        ("process.roles", "broker".to_owned()),
        ("node.id", id.to_string()),
        ("broker.rack", node.zone.clone()),
        ("listeners", listeners(node.back_address(CLIENT))),
        (
            "advertised.listeners",
            listeners(node.front_address(CLIENT)),
        ),
        ("inter.broker.listener.name", "INTERNAL".into()),
        (
            "listener.name.client.max.connection.creation.rate",
            NEW_CONNECTIONS_PER_S.into(),
        ),
        // By default the rate is that of eleven seconds, and a thousand come in at once.
        ("quota.window.num", "2".into()),
        (
            "listener.name.client.scram-sha-512.sasl.jaas.config",
            format!("{SCRAM} required;"),
        ),
        (
            "listener.name.internal.scram-sha-512.sasl.jaas.config",
            format!("{SCRAM} {login};"),
        ),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .to_vec()
}

/// What MSK lets in on an IAM listener of an M5 or M7g broker (AWS's documentation of MSK's quotas): a
/// storm of clients meets the same limit here.
const NEW_CONNECTIONS_PER_S: &str = "100";
const SCRAM: &str = "org.apache.kafka.common.security.scram.ScramLoginModule";
const PLAIN: &str = "org.apache.kafka.common.security.plain.PlainLoginModule";
const PROTOCOLS: &str = "CONTROLLER:SASL_PLAINTEXT,CLIENT:SASL_PLAINTEXT,INTERNAL:SASL_PLAINTEXT";
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
/// Who is nobody may nothing; whom no rule names may nothing either.
const IDENTITY: &[(&str, &str)] = &[
    ("sasl.enabled.mechanisms", "SCRAM-SHA-512"),
    ("sasl.mechanism.inter.broker.protocol", "SCRAM-SHA-512"),
    ("sasl.mechanism.controller.protocol", "PLAIN"),
    ("listener.name.controller.sasl.enabled.mechanisms", "PLAIN"),
    (
        "authorizer.class.name",
        "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    ),
    ("allow.everyone.if.no.acl.found", "false"),
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
