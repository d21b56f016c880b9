//! Kafka client configuration shared by producers and consumers.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rdkafka::client::{Client, OAuthToken};
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::producer::{Producer, ProducerContext};
use rdkafka::{ClientContext, TopicPartitionList};
use rlab_contract::agent_config::AgentConfig;
use rlab_contract::login::{KafkaProof, security_protocol as protocol};
use rlab_contract::topics::PARTITIONER;

use crate::Agent;
use crate::address::{AddressMap, UnknownEndpoint};
use crate::iam;
use crate::ready::Readiness;
use crate::server::NoAccess;
use crate::token::{NoToken, Token, Tokens};

const ASK_WITHIN: Duration = Duration::from_secs(2);

/// The brokers as this agent reaches them. Clones share the tokens.
#[derive(Debug, Clone)]
pub struct Cluster {
    config: Arc<AgentConfig>,
    addresses: AddressMap,
    tokens: Option<Tokens>,
}

/// Sends librdkafka's own messages to our log, its group membership to readiness, and our tokens to
/// the brokers.
#[derive(Debug, Clone)]
pub struct Context {
    group: Option<(Readiness, &'static str)>,
    tokens: Option<Tokens>,
}

impl Cluster {
    /// The brokers of `agent`; with IAM, readiness waits for their token as `kafka token`.
    pub fn new(agent: &Agent) -> Self {
        let tokens = match &agent.config.kafka.proof {
            KafkaProof::Nothing { .. } | KafkaProof::Scram { .. } => None,
            KafkaProof::Iam { region, .. } => Some(iam::kafka::tokens(agent, region)),
        };
        Self::with_tokens(Arc::clone(&agent.config), agent.addresses.clone(), tokens)
    }

    /// The brokers of `config`; `tokens` are what is shown to them when it says IAM.
    pub fn with_tokens(
        config: Arc<AgentConfig>,
        addresses: AddressMap,
        tokens: Option<Tokens>,
    ) -> Self {
        Self {
            config,
            addresses,
            tokens,
        }
    }

    /// The token of this moment.
    ///
    /// # Errors
    /// [`NoToken`] when there is none, and where none are shown.
    pub fn token(&self) -> Result<Token, NoToken> {
        let tokens = self.tokens.as_ref().ok_or(NoToken::NotYet("kafka token"))?;
        tokens.current()
    }

    /// The context of a client that is in no group.
    pub fn context(&self) -> Context {
        Context {
            group: None,
            tokens: self.tokens.clone(),
        }
    }

    /// The context of a consumer: `name` becomes ready when the group has given it partitions, or none.
    pub fn context_in_group(&self, readiness: &Readiness, name: &'static str) -> Context {
        readiness.needs(name);
        Context {
            group: Some((readiness.clone(), name)),
            ..self.context()
        }
    }

    /// Settings common to all clients: who we are, whom to ask first, and quick reconnects, since the
    /// brokers of a lab come back within seconds.
    ///
    /// # Errors
    /// [`NoAccess`] when none of the bootstrap endpoints has an address, or there is no token yet: a
    /// client that is made without one tries again only ten seconds later.
    pub fn client(&self) -> Result<ClientConfig, NoAccess> {
        if let Some(tokens) = &self.tokens {
            tokens.current()?;
        }
        let login = &self.config.kafka;
        let mut client = ClientConfig::new();
        client
            .set(
                "bootstrap.servers",
                bootstrap(&login.endpoints, &self.addresses)?,
            )
            .set("client.id", &self.config.node)
            .set("reconnect.backoff.ms", "100")
            .set("reconnect.backoff.max.ms", "1000")
            .set("socket.connection.setup.timeout.ms", "5000")
            .set("topic.metadata.refresh.interval.ms", "5000");
        prove(&mut client, &login.proof);
        Ok(client)
    }

    /// An idempotent producer that waits for all in-sync replicas and partitions as Java clients do.
    /// `delivery_timeout` bounds the time from sending to the delivery report; zero means no bound.
    ///
    /// # Errors
    /// As [`Self::client`].
    pub fn producer(&self, delivery_timeout: Duration) -> Result<ClientConfig, NoAccess> {
        let mut producer = self.client()?;
        producer
            .set("partitioner", PARTITIONER)
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("linger.ms", "5")
            .set("batch.size", "131072")
            .set("queue.buffering.max.messages", "100000")
            .set(
                "delivery.timeout.ms",
                delivery_timeout.as_millis().to_string(),
            );
        Ok(producer)
    }

