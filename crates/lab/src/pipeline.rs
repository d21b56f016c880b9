//! What the pipeline needs beside its servers: a MySQL schema, a topic, a registry subject.
//!
//! Together they are a namespace. The lab has one of its own; every arm of a drill gets another,
//! so that nothing ever has to be wiped between runs.

use std::time::{Duration, Instant};

use kafka_protocol::ResponseError;
use rlab_contract::address::Address;
use rlab_contract::agent_config::Namespace;
use rlab_contract::envelope;
use rlab_contract::registry::RegistryClient;
use rlab_contract::topics;
use rlab_store::MySqlConnection;
use rlab_store::accounts::HOST;
use rlab_store::namespace;

use crate::elsewhere::made;
use crate::error::LabError;
use crate::kafka_wire::Connection;
use crate::layout::broker_listener::CLIENT;
use crate::servers::{Site, connect_kafka, connect_mysql};
use crate::spec::{NodeKind, NodeSpec};

/// Longer than a consumer's session, 6 s.
const GROUP_DEADLINE: Duration = Duration::from_secs(15);

/// What a lab's own namespace is called after.
pub(crate) const OWN: &str = "main";

/// The own namespace of a lab that runs its servers itself; that of any lab is
/// [`LabSpec::own_namespace`](crate::spec::LabSpec::own_namespace).
pub fn own_namespace() -> Namespace {
    Namespace::named(OWN)
}

/// Makes whatever of `namespace` is not there yet.
///
/// # Errors
/// Naming the server that refused.
pub async fn create(site: &Site, wanted: &Namespace) -> Result<(), LabError> {
    made::note(site, wanted)?;
    let mut mysql = admin_connection(site).await?;
    let created = match is_elsewhere(site) {
        // Everybody of the lab is the same user there.
        true => namespace::create_without_grants(&mut mysql, &wanted.database).await,
        false => namespace::create(&mut mysql, &wanted.database, HOST).await,
    };
    created.map_err(|e| LabError::Pipeline(format!("mysql schema `{}`: {e}", wanted.database)))?;
    let topic = topics::domain_events(&wanted.topic);
    let mut broker = any_broker(site).await?;
    broker
        .create_topics(std::slice::from_ref(&topic))
        .await
        .map_err(|e| LabError::Pipeline(format!("kafka: {e}")))?;
    let subject = topics::value_subject(&wanted.topic);
    RegistryClient::default()
        .register(&registry(site)?, &subject, envelope::SCHEMA_JSON)
        .await
        .map_err(|e| LabError::Pipeline(format!("registry subject `{subject}`: {e}")))?;
    Ok(())
}

/// Removes everything of `namespace`; what is already gone is passed over. All parts are tried.
///
/// # Errors
/// Naming every part that could not be removed.
pub async fn remove(site: &Site, unwanted: &Namespace) -> Result<(), LabError> {
    let mut failures = remove_data(site, unwanted).await;
    note(
        &mut failures,
        "registry subject",
        delete_subject(site, unwanted).await,
    );
    all_gone(failures)?;
    made::forget(site, unwanted)
}

/// As [`remove`], from servers that are not the lab's own, whose agents and registry are stopped.
///
/// # Errors
/// As [`remove`].
pub(crate) async fn remove_elsewhere(site: &Site, unwanted: &Namespace) -> Result<(), LabError> {
    let mut failures = remove_data(site, unwanted).await;
    let registry = site.spec.first(NodeKind::Registry);
    if registry.is_some_and(|node| node.theirs.is_some()) {
        let deleted = delete_subject(site, unwanted).await;
        note(&mut failures, "registry subject", deleted);
    }
    all_gone(failures)
}

async fn remove_data(site: &Site, unwanted: &Namespace) -> Vec<String> {
    let mut failures = Vec::new();
    let all = &mut failures;
    note(all, "mysql schema", drop_schema(site, unwanted).await);
    note(all, "kafka topic", delete_topic(site, unwanted).await);
    note(
        all,
        "consumer group",
        delete_group(site, &unwanted.group).await,
    );
    note(
        all,
        "redis keys",
        delete_keys(site, &unwanted.redis_prefix).await,
    );
    failures
}

fn note(failures: &mut Vec<String>, what: &str, result: Result<(), String>) {
    if let Err(error) = result {
        failures.push(format!("{what}: {error}"));
    }
}

fn all_gone(failures: Vec<String>) -> Result<(), LabError> {
    match failures.is_empty() {
        true => Ok(()),
        false => Err(LabError::Pipeline(failures.join("; "))),
    }
}

fn is_elsewhere(site: &Site) -> bool {
    site.spec.mark.is_some()
}

/// Where `endpoint` is for what is made and removed: past the proxy slot of a server that is not the lab's,
/// since `down` removes when the slots are closed.
fn server(site: &Site, endpoint: &str) -> Result<Address, LabError> {
    match site.spec.node(endpoint).filter(|n| n.theirs.is_some()) {
        Some(node) => Ok(node.past_slot(0)),
        None => site.address(endpoint),
    }
}

