//! Failovers by the lab's supervisor, which kills by itself and sees what becomes of it.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use rlab_lab::LabError;
use rlab_lab::client::LabClient;
use rlab_lab::protocol::{NodeVerb, Service};
use rlab_lab::spec::LabSpec;
use rlab_runbook::Failover;

use crate::control::{Control, ControlError, FailedOver, Loss, Seen};
use crate::steps;

/// At most a node that starts.
const LONGEST: Duration = Duration::from_secs(60);

/// The supervisor of a lab on this machine.
#[derive(Debug)]
pub(crate) struct Supervised {
    client: LabClient,
    spec: LabSpec,
}

impl Supervised {
    pub fn new(client: LabClient, spec: LabSpec) -> Self {
        Self { client, spec }
    }

    async fn service(&self, of: Service) -> Result<FailedOver, LabError> {
        let before = self.newest().await?;
        let done = self.client.failover(of, None, false).await?;
        let plays = |node: &str| {
            let node = self.spec.node(node);
            node.is_some_and(|node| node.kind.word() == of.endpoint())
        };
        let mut seen = self.seen(before, plays).await?;
        seen.extend(
            done.behind_bytes
                .map(|bytes| told(format!("{bytes} bytes of the replication stream were lost"))),
        );
        Ok(FailedOver {
            away: Some(Duration::from_millis(done.away_ms)),
            seen,
            unproven: None,
        })
    }

    async fn broker(&self, id: u32) -> Result<FailedOver, LabError> {
        let broker = format!("kafka-{id}");
        let before = self.newest().await?;
        self.client.node(&broker, NodeVerb::Kill).await?;
        self.client.node(&broker, NodeVerb::Start).await?;
        Ok(FailedOver {
            away: None,
            seen: self.seen(before, |node| node == broker).await?,
            unproven: None,
        })
    }

    async fn newest(&self) -> Result<u64, LabError> {
        let events = self.client.events(0).await?;
        Ok(events.last().map_or(0, |event| event.sequence))
    }

    /// What happened to the nodes that `plays` names.
    async fn seen(&self, after: u64, plays: impl Fn(&str) -> bool) -> Result<Vec<Seen>, LabError> {
        let events = self.client.events(after).await?;
        let of_them = events.into_iter().filter(|event| plays(&event.node));
        let in_words = of_them.filter_map(|event| {
            let words = steps::in_words(&event.event)?;
            Some(told(format!("{}: {words}", event.node)))
        });
        Ok(in_words.collect())
    }
}

fn told(what: String) -> Seen {
    Seen {
        what,
        at: None,
        heard_at: None,
    }
}

impl Control for Supervised {
    /// A lab that lacks what takes over was refused before.
    fn allows<'a>(&'a self, _: &'a [Failover]) -> BoxFuture<'a, Result<(), ControlError>> {
        async { Ok(()) }.boxed()
    }

    fn fail_over(&self, loss: Loss) -> BoxFuture<'_, Result<FailedOver, ControlError>> {
        async move {
            Ok(match loss {
                Loss::Mysql => self.service(Service::Mysql).await?,
                Loss::Redis => self.service(Service::Redis).await?,
                Loss::Broker { id } => self.broker(id).await?,
            })
        }
        .boxed()
    }

    fn longest(&self, _: Failover) -> Duration {
        LONGEST
    }
}