    /// A consumer in the namespace's group that commits only when told to, and whose death is noticed
    /// within six seconds.
    ///
    /// # Errors
    /// As [`Self::client`].
    pub fn consumer(&self) -> Result<ClientConfig, NoAccess> {
        let mut consumer = self.client()?;
        consumer
            .set("group.id", &self.config.namespace.group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", "read_committed")
            .set("session.timeout.ms", "6000")
            .set("heartbeat.interval.ms", "1500")
            .set("fetch.wait.max.ms", "100");
        Ok(consumer)
    }
}

/// Sets who we are, and through what we say so. For tokens the client needs a context that shows them.
pub fn prove(client: &mut ClientConfig, proof: &KafkaProof) {
    let roots = match proof {
        KafkaProof::Nothing { transport } => transport.roots(),
        KafkaProof::Scram {
            user,
            password,
            transport,
        } => {
            client
                .set("sasl.mechanism", "SCRAM-SHA-512")
                .set("sasl.username", user)
                .set("sasl.password", password.expose());
            transport.roots()
        }
        KafkaProof::Iam { roots, .. } => {
            client.set("sasl.mechanism", "OAUTHBEARER");
            Some(roots)
        }
    };
    let logs_in = !matches!(proof, KafkaProof::Nothing { .. });
    client.set("security.protocol", protocol(logs_in, roots.is_some()));
    let Some(roots) = roots else {
        return;
    };
    client.set("ssl.endpoint.identification.algorithm", "https");
    if let Some(pem) = roots.pem() {
        client.set("ssl.ca.pem", pem);
    }
}

impl ClientContext for Context {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    /// Called while a client is polled, also when it has nothing to do, at four fifths of the life of
    /// the token it has. It does not wait: the next token has been signed by then.
    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        let tokens = self.tokens.as_ref();
        let token = tokens
            .ok_or("this agent proves itself by password")?
            .current()?;
        as_shown(&token)
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            // Settings that are experimental or without effect; tests see that all are accepted.
            _ if facility == "CONFWARN" => tracing::debug!(facility, message, "librdkafka"),
            RDKafkaLogLevel::Debug | RDKafkaLogLevel::Info | RDKafkaLogLevel::Notice => {
                tracing::debug!(facility, message, "librdkafka");
            }
            _ => tracing::warn!(facility, message, "librdkafka"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(%error, reason, "kafka");
    }
}

/// `token` as librdkafka shows it.
///
/// # Errors
/// When it runs out at no time that can be told.
pub fn as_shown(token: &Token) -> Result<OAuthToken, Box<dyn Error>> {
    let life = token.runs_out.duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(OAuthToken {
        token: token.text.expose().to_owned(),
        principal_name: String::new(),
        lifetime_ms: i64::try_from(life.as_millis())?,
    })
}

impl ConsumerContext for Context {
    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Some((readiness, name)) = &self.group else {
            return;
        };
        match rebalance {
            Rebalance::Assign(partitions) => {
                tracing::info!(partitions = partitions.count(), "assigned");
                readiness.answered(name);
            }
            Rebalance::Revoke(partitions) => {
                tracing::info!(partitions = partitions.count(), "revoked");
            }
            Rebalance::Error(error) => readiness.waits(name, error),
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::warn!(%error, "offsets not committed");
        }
    }
}

/// Asks the cluster whether `topic` exists and has leaders. Blocks: for a blocking thread.
///
/// # Errors
/// What is missing.
pub fn topic_answers<C: ClientContext>(client: &Client<C>, topic: &str) -> Result<(), String> {
    let metadata = client
        .fetch_metadata(Some(topic), ASK_WITHIN)
        .map_err(|e| e.to_string())?;
    let Some(found) = metadata.topics().iter().find(|t| t.name() == topic) else {
        return Err(format!("topic {topic} is not in the metadata"));
    };
    if let Some(error) = found.error() {
        let code = rdkafka::error::RDKafkaErrorCode::from(error);
        return Err(format!("topic {topic}: {code}"));
    }
    match found.partitions().iter().find(|p| p.leader() < 0) {
        Some(partition) => Err(format!(
            "topic {topic}: partition {} has no leader",
            partition.id()
        )),
        None => Ok(()),
    }
}

/// Asks the cluster about `topic` through `producer`, away from the runtime's threads.
///
/// # Errors
/// As [`topic_answers`].
pub async fn producer_reaches<C: ProducerContext>(
    producer: Arc<impl Producer<C> + Send + Sync + 'static>,
    topic: String,
) -> Result<(), String> {
    tokio::task::spawn_blocking(move || topic_answers(producer.client(), &topic))
        .await
        .map_err(|e| e.to_string())?
}

/// Endpoints without an address are left out as long as one has it.
fn bootstrap(endpoints: &[String], addresses: &AddressMap) -> Result<String, UnknownEndpoint> {
    let mut known = Vec::new();
    let mut unknown = None;
    for name in endpoints {
        match addresses.resolve(name) {
            Ok(address) => known.push(address.to_string()),
            Err(error) => unknown = Some(error),
        }
    }
    match unknown {
        Some(error) if known.is_empty() => Err(error),
        _ => Ok(known.join(",")),
    }
}

#[cfg(test)]
mod tests {
    use rlab_contract::agent_config::Addresses;
    use rlab_contract::login::{Roots, Transport};

