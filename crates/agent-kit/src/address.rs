//! Where the lab's endpoints are: a file that is read again when it changes, or what the configuration
//! says once and for all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rlab_contract::address::Address;
use rlab_contract::agent_config::Addresses;
use serde::Deserialize;
use tokio::sync::watch;

const LOOK_EVERY: Duration = Duration::from_millis(200);

type Map = BTreeMap<String, Address>;

/// When a server's name is turned into its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolve {
    /// When the agent starts: what drills show the cost of.
    Once,
    /// With every connection.
    #[default]
    EachConnect,
}

/// Why an endpoint has no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("endpoint `{name}` is not in {source_name} (it has: {known})")]
pub struct UnknownEndpoint {
    name: String,
    source_name: Arc<str>,
    known: String,
}

/// Resolves endpoint names. Clones share one map.
#[derive(Debug, Clone)]
pub struct AddressMap {
    source_name: Arc<str>,
    current: watch::Receiver<Arc<Map>>,
}

impl AddressMap {
    /// The addresses as the lab gives them. A file is read now and its changes are followed in the
    /// background unless names are to be resolved once; one that is missing or broken leaves the map as
    /// it was (empty at first) and is reported in the log.
    pub fn new(addresses: &Addresses, resolve: Resolve) -> Self {
        match addresses {
            Addresses::File(file) => Self::read(file.clone(), resolve),
            Addresses::Fixed(map) => Self {
                source_name: "the agent's configuration".into(),
                // Without its sender the map never changes.
                current: watch::channel(Arc::new(map.clone())).1,
            },
        }
    }

    fn read(file: PathBuf, resolve: Resolve) -> Self {
        let file: Arc<Path> = file.into();
        let source_name = format!("the address map {}", file.display()).into();
        let mut follower = Follower::new(file);
        let (sender, mut current) = watch::channel(Arc::new(Map::new()));
        follower.look(&sender);
        current.mark_unchanged();
        if resolve == Resolve::Once {
            return Self {
                source_name,
                current,
            };
        }
        tokio::spawn(async move {
            while !sender.is_closed() {
                tokio::time::sleep(LOOK_EVERY).await;
                follower.look(&sender);
            }
        });
        Self {
            source_name,
            current,
        }
    }

    /// Address of the endpoint called `name`, at this moment.
    ///
    /// # Errors
    /// [`UnknownEndpoint`] when the map has no such name.
    pub fn resolve(&self, name: &str) -> Result<Address, UnknownEndpoint> {
        let map = self.current.borrow();
        map.get(name).cloned().ok_or_else(|| UnknownEndpoint {
            name: name.to_owned(),
            source_name: Arc::clone(&self.source_name),
            known: map.keys().cloned().collect::<Vec<_>>().join(", "),
        })
    }

    /// Waits until the map has changed since the last call on this clone.
    pub async fn changed(&mut self) {
        if self.current.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// What tells one state of a file from another.
type Stamp = Option<(SystemTime, u64)>;

struct Follower {
    file: Arc<Path>,
    seen: Option<Stamp>,
}

impl Follower {
    fn new(file: Arc<Path>) -> Self {
        Self { file, seen: None }
    }

    fn look(&mut self, sender: &watch::Sender<Arc<Map>>) {
        let stamp = stamp(&self.file);
        if self.seen == Some(stamp) {
            return;
        }
        self.seen = Some(stamp);
        match read(&self.file) {
            Ok(map) => {
                sender.send_if_modified(|current| {
                    let differs = **current != map;
                    if differs {
                        *current = Arc::new(map);
                    }
                    differs
                });
            }
            Err(reason) => {
                tracing::warn!(file = %self.file.display(), reason, "address map not usable");
            }
        }
    }
}

fn stamp(file: &Path) -> Stamp {
    let metadata = std::fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn read(file: &Path) -> Result<Map, String> {
    let text = std::fs::read(file).map_err(|e| e.to_string())?;
    serde_json::from_slice(&text).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_changed_file_moves_the_endpoint_and_a_broken_one_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("addresses.json");
        std::fs::write(&file, r#"{"mysql": "127.0.1.1:3306"}"#).unwrap();
        let each = Resolve::EachConnect;
        let mut map = AddressMap::new(&Addresses::File(file.clone()), each);
        let pinned = AddressMap::new(&Addresses::File(file.clone()), Resolve::Once);
        assert_eq!(map.resolve("mysql").unwrap().to_string(), "127.0.1.1:3306");

        std::fs::write(&file, "{ broken").unwrap();
        let (sender, receiver) = watch::channel(Arc::clone(&map.current.borrow()));
        Follower::new(file.clone().into()).look(&sender);
        assert_eq!(receiver.borrow().len(), 1);

        std::fs::write(&file, r#"{"mysql": "127.0.2.1:13306"}"#).unwrap();
        map.changed().await;
        assert_eq!(map.resolve("mysql").unwrap().to_string(), "127.0.2.1:13306");
        let stuck = pinned.resolve("mysql").unwrap().to_string();
        assert_eq!(stuck, "127.0.1.1:3306", "whoever resolves once stays there");
        let error = map.resolve("redis").unwrap_err().to_string();
        assert!(
            error.contains("`redis`") && error.contains("mysql"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn addresses_in_the_configuration_are_host_names_and_stay() {
        let address: Address = "db.example.com:3306".parse().unwrap();
        let fixed = Addresses::Fixed([("mysql".to_owned(), address.clone())].into());
        let mut map = AddressMap::new(&fixed, Resolve::EachConnect);
        assert_eq!(map.resolve("mysql").unwrap(), address);
        let error = map.resolve("redis").unwrap_err().to_string();
        assert!(error.contains("the agent's configuration"), "{error}");
        let changed = tokio::time::timeout(Duration::from_millis(20), map.changed());
        assert!(changed.await.is_err());
    }
}
