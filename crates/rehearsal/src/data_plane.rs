//! What the rehearsal needs of real servers: where they are, and three ways to hurt them.

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use jiff::Timestamp;
use thiserror::Error;

/// The servers behind the rehearsed API. The front reaches real servers in no other way.
///
/// Every change is told as [`Progress`]: what truly happened, when. AWS states and events are
/// derived from it, so an implementation reports a step only once it has proof of it.
pub trait DataPlane: Send + Sync + 'static {
    /// Which servers there are and what they are doing now.
    ///
    /// # Errors
    /// When the servers cannot be asked.
    fn topology(&self) -> BoxFuture<'_, Result<Topology, DataPlaneError>>;

    /// Kills one broker and brings it back. [`Step::Killed`], then [`Step::Back`] once it is in sync.
    fn reboot_broker(&self, id: i32) -> Progress;

    /// Kills MySQL and starts it in the standby's zone on the same storage.
    /// [`Step::Killed`], [`Step::Promoted`] when the endpoint leads there, [`Step::Back`].
    fn failover_mysql(&self) -> Progress;

    /// Restarts MySQL where it is. [`Step::Killed`], [`Step::Back`].
    fn restart_mysql(&self) -> Progress;

    /// Kills the primary of a node group and has a replica take over.
    /// [`Step::Killed`], [`Step::Promoted`], then [`Step::Back`] when the old primary is a replica.
    fn failover_redis(&self, node_group: &str) -> Progress;

    /// MySQL's log files.
    ///
    /// # Errors
    /// When they cannot be listed.
    fn mysql_logs(&self) -> BoxFuture<'_, Result<Vec<LogFile>, DataPlaneError>>;

    /// A part of one of MySQL's log files: at most `limit` bytes from `offset`.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read_mysql_log<'a>(
        &'a self,
        name: &'a str,
        offset: u64,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<u8>, DataPlaneError>>;
}

/// The steps of one change, in order. It ends after the last step or after the first error.
pub type Progress = BoxStream<'static, Result<Happened, DataPlaneError>>;

/// Something that truly happened to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// When, by the clock of the machine.
    pub at: Timestamp,
    /// What.
    pub step: Step,
}

/// A step of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The process is gone.
    Killed,
    /// Another server, or the same in another place, answers for it.
    Promoted {
        /// Name of the server that led before.
        from: String,
        /// Name of the server that leads now.
        to: String,
    },
    /// What was killed serves again.
    Back,
}

/// The servers, in an order that does not change while they live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// Kafka brokers.
    pub brokers: Vec<Broker>,
    /// The MySQL server.
    pub mysql: Mysql,
    /// Redis node groups (shards).
    pub redis: Vec<NodeGroup>,
}

/// An availability zone by its place in the alphabet: 1 is `a`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Zone(pub u8);

impl Zone {
    /// Its name in a region, for example `us-east-1a`.
    pub fn name(self, region: &str) -> String {
        let letter = char::from(b'a' + self.0.clamp(1, 26) - 1);
        format!("{region}{letter}")
    }
}

/// Where clients connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// A Kafka broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// Its node id.
    pub id: i32,
    /// Where it runs.
    pub zone: Zone,
    /// Where clients reach it.
    pub endpoint: Endpoint,
    /// Whether it serves.
    pub alive: bool,
}

/// The MySQL server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mysql {
    /// Where it runs.
    pub zone: Zone,
    /// Where it would be started after a failover.
    pub standby_zone: Option<Zone>,
    /// Where clients reach it, whatever zone it is in.
    pub endpoint: Endpoint,
    /// Whether it serves.
    pub alive: bool,
}

/// A Redis shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeGroup {
    /// The data plane's name for it, as [`DataPlane::failover_redis`] takes it.
    pub name: String,
    /// Where clients reach its primary, whichever node that is.
    pub primary: Endpoint,
    /// Its nodes, in an order that does not follow their roles.
    pub nodes: Vec<RedisNode>,
}

/// A Redis server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisNode {
    /// The data plane's name for it, as [`Step::Promoted`] tells it.
    pub name: String,
    /// Where it runs.
    pub zone: Zone,
    /// Its role now.
    pub role: Role,
    /// Where clients reach this very node.
    pub endpoint: Endpoint,
    /// Whether it serves.
    pub alive: bool,
}

/// What a Redis node is to its shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Takes writes.
    Primary,
    /// Follows.
    Replica,
}

/// One of MySQL's log files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// As AWS names it, for example `slowquery/mysql-slowquery.log`.
    pub name: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Last write.
    pub written_at: Timestamp,
}

/// The servers did not do what was asked of them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DataPlaneError {
    /// There is no such server.
    #[error("{0}: no such server in the data plane")]
    Unknown(String),
    /// It was tried and failed.
    #[error("{node}: {why}")]
    Failed {
        /// Which server.
        node: String,
        /// What went wrong.
        why: String,
    },
}

#[cfg(test)]
mod tests {
    use super::Zone;

    #[test]
    fn zones_are_named_by_the_alphabet() {
        assert_eq!(Zone(1).name("eu-west-3"), "eu-west-3a");
        assert_eq!(Zone(3).name("eu-west-3"), "eu-west-3c");
    }
}
