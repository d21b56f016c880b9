//! The final sweep: every item is read through query-service after the drain.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures::StreamExt;
use rlab_evidence::JsonlWriter;
use rlab_lab::servers::Site;
use rlab_ledger::Fact;
use rlab_runbook::Agent;
use rlab_store::{MySqlConnection, snapshot};

use super::failed;
use crate::error::DrillError;
use crate::load::{ANSWER_TIMEOUT, Client, Question, of_read};

/// Reads under way at once: few, since nobody waits for the last one.
const READERS: usize = 16;
/// After which an item without an answer is left out. The judge sees that one is missing.
const ATTEMPTS: u32 = 3;

/// When nothing was on its way any more, and how old a read may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sweep {
    pub drained_at: Instant,
    pub bound: Duration,
}

impl Sweep {
    /// Reads the items of the read model, later than the bound after the drain: what is old by then
    /// will stay so.
    pub async fn run(
        self,
        site: &Site,
        connection: &mut MySqlConnection,
        facts: &mut JsonlWriter<Fact>,
    ) -> Result<(), DrillError> {
        let service = site.spec.node(Agent::QueryService.node());
        let service = service.ok_or_else(|| failed("the read side", "the lab has none"))?;
        let address = service.front_address(0).into();
        let patience = self.bound + Duration::from_millis(1);
        tokio::time::sleep_until((self.drained_at + patience).into()).await;
        let client = Client::new(ANSWER_TIMEOUT);
        let read = snapshot::read_model(connection)
            .map(|row| {
                let client = &client;
                async move {
                    let item_id = row.map_err(|e| failed("MySQL", e))?.item_id;
                    Ok::<_, DrillError>(self.read(client, address, item_id).await)
                }
            })
            .buffer_unordered(READERS);
        let mut read = std::pin::pin!(read);
        while let Some(fact) = read.next().await {
            if let Some(fact) = fact? {
                facts.write(&fact)?;
            }
        }
        Ok(())
    }

    async fn read(self, client: &Client, address: SocketAddr, item_id: String) -> Option<Fact> {
        for _ in 0..ATTEMPTS {
            let asked_us = self.drained_at.elapsed().as_micros();
            let request = Question::Read.request(&item_id).ok()?;
            let answer = client.ask(address, request).await;
            let told = answer.and_then(|answer| of_read(&answer));
            if let Some(version) = told.ok().and_then(|told| told.version()) {
                return Some(Fact::Cached {
                    item_id,
                    version,
                    asked_us: u64::try_from(asked_us).unwrap_or(u64::MAX),
                });
            }
        }
        tracing::warn!(item_id, "no answer to the sweep");
        None
    }
}
