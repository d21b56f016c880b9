//! What agents have to find on the servers: their users, the schema of the lab's own namespace, its topic
//! and its subject. A task of the lab's runner makes it: nobody else is near the servers.

use std::time::Duration;

use rlab_agent_kit::Agent;
use rlab_agent_kit::kafka::Cluster;
use rlab_agent_kit::mysql::connect_options;
use rlab_agent_kit::registry::Registry;
use rlab_agent_kit::server::Server;
use rlab_aws::account::{Account, Journal};
use rlab_contract::agent_config::AgentConfig;
use rlab_contract::login::Roots;
use rlab_contract::{envelope, topics};
use rlab_lab::profile::AGENTS;
use rlab_lab::secrets::{RUNNER, identity};
use rlab_store::connect::{open_one, options_by_name, over_tls};
use rlab_store::{accounts, namespace};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::error::CloudError;
use crate::{in_vpc, topic};

/// The hidden verb of the command line that does it.
pub const PREPARE_VERB: &str = "prepare-servers";

/// How long a server is waited for: the registry is started at the same time.
const PATIENCE: Patience = Patience {
    within: Duration::from_secs(300),
    again_after: Duration::from_secs(2),
};

/// How the runner reaches the servers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Servers {
    /// The runner as a client of them.
    pub client: AgentConfig,
    /// Host part of the users in MySQL.
    pub user_host: String,
    /// Whoever may make users in MySQL; none where they are there with the server.
    pub owner: Option<Owner>,
}

/// The owner of a database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// Secret with name and password, as RDS keeps it.
    pub secret_arn: String,
    /// Who vouches for the server.
    pub roots: Roots,
}

/// How long something is tried.
#[derive(Debug, Clone, Copy)]
struct Patience {
    within: Duration,
    again_after: Duration,
}

/// What RDS writes into an owner's secret.
#[derive(Deserialize)]
struct OwnerSecret {
    username: String,
    password: String,
}

/// Makes what is not there yet, as the runner's configuration in the environment says. `tell` is told
/// each thing that is there, and what is waited for.
///
/// # Errors
/// [`CloudError::NotPrepared`] with the server that did not answer in time, or refused.
pub async fn prepare_servers(tell: &(dyn Fn(&str) + Send + Sync)) -> Result<(), CloudError> {
    let config = in_vpc::told()?;
    let servers = config.servers;
    let agent = Agent::of(servers.client).map_err(|e| CloudError::NotPrepared {
        what: "the runner's configuration",
        why: e.to_string(),
    })?;
    if let Some(owner) = &servers.owner {
        let login = login_of(owner, &config.region).await?;
        let making = || users(&agent, owner, &login);
        until("the users in MySQL", PATIENCE, tell, making).await?;
    }
    let mysql = Server::mysql(&agent);
    let host = servers.user_host.as_str();
    let making = || schema(&agent, &mysql, host);
    until("the schema in MySQL", PATIENCE, tell, making).await?;
    let cluster = Cluster::new(&agent);
    let spec = topics::domain_events(&agent.config.namespace.topic);
    let making = || topic::make(&agent, &cluster, &spec);
    until("the topic in Kafka", PATIENCE, tell, making).await?;
    let registry = Registry::new(&agent.config.registry, agent.addresses.clone());
    let making = || subject(&agent, &registry);
    until("the subject in the registry", PATIENCE, tell, making).await
}

/// Tries `work` until it is done.
async fn until<F>(
    what: &'static str,
    patience: Patience,
    tell: &(dyn Fn(&str) + Send + Sync),
    mut work: impl FnMut() -> F,
) -> Result<(), CloudError>
where
    F: Future<Output = Result<(), String>>,
{
    let deadline = Instant::now() + patience.within;
    let mut said = String::new();
    loop {
        let why = match work().await {
            Ok(()) => {
                tell(&format!("{what}: there"));
                return Ok(());
            }
            Err(why) => why,
        };
        if Instant::now() > deadline {
            return Err(CloudError::NotPrepared { what, why });
        }
        if why != said {
            tell(&format!("{what}: not yet ({why})"));
            said = why;
        }
        tokio::time::sleep(patience.again_after).await;
    }
}

async fn login_of(owner: &Owner, region: &str) -> Result<OwnerSecret, CloudError> {
    let scratch = tempfile::tempdir().map_err(|e| CloudError::io(&std::env::temp_dir(), e))?;
    let journal = Journal::open(&scratch.path().join("journal.jsonl"))?;
    let account = Account::connect(in_vpc::place(region), journal).await?;
    let account = account.step("reading the database owner's password");
    let text = account.secret_text(&owner.secret_arn).await?;
    // What is wrong with it is not told with what it says.
    serde_json::from_str(&text).map_err(|_| CloudError::NotPrepared {
        what: "the users in MySQL",
        why: format!("{} is no secret of RDS's", owner.secret_arn),
    })
}

async fn users(agent: &Agent, owner: &Owner, login: &OwnerSecret) -> Result<(), String> {
    let address = agent.addresses.resolve(&agent.config.mysql.endpoint);
    let address = address.map_err(|e| e.to_string())?;
    let host = (address.host(), address.port());
    let options = options_by_name(host, &login.username, &login.password, None);
    let options = over_tls(options, owner.roots.pem());
    let agents = AGENTS.map(identity);
    let all: Vec<&str> = agents.iter().map(String::as_str).chain([RUNNER]).collect();
    let mut connection = open_one(&options).await.map_err(|e| e.to_string())?;
    accounts::make_for_iam(&mut connection, &all)
        .await
        .map_err(|e| e.to_string())
}

async fn schema(agent: &Agent, mysql: &Server, host: &str) -> Result<(), String> {
    let options = connect_options(mysql, None).map_err(|e| e.to_string())?;
    let mut connection = open_one(&options).await.map_err(|e| e.to_string())?;
    namespace::create(&mut connection, &agent.config.namespace.database, host)
        .await
        .map_err(|e| e.to_string())
}

async fn subject(agent: &Agent, registry: &Registry) -> Result<(), String> {
    let subject = topics::value_subject(&agent.config.namespace.topic);
    let registering = registry.register(&subject, envelope::SCHEMA_JSON);
    registering.await.map(drop).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    const SHORT: Patience = Patience {
        within: Duration::from_millis(20),
        again_after: Duration::from_millis(1),
    };

    #[tokio::test]
    async fn what_does_not_come_is_told_once_and_given_up_with_its_reason() {
        let told = Mutex::new(Vec::new());
        let tell = |text: &str| told.lock().unwrap().push(text.to_owned());
        let begun = Instant::now();
        let failed = until("the topic in Kafka", SHORT, &tell, || async {
            Err("nobody listens".to_owned())
        });
        let error = failed.await.unwrap_err().to_string();
        assert!(
            error.contains("the topic in Kafka: nobody listens"),
            "{error}"
        );
        assert!(begun.elapsed() >= SHORT.within);
        let told = told.into_inner().unwrap();
        assert_eq!(told, ["the topic in Kafka: not yet (nobody listens)"]);
    }

    #[tokio::test]
    async fn what_comes_late_is_there() {
        let mut left = 3;
        let done = until("the schema in MySQL", SHORT, &|_| {}, || {
            left -= 1;
            let left = left;
            async move {
                match left {
                    0 => Ok(()),
                    _ => Err("it starts".to_owned()),
                }
            }
        });
        done.await.unwrap();
        assert_eq!(left, 0);
    }
}
