//! How each kind of node is prepared, started, asked whether it is well, and stopped.

mod agent;
mod api;
mod environment;
mod kafka;
mod login;
mod mysql;
mod redis;
mod registry;
pub(crate) mod replication;
mod theirs;
mod tokens;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddrV4;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rlab_contract::address::Address;

use crate::error::LabError;
use crate::home::LabDir;
use crate::protocol::Role;
use crate::roles::Roles;
use crate::secrets::Secrets;
use crate::spec::{LabSpec, NodeKind, NodeSpec};

pub(crate) use agent::set_crash_rules;
pub use agent::{AgentState, client_config};
pub(crate) use environment::clean_environment;
pub use kafka::{
    Bearer, connect as connect_kafka, connect_as as connect_kafka_as, consumer as kafka_consumer,
    settings as kafka_settings,
};
pub use mysql::{connect as connect_mysql, connect_as as connect_mysql_as};
pub use redis::{
    AGENTS as REDIS_AGENTS, client as redis_client, client_as as redis_client_as,
    connect as connect_redis, connect_as as connect_redis_as,
};
pub use tokens::Signer;

const ROLE_DEADLINE: Duration = Duration::from_secs(1);

/// Everything the servers' preparation may look at.
#[derive(Debug, Clone)]
pub struct Site {
    /// Files of the lab.
    pub dir: LabDir,
    /// What it is made of.
    pub spec: LabSpec,
    /// Its passwords.
    pub secrets: Secrets,
    /// Who signs the tokens that stand in for passwords; asked only where a server wants one.
    pub signer: Arc<dyn Signer>,
}

impl Site {
    /// The file that says where endpoints are: the lab's own, or that of whoever runs its servers.
    fn addresses(&self) -> PathBuf {
        let theirs = self.spec.nodes.iter().filter_map(|n| n.theirs.as_ref());
        let mut told = theirs.filter_map(|theirs| theirs.map.clone());
        told.next().unwrap_or_else(|| self.dir.address_map())
    }

    /// Reads the files of the lab in `dir`.
    ///
    /// # Errors
    /// When one is missing, damaged or of another format.
    pub fn load(dir: LabDir) -> Result<Self, LabError> {
        let (spec, secrets) = (LabSpec::load(&dir)?, Secrets::load(&dir)?);
        Ok(Self::new(dir, spec, secrets))
    }

    /// The lab of `spec` in `dir`, whose tokens are signed with this process's AWS credentials.
    pub fn new(dir: LabDir, spec: LabSpec, secrets: Secrets) -> Self {
        Self {
            dir,
            spec,
            secrets,
            signer: Arc::new(tokens::OwnCredentials::default()),
        }
    }

    /// Where the endpoint called `name` is at this moment, in front of its proxy slot if it has one. Failovers
    /// move it: ask before each connection.
    ///
    /// # Errors
    /// When the address map cannot be read or has no such name.
    pub fn address(&self, name: &str) -> Result<Address, LabError> {
        let path = self.addresses();
        let map: BTreeMap<String, Address> = crate::files::read_json(&path)?;
        map.get(name).cloned().ok_or_else(|| LabError::BadFile {
            path,
            reason: format!("has no endpoint `{name}`"),
        })
    }
}

/// What a node that answers shows of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The part it plays, where there is more than one.
    pub role: Option<Role>,
    /// What it follows, being in touch with it.
    pub follows: Option<SocketAddrV4>,
    /// Bytes of the replication stream that it knows.
    pub offset: Option<u64>,
    /// It was a replica when it was asked, and is a primary now.
    pub promoted: bool,
    /// Why it is not well although it answers.
    pub lacks: Option<String>,
}

/// A process to start.
#[derive(Debug, Clone)]
pub struct Launch {
    /// Program.
    pub program: PathBuf,
    /// Its arguments; never a secret.
    pub arguments: Vec<OsString>,
    /// Variables beyond the inherited ones.
    pub environment: Vec<(&'static str, OsString)>,
    /// Working directory.
    pub directory: PathBuf,
}

/// Writes what `node` needs before it starts and says how to start it. Blocks; safe to repeat
/// after it was cut off anywhere.
///
/// # Errors
/// When files cannot be written or a server's own preparation fails.
pub fn prepare(
    site: &Site,
    node: &NodeSpec,
    roles: &Roles,
    agent: &AgentState,
) -> Result<Launch, LabError> {
    let node = &roles.seated(node);
    crate::files::make_dir(&site.dir.node(&node.name))?;
    match node.kind {
        NodeKind::Controller | NodeKind::Broker { .. } => kafka::prepare(site, node),
        NodeKind::Mysql => mysql::prepare(site, node),
        NodeKind::Redis => redis::prepare(site, node, roles),
        NodeKind::Registry => registry::prepare(site, node),
        NodeKind::Api => api::prepare(site, node),
        NodeKind::Agent => agent::prepare(site, node, agent),
    }
}

/// Asks `node`, past its proxy slot, whether it serves. A Redis of the lab that plays another part than
/// `roles` gives it is made to play that one.
///
/// # Errors
/// A text: what it answered instead.
pub async fn probe(site: &Site, node: &NodeSpec, roles: &Roles) -> Result<Seen, String> {
    let node = &roles.seated(node);
    let asking = async {
        if node.theirs.is_some() {
            return theirs::probe(site, node).await;
        }
        match node.kind {
            NodeKind::Redis => return redis::probe(site, node, roles).await,
            NodeKind::Controller => kafka::probe_controller(node).await,
            NodeKind::Broker { id } => kafka::probe_broker(site, node, id).await,
            NodeKind::Mysql => mysql::probe(site, node).await,
            NodeKind::Registry => registry::probe(node).await,
            NodeKind::Api => api::probe(node).await,
            NodeKind::Agent => agent::probe(node).await,
        }
        .map(|()| Seen::default())
    };
    tokio::time::timeout(Duration::from_secs(3), asking)
        .await
        .unwrap_or_else(|_| Err("no answer within 3 s".to_owned()))
}

/// The part that the Redis `node` plays, told by itself; none when it does not answer soon.
pub(crate) async fn role(site: &Site, node: &NodeSpec) -> Option<Role> {
    let asking = async {
        let mut connection = connect_redis(site, node.past_slot(0)).await.ok()?;
        let standing = replication::standing(&mut connection).await.ok()?;
        Some(standing.role)
    };
    tokio::time::timeout(ROLE_DEADLINE, asking).await.ok()?
}

/// How long a node may take to end after SIGTERM.
pub fn stop_deadline(kind: NodeKind) -> Duration {
    match kind {
        NodeKind::Controller | NodeKind::Broker { .. } | NodeKind::Mysql => Duration::from_secs(20),
        NodeKind::Agent => Duration::from_secs(12),
        NodeKind::Redis | NodeKind::Registry | NodeKind::Api => Duration::from_secs(8),
    }
}

/// How long a node may take from its start until it answers.
pub fn start_deadline(kind: NodeKind) -> Duration {
    match kind {
        NodeKind::Agent => Duration::from_secs(45),
        _ => Duration::from_secs(90),
    }
}

/// Flags that every Java server here shares; the class-data archives were made with the same.
fn java_flags(heap_mib: u32) -> Vec<OsString> {
    std::iter::once(format!("-Xmx{heap_mib}m").into())
        .chain(rlab_artifacts::JVM_FLAGS.iter().map(Into::into))
        .collect()
}
