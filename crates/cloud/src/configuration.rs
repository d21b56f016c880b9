//! What each task is told: where its servers are, and how it proves who it is.

use std::collections::BTreeMap;

use rlab_contract::address::Address;
use rlab_contract::agent_config::{Addresses, AgentConfig};
use rlab_contract::login::{
    CaCertificate, CacheKind, CacheSigning, KafkaLogin, KafkaProof, Login, Proof, RdsSigning,
    Roots, Secret,
};
use rlab_lab::profile::AGENTS;
use rlab_lab::secrets::RUNNER;
use rlab_lab::servers::{Site, client_config};
use rlab_lab::{LabDir, files, pipeline};
use rlab_store::accounts;
use serde::{Deserialize, Serialize};

use crate::deployed::Deployed;
use crate::error::CloudError;
use crate::in_vpc::RunnerConfig;
use crate::prepare::{Owner, Servers};
use crate::rds_ca;
use crate::record::{Paths, Record};

/// How far the ports of a rehearsed task's lab are from those of the lab itself, on the same machine. It listens with
/// agents only, whose ports are neighbours.
const BESIDE: u16 = 50;

/// Tokens of the agents' admin routes, drawn once per lab.
#[derive(Serialize, Deserialize)]
struct Tokens {
    admin: String,
}

/// Task → text of its secret.
///
/// # Errors
/// When the lab's token cannot be kept, or an address is none.
pub(crate) async fn texts(
    record: &Record,
    dir: &LabDir,
    deployed: &Deployed,
) -> Result<BTreeMap<String, String>, CloudError> {
    let paths = &Paths::of(dir);
    let token = token(paths)?;
    // The servers of a rehearsal are not spoken to by these.
    let database = match record.is_rehearsed() {
        true => Roots::System,
        false => authority(paths, rds_ca::find(record, paths).await?)?,
    };
    let mut texts = BTreeMap::new();
    for agent in AGENTS {
        let config = agent_config(record, deployed, agent, &token, &database)?;
        texts.insert(agent.to_owned(), json(&config)?);
    }
    let bucket = deployed
        .evidence
        .as_ref()
        .and_then(|e| e.bucket_arn.rsplit(':').next());
    let runner = RunnerConfig {
        lab: record.lab.clone(),
        region: record.region.clone(),
        evidence_bucket: bucket.map(str::to_owned),
        servers: match record.is_rehearsed() {
            true => servers_here(dir)?,
            false => servers_there(record, deployed, &token, database)?,
        },
        profile: record.profile.name.clone(),
        rehearsed: record.is_rehearsed(),
        port_offset: match record.is_rehearsed() {
            true => record.port_offset + BESIDE,
            false => 0,
        },
        deployed: deployed.clone(),
    };
    texts.insert("runner".to_owned(), json(&runner)?);
    Ok(texts)
}

/// The servers of a rehearsal, whose users come with them.
fn servers_here(dir: &LabDir) -> Result<Servers, CloudError> {
    let site = Site::load(dir.clone())?;
    Ok(Servers {
        client: client_config(&site, RUNNER),
        user_host: accounts::HOST.to_owned(),
        owner: None,
    })
}

pub(crate) fn servers_there(
    record: &Record,
    deployed: &Deployed,
    token: &str,
    database: Roots,
) -> Result<Servers, CloudError> {
    let mut client = agent_config(record, deployed, "runner", token, &database)?;
    RUNNER.clone_into(&mut client.mysql.user);
    let secret = deployed.mysql.owner_secret_arn.clone();
    Ok(Servers {
        client,
        user_host: accounts::ANYWHERE.to_owned(),
        owner: secret.map(|secret_arn| Owner {
            secret_arn,
            roots: database,
        }),
    })
}

fn json(value: &impl Serialize) -> Result<String, CloudError> {
    serde_json::to_string(value).map_err(|e| CloudError::BadFile {
        path: "task configuration".into(),
        reason: e.to_string(),
    })
}

fn authority(paths: &Paths, pem: String) -> Result<Roots, CloudError> {
    let certificate = CaCertificate::try_from(pem).map_err(|e| CloudError::BadFile {
        path: paths.rds_ca(),
        reason: e.to_string(),
    })?;
    Ok(Roots::Given(certificate))
}

fn token(paths: &Paths) -> Result<String, CloudError> {
    let path = paths.tokens();
    if !path.exists() {
        let admin = rlab_lab::secrets::secret();
        files::write_json(&path, &Tokens { admin }, files::OWNER_ONLY)?;
    }
    Ok(files::read_json::<Tokens>(&path)?.admin)
}

/// An agent in the VPC comes by IAM over TLS, everywhere.
fn agent_config(
    record: &Record,
    deployed: &Deployed,
    agent: &str,
    token: &str,
    database: &Roots,
) -> Result<AgentConfig, CloudError> {
    let (addresses, brokers) = addresses(deployed)?;
    let region = record.region.clone();
    let port = deployed.tasks.get(agent).and_then(|task| task.port);
    let serverless = deployed.redis.kind != "replication-group";
    Ok(AgentConfig {
        node: agent.to_owned(),
        // The address of a task is known to itself alone, and its security group is its door.
        listen: format!("0.0.0.0:{}", port.unwrap_or_default()),
        addresses: Addresses::Fixed(addresses),
        admin_token: Secret::from(token),
        supervisor_socket: "/tmp/supervisor.sock".into(),
        mysql: Login {
            endpoint: "mysql".into(),
            user: rlab_lab::secrets::identity(agent),
            proof: Proof::Iam {
                signing: RdsSigning {
                    region: region.clone(),
                },
                roots: database.clone(),
            },
        },
        redis: Login {
            endpoint: "redis".into(),
            user: format!("rlab-{}-{agent}", record.lab),
            proof: Proof::Iam {
                signing: CacheSigning {
                    region: region.clone(),
                    cache: deployed.redis.id.clone(),
                    kind: match serverless {
                        true => CacheKind::Serverless,
                        false => CacheKind::ReplicationGroup,
                    },
                },
                roots: Roots::System,
            },
        },
        kafka: KafkaLogin {
            endpoints: brokers,
            proof: KafkaProof::Iam {
                region,
                roots: Roots::System,
            },
        },
        registry: "registry".into(),
        namespace: pipeline::own_namespace(),
        crash_rules: Vec::new(),
        settings: BTreeMap::new(),
    })
}

/// Endpoint name → address, and the names of the brokers.
fn addresses(deployed: &Deployed) -> Result<(BTreeMap<String, Address>, Vec<String>), CloudError> {
    let mut all = BTreeMap::new();
    let mut add = |name: &str, address: String| {
        let read = address
            .parse::<Address>()
            .map_err(|e| CloudError::BadFile {
                path: format!("address of {name}").into(),
                reason: e.to_string(),
            })?;
        all.insert(name.to_owned(), read);
        Ok::<(), CloudError>(())
    };
    let (mysql, redis) = (&deployed.mysql, &deployed.redis);
    add("mysql", format!("{}:{}", mysql.writer_address, mysql.port))?;
    add("redis", format!("{}:{}", redis.primary_address, redis.port))?;
    if let Some(registry) = deployed.tasks.get("registry")
        && let (Some(host), Some(port)) = (&registry.host, registry.port)
    {
        add("registry", format!("{host}:{port}"))?;
    }
    let mut brokers = Vec::new();
    for (number, address) in (1..).zip(&deployed.kafka.bootstrap_brokers) {
        let name = format!("kafka-{number}");
        add(&name, address.clone())?;
        brokers.push(name);
    }
    Ok((all, brokers))
}