/// A MySQL connection as the lab's administrator.
///
/// # Errors
/// When the server cannot be reached.
pub async fn admin_connection(site: &Site) -> Result<MySqlConnection, LabError> {
    connect_mysql(site, server(site, "mysql")?, None)
        .await
        .map_err(|e| LabError::Pipeline(format!("mysql: {e}")))
}

/// A connection to the first broker that answers, as the lab's administrator.
///
/// # Errors
/// When none does.
pub async fn any_broker(site: &Site) -> Result<Connection, LabError> {
    let mut last = "the lab has none".to_owned();
    for broker in site.spec.brokers() {
        match connect_kafka(site, broker.past_slot(CLIENT)).await {
            Ok(connection) => return Ok(connection),
            Err(error) => last = format!("{}: {error}", broker.name),
        }
    }
    Err(LabError::Pipeline(format!("no broker answers ({last})")))
}

/// `ip:port` of the schema registry.
pub(crate) fn registry(site: &Site) -> Result<String, LabError> {
    server(site, "registry").map(|address| address.to_string())
}

async fn drop_schema(site: &Site, unwanted: &Namespace) -> Result<(), String> {
    let mut mysql = admin_connection(site).await.map_err(|e| e.to_string())?;
    let dropped = match is_elsewhere(site) {
        true => namespace::drop_without_grants(&mut mysql, &unwanted.database).await,
        false => namespace::drop(&mut mysql, &unwanted.database).await,
    };
    dropped.map_err(|e| e.to_string())
}

async fn delete_topic(site: &Site, unwanted: &Namespace) -> Result<(), String> {
    let mut broker = any_broker(site).await.map_err(|e| e.to_string())?;
    broker
        .delete_topics(std::slice::from_ref(&unwanted.topic))
        .await
}

/// Only a group's coordinator deletes it, so every broker is asked; and a member that was killed
/// keeps its group from being empty until its session ends.
async fn delete_group(site: &Site, group: &str) -> Result<(), String> {
    let deadline = Instant::now() + GROUP_DEADLINE;
    loop {
        let mut answers = Vec::new();
        for broker in site.spec.brokers() {
            match ask_to_delete(site, broker, group).await {
                Ok(None | Some(ResponseError::GroupIdNotFound)) => return Ok(()),
                Ok(Some(error)) => answers.push(format!("{}: {error:?}", broker.name)),
                Err(error) => answers.push(format!("{}: {error}", broker.name)),
            }
        }
        if Instant::now() > deadline {
            return Err(answers.join(", "));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn ask_to_delete(
    site: &Site,
    broker: &NodeSpec,
    group: &str,
) -> Result<Option<ResponseError>, String> {
    let mut connection = connect_kafka(site, broker.past_slot(CLIENT)).await?;
    connection.delete_group(group).await
}

async fn delete_keys(site: &Site, prefix: &str) -> Result<(), String> {
    let mut redis = admin_redis(site).await?;
    let mut cursor = 0_u64;
    loop {
        let (next, keys): (u64, Vec<String>) = redis::cmd("SCAN")
            .arg(cursor)
            .arg("MATCH")
            .arg(format!("{prefix}*"))
            .arg("COUNT")
            .arg(1_000)
            .query_async(&mut redis)
            .await
            .map_err(|e| e.to_string())?;
        if !keys.is_empty() {
            let unlinking = unlink(&keys).query_async::<()>(&mut redis).await;
            unlinking.map_err(|e| e.to_string())?;
        }
        if next == 0 {
            return Ok(());
        }
        cursor = next;
    }
}

/// A command for each key: they lie in several hash slots, and a cluster refuses a command about all of them.
fn unlink(keys: &[String]) -> redis::Pipeline {
    let mut all = redis::pipe();
    for key in keys {
        all.cmd("UNLINK").arg(key).ignore();
    }
    all
}

async fn admin_redis(site: &Site) -> Result<redis::aio::MultiplexedConnection, String> {
    let address = server(site, "redis").map_err(|e| e.to_string())?;
    crate::servers::connect_redis(site, address).await
}

async fn delete_subject(site: &Site, unwanted: &Namespace) -> Result<(), String> {
    let endpoint = registry(site).map_err(|e| e.to_string())?;
    RegistryClient::default()
        .delete_subject(&endpoint, &topics::value_subject(&unwanted.topic))
        .await
        .map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use redis::Arg;

    use super::*;

    #[test]
    fn every_key_is_removed_by_a_command_of_its_own() {
        let keys = ["n:{a}:floor", "n:{b}:floor", "n:{a}:document"].map(str::to_owned);
        let all = unlink(&keys);
        let commands: Vec<Vec<Arg<&[u8]>>> = all
            .cmd_iter()
            .map(|command| command.args_iter().collect())
            .collect();
        let wanted = keys.each_ref().map(|key| {
            vec![
                Arg::Simple(b"UNLINK".as_slice()),
                Arg::Simple(key.as_bytes()),
            ]
        });
        assert_eq!(commands, wanted);
    }
}
