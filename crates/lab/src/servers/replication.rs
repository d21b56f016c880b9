//! Redis's replication: the part a server plays, and how it is given another.

use std::net::SocketAddrV4;

use redis::aio::MultiplexedConnection;
use redis::{InfoDict, Value};

use super::Site;
use crate::protocol::Role;
use crate::roles::Part;
use crate::spec::NodeSpec;

/// Word of `ROLE` for a replica that receives what its primary writes.
pub(super) const IN_TOUCH: &str = "connected";

/// The part a server plays, as it tells by `ROLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The part.
    pub role: Role,
    /// What a replica follows.
    pub follows: Option<SocketAddrV4>,
    /// State of a replica's link; empty for a primary.
    pub link: String,
    /// Bytes of the replication stream that it knows; none of a replica without a link.
    pub offset: Option<u64>,
}

impl Standing {
    /// Whether it plays `part`.
    pub fn plays(&self, part: Part) -> bool {
        match part {
            Part::Primary => self.role == Role::Primary,
            Part::ReplicaOf(primary) => self.follows == Some(primary),
        }
    }

    /// What keeps it from being a full copy; nothing for a primary.
    pub fn lacks(&self) -> Option<String> {
        let follows = self.follows?;
        (self.link != IN_TOUCH).then(|| format!("replicates from {follows}: {}", self.link))
    }
}

/// Asks the server for its part.
///
/// # Errors
/// A text: what it said instead.
pub(crate) async fn standing(connection: &mut MultiplexedConnection) -> Result<Standing, String> {
    let answer: Vec<Value> = redis::cmd("ROLE")
        .query_async(connection)
        .await
        .map_err(|e| e.to_string())?;
    understood(&answer).ok_or_else(|| format!("ROLE answered {answer:?}"))
}

fn understood(answer: &[Value]) -> Option<Standing> {
    match answer {
        [word, Value::Int(offset), ..] if text(word)? == "master" => Some(Standing {
            role: Role::Primary,
            follows: None,
            link: String::new(),
            offset: u64::try_from(*offset).ok(),
        }),
        [word, host, Value::Int(port), link, Value::Int(offset)] if text(word)? == "slave" => {
            let port = u16::try_from(*port).ok()?;
            Some(Standing {
                role: Role::Replica,
                follows: Some(SocketAddrV4::new(text(host)?.parse().ok()?, port)),
                link: text(link)?,
                offset: u64::try_from(*offset).ok(),
            })
        }
        _ => None,
    }
}

pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes.clone()).ok(),
        Value::SimpleString(text) => Some(text.clone()),
        _ => None,
    }
}

/// Makes the server play `part`.
///
/// # Errors
/// A text: what it said instead.
pub(crate) async fn assign(
    connection: &mut MultiplexedConnection,
    part: Part,
) -> Result<(), String> {
    let (host, port) = match part {
        Part::Primary => ("NO".to_owned(), "ONE".to_owned()),
        Part::ReplicaOf(primary) => (primary.ip().to_string(), primary.port().to_string()),
    };
    let mut command = redis::cmd("REPLICAOF");
    command.arg(host).arg(port);
    let assigned = command.query_async::<()>(connection).await;
    assigned.map_err(|e| e.to_string())
}

/// Bytes of the replication stream that the server `node` knows, its primary being alive or not.
///
/// # Errors
/// A text: what it said instead.
pub(crate) async fn offset(site: &Site, node: &NodeSpec) -> Result<u64, String> {
    let mut connection = super::connect_redis(site, node.back_address(0)).await?;
    let info: InfoDict = redis::cmd("INFO")
        .arg("replication")
        .query_async(&mut connection)
        .await
        .map_err(|e| e.to_string())?;
    // A replica's own count goes on while nothing new reaches it; of a primary there is only one.
    let known = info.get("slave_repl_offset");
    known
        .or_else(|| info.get("master_repl_offset"))
        .ok_or_else(|| "INFO tells no replication offset".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[test]
    fn a_replica_without_a_link_lacks_it_and_knows_no_offset() {
        let mut answer = vec![
            word("slave"),
            word("127.20.1.31"),
            Value::Int(16_379),
            word("connect"),
            Value::Int(-1),
        ];
        let standing = understood(&answer).unwrap();
        let primary = "127.20.1.31:16379".parse().unwrap();
        assert!(standing.plays(Part::ReplicaOf(primary)) && !standing.plays(Part::Primary));
        assert_eq!(standing.offset, None);
        let lacks = standing.lacks().unwrap();
        assert_eq!(lacks, "replicates from 127.20.1.31:16379: connect");
        answer[3] = word("connected");
        answer[4] = Value::Int(7);
        let standing = understood(&answer).unwrap();
        assert_eq!((standing.lacks(), standing.offset), (None, Some(7)));
    }

    #[test]
    fn a_replica_of_somebody_else_does_not_play_its_part() {
        let primary = vec![word("master"), Value::Int(3), Value::Array(vec![])];
        let primary = understood(&primary).unwrap();
        let other = Part::ReplicaOf("127.20.2.32:16379".parse().unwrap());
        assert!(primary.plays(Part::Primary) && !primary.plays(other));
        assert_eq!(primary.lacks(), None);
        assert_eq!(understood(&[word("sentinel"), Value::Array(vec![])]), None);
    }
}
