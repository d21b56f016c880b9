//! What the pipeline needs of its servers: what the permission model grants, and how its topics are shaped.

use std::collections::{BTreeMap, BTreeSet};

use rlab_access::{Model, System};
use rlab_contract::topics;
use rlab_runbook::Server;

use crate::data::Kind;

/// The agent that makes topics.
const RUNNER: &str = "runner";
/// A topic as the pipeline has it, among the ways to speak to Kafka.
pub(crate) const TOPIC: &str = "topic";
/// Where topics are shaped.
const TOPICS: &str = "crates/contract/src/topics.rs";

/// Something that agents need of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Of which server.
    pub server: Server,
    /// What kind of thing.
    pub kind: Kind,
    /// Its name, as the lists have it.
    pub name: String,
    /// What it is set to, of what has a value.
    pub value: Option<String>,
    /// Who needs it.
    pub by: BTreeSet<String>,
    /// Where that is said.
    pub places: Vec<String>,
}

/// Everything that `model` grants on Redis and MySQL, and every setting of a topic; each once, sorted by kind
/// and name.
pub fn needs(model: &Model) -> Vec<Need> {
    let mut needs: BTreeMap<(Kind, String), Need> = BTreeMap::new();
    for (index, grant) in model.file().grant.iter().enumerate() {
        let Some(resource) = model.file().resources.get(&grant.resource) else {
            continue;
        };
        let of = resource.kind.server();
        let (server, kind) = match of {
            Some(System::Redis) => (Server::Redis, Kind::Command),
            Some(System::Mysql) => (Server::Mysql, Kind::Privilege),
            _ => continue,
        };
        if grant.only.is_some() && grant.only != of {
            continue;
        }
        let named = grant.operations.iter();
        let named = named.filter_map(|name| resource.kind.operation(name)?.native);
        for name in named {
            let need = needs
                .entry((kind, name.to_owned()))
                .or_insert_with(|| Need {
                    server,
                    kind,
                    name: name.to_owned(),
                    value: None,
                    by: BTreeSet::new(),
                    places: Vec::new(),
                });
            need.by.insert(grant.agent.clone());
            need.places
                .push(format!("{}:{}", model.name(), model.line_of(index)));
        }
    }
    needs.into_values().chain(of_topics()).collect()
}

/// That a topic of the pipeline can be made at all, and each setting that it is made with.
fn of_topics() -> impl Iterator<Item = Need> {
    let need = |kind, name: &str, value| Need {
        server: Server::Kafka,
        kind,
        name: name.to_owned(),
        value,
        by: BTreeSet::from([RUNNER.to_owned()]),
        places: vec![TOPICS.to_owned()],
    };
    let settings = topics::domain_events("any").config.into_iter();
    let settings = settings.map(move |(name, value)| need(Kind::TopicSetting, name, Some(value)));
    settings.chain([need(Kind::Interface, TOPIC, None)])
}
