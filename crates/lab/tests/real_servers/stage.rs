//! A Kafka, a MySQL and a Redis by TLS only, and a lab whose profile names them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use futures::FutureExt;
use futures::future::BoxFuture;
use rlab_agent_kit::iam::{self, SigningError};
use rlab_agent_kit::token::Token;
use rlab_contract::address::Address;
use rlab_contract::login::CacheKind;
use rlab_lab::profile::{
    External, ExternalEngine, KafkaIam, LabProfile, MysqlIam, ProfileSchema, RedisIam, TheirCache,
    TheirKafka, TheirLogin, TheirMysql, TheirRedis, TheirRegistry, Tls,
};
use rlab_lab::secrets::Secrets;
use rlab_lab::servers::{Signer, Site};
use rlab_lab::spec::{LabSpec, Signing};
use rlab_lab::{LabHome, reach};
use tempfile::TempDir;

use crate::certificates::Authority;
use crate::kafka_server::{Broker, broker, unsecured};
use crate::mysql_server::{Mysql, mysql};
use crate::process::servers;
use crate::redis_server::{Served, redis};

const REGION: &str = "eu-central-1";
const CACHE: &str = "rlab-x";
/// What servers are given to start.
const WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(200);

pub struct Stage {
    pub site: Site,
    kafka: Broker,
    mysql: Mysql,
    redis: Served,
    _dir: TempDir,
}

impl Stage {
    /// Returns when every server has let the lab in.
    pub async fn start() -> Self {
        let token = redis_token();
        let (kafka, mysql, redis) = (broker(), mysql(), redis(token.text.expose()));
        let (kafka, mysql, redis) = tokio::join!(kafka, mysql, redis);
        let dir = TempDir::new().unwrap();
        let profile = External {
            schema: ProfileSchema::V1,
            name: "mine".to_owned(),
            engine: ExternalEngine::External,
            zones: vec!["here".to_owned()],
            rehearsed: false,
            address_map: None,
            allow: Vec::new(),
            kafka: TheirKafka {
                brokers: vec![localhost(kafka.port).to_string()],
                login: Some(TheirLogin::by_iam(
                    None,
                    KafkaIam {
                        region: REGION.to_owned(),
                    },
                )),
                tls: tls(dir.path(), "kafka", &kafka.authority),
            },
            mysql: TheirMysql {
                address: localhost(mysql.port).to_string(),
                login: TheirLogin::by_iam(
                    Some("agent"),
                    MysqlIam {
                        region: REGION.to_owned(),
                    },
                ),
                tls: tls(dir.path(), "mysql", &mysql.authority),
            },
            redis: TheirRedis {
                addresses: vec![localhost(redis.port).to_string()],
                login: Some(TheirLogin::by_iam(Some("agent"), cache())),
                tls: tls(dir.path(), "redis", &redis.authority),
            },
            registry: TheirRegistry {
                address: None,
                zone: Some("here".to_owned()),
                heap_mib: Some(96),
            },
            agents: BTreeMap::new(),
        };
        let (_, servers) = servers().await;
        let profile = LabProfile::External(Box::new(profile));
        let spec = LabSpec::resolve("mine", profile, 0, servers, PathBuf::new()).unwrap();
        let secrets = Secrets {
            admin_token: String::new(),
            mysql: BTreeMap::new(),
            redis: BTreeMap::new(),
            kafka: BTreeMap::new(),
        };
        let home = LabHome::at(dir.path()).lab("mine").unwrap();
        let mut site = Site::new(home, spec, secrets);
        site.signer = Arc::new(Signs { right: true });
        let end = tokio::time::Instant::now() + WITHIN;
        while let Err(error) = reach(&site).await {
            assert!(tokio::time::Instant::now() < end, "{error}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Self {
            site,
            kafka,
            mysql,
            redis,
            _dir: dir,
        }
    }

    pub fn show_wrong_tokens(&mut self) {
        self.site.signer = Arc::new(Signs { right: false });
    }

    pub fn kafka(&self) -> Address {
        localhost(self.kafka.port)
    }

    pub fn mysql(&self) -> Address {
        localhost(self.mysql.port)
    }

    pub fn redis(&self) -> Address {
        localhost(self.redis.port)
    }
}

fn localhost(port: u16) -> Address {
    format!("localhost:{port}").parse().unwrap()
}

fn tls(dir: &Path, server: &str, authority: &Authority) -> Option<Tls> {
    let ca = dir.join(format!("{server}.pem"));
    std::fs::write(&ca, authority.roots().pem().unwrap()).unwrap();
    Some(Tls { ca: Some(ca) })
}

fn cache() -> RedisIam {
    RedisIam {
        region: REGION.to_owned(),
        cache: CACHE.to_owned(),
        kind: TheirCache::ReplicationGroup,
    }
}

/// A token as ElastiCache would get it, signed by nobody that AWS knows, always the same.
pub fn redis_token() -> Token {
    let credentials = Credentials::new("AKIDEXAMPLE", "a-secret", None, None, "tests");
    let signer = iam::Signer {
        credentials: &credentials,
        now: SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000),
        region: REGION,
    };
    iam::redis::sign(signer, CACHE, CacheKind::ReplicationGroup, "agent").unwrap()
}

/// Signs what the servers of the test know, or what they do not.
#[derive(Debug)]
struct Signs {
    right: bool,
}

impl Signer for Signs {
    fn sign<'a>(
        &'a self,
        signing: &'a Signing,
        _: &'a Address,
    ) -> BoxFuture<'a, Result<Token, SigningError>> {
        let right = match signing {
            Signing::Kafka { .. } => unsecured(),
            Signing::Mysql { .. } => Token {
                text: "first".into(),
                ..unsecured()
            },
            Signing::Redis { .. } => redis_token(),
        };
        let wrong = || Token {
            text: "wrong-token".into(),
            ..unsecured()
        };
        let token = if self.right { right } else { wrong() };
        async move { Ok(token) }.boxed()
    }
}