    use super::*;

    fn cluster(known: &str, proof: Option<KafkaProof>, tokens: Option<Tokens>) -> Cluster {
        let mut config = crate::config::sample();
        config.kafka.proof = proof.unwrap_or(config.kafka.proof);
        let addresses = Addresses::Fixed(serde_json::from_str(known).unwrap());
        Cluster::with_tokens(
            config.into(),
            AddressMap::new(&addresses, crate::address::Resolve::EachConnect),
            tokens,
        )
    }

    fn iam() -> Option<KafkaProof> {
        Some(KafkaProof::Iam {
            region: "eu-central-1".into(),
            roots: Roots::System,
        })
    }

    #[test]
    fn one_known_broker_is_enough_to_start_from() {
        let cluster = cluster(r#"{"kafka-2": "127.0.0.1:19192"}"#, None, None);
        let built = cluster.producer(Duration::from_secs(3)).unwrap();
        assert_eq!(built.get("bootstrap.servers"), Some("127.0.0.1:19192"));
        assert_eq!(built.get("delivery.timeout.ms"), Some("3000"));
        assert_eq!(built.get("partitioner"), Some("murmur2_random"));
    }

    #[tokio::test]
    async fn librdkafka_accepts_every_setting() {
        let mut tokens = Tokens::keep(&Readiness::default(), "t", || async {
            Ok::<_, String>(Token {
                text: "token-text".into(),
                runs_out: SystemTime::now() + Duration::from_secs(900),
            })
        });
        tokens.renewed().await;
        for (proof, tokens) in [(None, None), (iam(), Some(tokens))] {
            let cluster = cluster(r#"{"kafka-1": "127.0.0.1:1"}"#, proof, tokens);
            let producer = cluster.producer(Duration::from_secs(3)).unwrap();
            assert!(producer.create_native_config().is_ok());
            assert!(cluster.consumer().unwrap().create_native_config().is_ok());
        }
    }

    #[test]
    fn no_known_broker_is_named_as_the_error() {
        let error = cluster("{}", None, None).client().unwrap_err();
        assert!(error.to_string().contains("kafka-2"), "{error}");
    }

    #[tokio::test]
    async fn no_client_is_made_before_there_is_a_token_to_show() {
        let readiness = Readiness::default();
        let never = || std::future::pending::<Result<Token, String>>();
        let tokens = Tokens::keep(&readiness, "kafka token", never);
        let cluster = cluster(r#"{"kafka-1": "127.0.0.1:1"}"#, iam(), Some(tokens));
        let error = cluster.client().unwrap_err().to_string();
        assert_eq!(error, "kafka token has not been signed yet");
    }

    #[test]
    fn brokers_that_ask_nobody_who_he_is_are_shown_no_login() {
        let protocol = |transport| {
            let mut client = ClientConfig::new();
            prove(&mut client, &KafkaProof::Nothing { transport });
            assert_eq!(client.get("sasl.mechanism"), None);
            client.get("security.protocol").map(str::to_owned)
        };
        assert_eq!(protocol(Transport::Plain).as_deref(), Some("PLAINTEXT"));
        let tls = Transport::Tls(Roots::System);
        assert_eq!(protocol(tls).as_deref(), Some("SSL"));
    }

    #[test]
    fn a_token_goes_over_tls_with_the_name_checked_and_in_no_other_way() {
        let mut client = ClientConfig::new();
        prove(&mut client, &iam().unwrap());
        assert_eq!(client.get("security.protocol"), Some("SASL_SSL"));
        let checked = client.get("ssl.endpoint.identification.algorithm");
        assert_eq!(checked, Some("https"));
    }
}
