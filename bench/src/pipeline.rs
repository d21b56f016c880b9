//! A lab whose agents are measured one at a time, and what a measurement needs of it.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use reqwest::Client;
use rlab_contract::agent_config::Namespace;
use rlab_contract::envelope::SCHEMA_JSON;
use rlab_contract::registry::RegistryClient;
use rlab_contract::topics::value_subject;
use rlab_lab::pipeline::own_namespace;
use rlab_lab::servers::{Site, kafka_settings};
use rlab_lab::spec::{NodeKind, NodeSpec};
use rlab_store::connect;
use rlab_store::{MySqlConnectOptions, MySqlPool, accounts};

use crate::tool::{BenchError, Tool};

/// Without progress for this long a measurement is given up.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A running lab of the local profile.
pub struct Pipeline {
    tool: Tool,
    pub site: Site,
    pub namespace: Namespace,
    http: Client,
}

impl Pipeline {
    /// Brings a lab up; it goes down when this is dropped.
    pub async fn up(port_offset: u16) -> Result<Self, BenchError> {
        let mut tool = Tool::beside(port_offset)?;
        eprintln!("brings a lab up");
        tool.up().await?;
        let site = Site::load(tool.lab()?)?;
        let http = Client::builder().no_proxy().build();
        Ok(Self {
            tool,
            site,
            namespace: own_namespace(),
            http: http.map_err(BenchError::of("http"))?,
        })
    }

    /// `rlab-ops node VERB NODE`.
    pub async fn node(&self, verb: &str, node: &str) -> Result<(), BenchError> {
        self.tool.run(&["node", verb, node]).await
    }

    /// `rlab-ops` with `words`; what it printed, whichever verdict it ended with.
    pub async fn rlab(&self, words: &[&str]) -> Result<Vec<u8>, BenchError> {
        self.tool.said(words).await
    }

    /// URL of `path` on the agent `node`.
    pub fn url(&self, node: &str, path: &str) -> Result<String, BenchError> {
        let address = self.address(node);
        let address = address.ok_or_else(|| BenchError::of("the lab")(format!("no {node}")))?;
        Ok(format!("http://{address}{path}"))
    }

    /// Waits until `node`'s counter `name` has grown to `end`; returns how fast it grew, per second,
    /// from the first look that saw it move.
    pub async fn growth(&self, node: &str, name: &str, end: f64) -> Result<f64, BenchError> {
        let mut first = None;
        let mut last = (Instant::now(), 0.0);
        loop {
            let value = self.counter(node, name).await.unwrap_or(0.0);
            let now = Instant::now();
            if value > last.1 {
                last = (now, value);
                let (begun, from) = *first.get_or_insert((now, value));
                if value >= end {
                    return Ok((value - from) / (now - begun).as_secs_f64());
                }
            }
            if last.0.elapsed() > PATIENCE {
                return Err(BenchError::Stuck {
                    what: format!("{name} of {node}"),
                    reached: last.1,
                    wanted: end,
                });
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn counter(&self, node: &str, name: &str) -> Option<f64> {
        let url = format!("http://{}/metrics", self.address(node)?);
        let text = self.http.get(url).send().await.ok()?.text().await.ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().parse().ok()
    }

    fn address(&self, node: &str) -> Option<String> {
        let node = self.site.spec.node(node)?;
        Some(node.front_address(0).to_string())
    }

    /// A pool of the lab's administrator in `database`.
    pub fn mysql(&self, database: &str, size: u32) -> Result<MySqlPool, BenchError> {
        Ok(connect::open_pool(self.mysql_options(database)?, size))
    }

    fn mysql_options(&self, database: &str) -> Result<MySqlConnectOptions, BenchError> {
        let node = self.first(NodeKind::Mysql)?;
        let password = self.site.secrets.mysql.get(accounts::ADMIN);
        let address = node.way(0);
        let password = password.map_or("", String::as_str);
        Ok(connect::options_by_name(
            (address.host(), address.port()),
            accounts::ADMIN,
            password,
            Some(database),
        ))
    }

    /// Kafka clients of the lab's administrator.
    pub fn kafka(&self) -> Result<ClientConfig, BenchError> {
        Ok(kafka_settings(&self.site, accounts::ADMIN)?)
    }

    /// The registry's id of the envelope on the topic of `namespace`.
    pub async fn schema_id(&self) -> Result<u32, BenchError> {
        let registry = self.first(NodeKind::Registry)?.front_address(0).to_string();
        let subject = value_subject(&self.namespace.topic);
        RegistryClient::default()
            .register(&registry, &subject, SCHEMA_JSON)
            .await
            .map_err(BenchError::of("the registry"))
    }

    fn first(&self, kind: NodeKind) -> Result<&NodeSpec, BenchError> {
        let node = self.site.spec.first(kind);
        node.ok_or_else(|| BenchError::of("the lab")(format!("it has no {kind:?}")))
    }
}
