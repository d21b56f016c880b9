//! Which servers there are, as the rehearsed API is told.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::net::SocketAddrV4;
use std::path::PathBuf;

use jiff::Timestamp;
use rlab_lab::LabDir;
use rlab_lab::protocol::{LabStatus, NodeState, NodeStatus, Role as LabRole};
use rlab_lab::spec::{LabSpec, NodeKind, NodeSpec};
use rlab_rehearsal::{
    Broker, DataPlaneError, Endpoint, LogFile, Mysql, NodeGroup, RedisNode, Role, Topology, Zone,
};

/// The lab's only Redis shard.
pub(super) const NODE_GROUP: &str = "0001";

/// Names of MySQL's log files as RDS tells them, and as they are in MySQL's directory.
const LOGS: [(&str, &str); 2] = [
    ("slowquery/mysql-slowquery.log", "slow.log"),
    ("error/mysql-error-running.log", "log"),
];

pub(super) fn of(spec: &LabSpec, status: &LabStatus) -> Result<Topology, DataPlaneError> {
    let told = |node: &NodeSpec| status.nodes.iter().find(|n| n.node == node.name);
    let alive = |node: &NodeSpec| told(node).is_some_and(|n| n.state == NodeState::Ready);
    let missing = |what: &str| DataPlaneError::Unknown(what.to_owned());
    let mysql = spec
        .first(NodeKind::Mysql)
        .ok_or_else(|| missing("mysql"))?;
    let stands = told(mysql).map_or(&mysql.zone, |n| &n.zone);
    let elsewhere = mysql.seats().map(|seat| seat.zone).find(|z| z != stands);
    let brokers = spec.brokers().filter_map(|node| {
        let NodeKind::Broker { id } = node.kind else {
            return None;
        };
        Some(Broker {
            id: id.into(),
            zone: zone(spec, &node.zone),
            endpoint: endpoint(node.door_address()?),
            alive: alive(node),
        })
    });
    let redis = spec.redis().map(|node| RedisNode {
        name: node.name.clone(),
        zone: zone(spec, &node.zone),
        role: role(told(node)),
        endpoint: endpoint(node.front_address(0)),
        alive: alive(node),
    });
    let primary = spec.redis().find_map(NodeSpec::door_address);
    Ok(Topology {
        brokers: brokers.collect(),
        mysql: Mysql {
            zone: zone(spec, stands),
            standby_zone: elsewhere.map(|z| zone(spec, &z)),
            endpoint: endpoint(mysql.door_address().ok_or_else(|| missing("mysql"))?),
            alive: alive(mysql),
        },
        redis: vec![NodeGroup {
            name: NODE_GROUP.to_owned(),
            primary: endpoint(primary.ok_or_else(|| missing("redis"))?),
            nodes: redis.collect(),
        }],
    })
}

/// Who does not say what it is cannot be the primary that clients are led to.
fn role(told: Option<&NodeStatus>) -> Role {
    match told.and_then(|n| n.role) {
        Some(LabRole::Primary) => Role::Primary,
        Some(LabRole::Replica) | None => Role::Replica,
    }
}

fn zone(spec: &LabSpec, name: &str) -> Zone {
    let place = spec.profile.zones().iter().position(|z| z == name);
    Zone(u8::try_from(1 + place.unwrap_or(0)).unwrap_or(u8::MAX))
}

fn endpoint(address: SocketAddrV4) -> Endpoint {
    Endpoint {
        host: address.ip().to_string(),
        port: address.port(),
    }
}

pub(super) fn mysql_logs(dir: &LabDir) -> Result<Vec<LogFile>, DataPlaneError> {
    let found = LOGS.iter().filter_map(|(name, _)| {
        let meta = std::fs::metadata(log(dir, name).ok()?).ok()?;
        Some(LogFile {
            name: (*name).to_owned(),
            size_bytes: meta.len(),
            written_at: Timestamp::try_from(meta.modified().ok()?).ok()?,
        })
    });
    Ok(found.collect())
}

pub(super) fn read_mysql_log(
    dir: &LabDir,
    name: &str,
    offset: u64,
    limit: usize,
) -> Result<Vec<u8>, DataPlaneError> {
    let path = log(dir, name)?;
    let mut bytes = Vec::new();
    let mut read = || {
        let mut file = File::open(&path)?;
        file.seek(SeekFrom::Start(offset))?;
        file.take(limit as u64).read_to_end(&mut bytes)
    };
    read().map_err(|e| DataPlaneError::Failed {
        node: "mysql".to_owned(),
        why: format!("{}: {e}", path.display()),
    })?;
    Ok(bytes)
}

fn log(dir: &LabDir, name: &str) -> Result<PathBuf, DataPlaneError> {
    let file = LOGS.iter().find(|(known, _)| *known == name);
    let (_, file) = file.ok_or_else(|| DataPlaneError::Unknown(name.to_owned()))?;
    Ok(dir.node("mysql").join(file))
}
