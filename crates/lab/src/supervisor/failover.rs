//! Failover: who is in charge is lost on purpose, what stands by takes over, the lost one stands by.
//!
//! The parts are written down between the kill and the takeover. From then on each node's own task
//! brings its node to its part, so that a supervisor that dies here leaves nothing that the next
//! `up` would not complete.

use std::time::{Duration, Instant};

use futures::future::join_all;

use super::Lab;
use super::node::NodeRequest;
use crate::protocol::{Failover, NodeEvent, NodeVerb, Role, Service};
use crate::servers::replication;
use crate::spec::{NodeKind, NodeSpec};

/// How long a server may take to tell how much it knows.
const TELLING: Duration = Duration::from_secs(1);
/// How long a replica that answers may take to become the primary.
const PROMOTION: Duration = Duration::from_secs(20);

/// Who took over, how long it took, and what was lost by it.
#[derive(Default)]
struct Takeover {
    to: String,
    away: Duration,
    settled: Duration,
    behind_bytes: Option<u64>,
}

impl Lab {
    /// Has `of` taken over by `to`, or by who is best placed; with `dry_run` only says by whom.
    ///
    /// # Errors
    /// A text: why nothing can take over, or did not.
    pub(super) async fn fail_over(
        &self,
        of: Service,
        to: Option<String>,
        dry_run: bool,
    ) -> Result<Failover, String> {
        let work = async {
            let _turn = self.turn.lock().await;
            let from = self.in_charge(of);
            let able = self.successors(of, to).await?;
            let to = able.first().cloned().unwrap_or_default();
            let done = match of {
                _ if dry_run => Takeover {
                    to,
                    ..Takeover::default()
                },
                _ if to == from => self.start_all_of(of, to).await?,
                Service::Mysql => self.move_mysql(to).await?,
                Service::Redis => self.promote(&from, &able).await?,
            };
            Ok(Failover {
                schema: "rlab/failover/v1".to_owned(),
                lab: self.site.spec.lab.clone(),
                of,
                from,
                to: done.to,
                done: !dry_run,
                away_ms: millis(done.away),
                settled_ms: millis(done.settled),
                behind_bytes: done.behind_bytes,
            })
        };
        tokio::select! {
            () = self.ending.cancelled() => Err("the lab is going down".to_owned()),
            done = work => done,
        }
    }

    fn in_charge(&self, of: Service) -> String {
        let roles = self.cast.now();
        match of {
            Service::Mysql => roles.mysql_zone,
            Service::Redis => roles.redis_primary,
        }
    }

    /// Who can take over, the best placed first: `wanted` alone where it is given.
    async fn successors(&self, of: Service, wanted: Option<String>) -> Result<Vec<String>, String> {
        let mut nodes = self.site.spec.nodes.iter();
        if nodes.any(|n| n.kind.word() == of.endpoint() && n.theirs.is_some()) {
            return Err("it is not run by this lab, which cannot have it taken over".to_owned());
        }
        let now = self.in_charge(of);
        if wanted.as_ref() == Some(&now) {
            return Ok(vec![now]);
        }
        let others: Vec<String> = match of {
            Service::Mysql => {
                let mysql = self.site.spec.first(NodeKind::Mysql);
                let seats = mysql.into_iter().flat_map(NodeSpec::seats);
                seats.map(|seat| seat.zone).filter(|z| *z != now).collect()
            }
            Service::Redis => {
                let servers = self.site.spec.redis().map(|n| n.name.clone());
                servers.filter(|name| *name != now).collect()
            }
        };
        let able: Vec<String> = match &wanted {
            None => others.clone(),
            Some(wanted) => others.iter().filter(|o| *o == wanted).cloned().collect(),
        };
        match (able.is_empty(), others.is_empty(), of) {
            (true, true, _) => Err("nothing stands by: the profile gives it no standby".to_owned()),
            (true, false, _) => {
                let wanted = wanted.unwrap_or_default();
                let others = others.join(", ");
                Err(format!("`{wanted}` cannot take over (what can: {others})"))
            }
            (false, _, Service::Mysql) => Ok(able),
            (false, _, Service::Redis) => {
                let able = self.by_knowledge(&able).await;
                match able.is_empty() {
                    true => Err("no replica answers".to_owned()),
                    false => Ok(able.into_iter().map(|(name, _)| name).collect()),
                }
            }
        }
    }

    /// Those of `servers` that answer with what they know, who knows most first.
    async fn by_knowledge(&self, servers: &[String]) -> Vec<(String, u64)> {
        let asking = servers.iter().map(|name| async move {
            let known = self.knows(name).await?;
            Some((name.clone(), known))
        });
        let mut told: Vec<(String, u64)> = join_all(asking).await.into_iter().flatten().collect();
        told.sort_by_key(|(_, known)| std::cmp::Reverse(*known));
        told
    }

    /// Bytes of the replication stream that the Redis `name` knows.
    async fn knows(&self, name: &str) -> Option<u64> {
        let node = self.site.spec.node(name)?;
        let asking = replication::offset(&self.site, node);
        tokio::time::timeout(TELLING, asking).await.ok()?.ok()
    }

    /// Whoever should be in charge is, as far as is written down: it is only started, and so is what
    /// stands by.
    async fn start_all_of(&self, of: Service, to: String) -> Result<Takeover, String> {
        let kind = match of {
            Service::Mysql => NodeKind::Mysql,
            Service::Redis => NodeKind::Redis,
        };
        let nodes = self.site.spec.nodes.iter().filter(|n| n.kind == kind);
        let starting = nodes.map(|n| self.ask(&n.name, NodeRequest::Verb(NodeVerb::Start)));
        join_all(starting)
            .await
            .into_iter()
            .collect::<Result<(), String>>()?;
        Ok(Takeover {
            to,
            ..Takeover::default()
        })
    }

    async fn move_mysql(&self, to: String) -> Result<Takeover, String> {
        let mysql = self.site.spec.first(NodeKind::Mysql);
        let mysql = mysql.ok_or("the lab has none")?;
        let begun = Instant::now();
        self.ask(&mysql.name, NodeRequest::Move(to.clone())).await?;
        // The standby is a place: nothing has to come back.
        let away = begun.elapsed();
        Ok(Takeover {
            to,
            away,
            settled: away,
            behind_bytes: None,
        })
    }

    /// Kills the primary `from` and promotes who knows most of `able`.
    async fn promote(&self, from: &str, able: &[String]) -> Result<Takeover, String> {
        let sent = self.knows(from).await;
        let before = self.events.newest();
        let begun = Instant::now();
        self.ask(from, NodeRequest::Verb(NodeVerb::Kill)).await?;
        let chosen = self.by_knowledge(able).await.into_iter().next();
        let written = match &chosen {
            Some((to, _)) => {
                let change = self.cast.change(|roles| roles.redis_primary.clone_from(to));
                change.map_err(|e| e.to_string())
            }
            None => Err("the replicas stopped answering".to_owned()),
        };
        let promoted = match written {
            Ok(()) => self.is_promoted(&chosen.unwrap_or_default().0).await,
            Err(why) => Err(why),
        };
        let away = begun.elapsed();
        // Whatever became of the takeover, the lost one comes back in the part it has now.
        let back = self.ask(from, NodeRequest::Verb(NodeVerb::Start)).await;
        let to = promoted?;
        back?;
        let offset = self.events.after(before).into_iter().find_map(|told| {
            let offset = match told.event {
                NodeEvent::Promoted { offset } => offset,
                _ => return None,
            };
            (told.node == to).then_some(offset)
        });
        Ok(Takeover {
            to,
            away,
            settled: begun.elapsed(),
            behind_bytes: sent.zip(offset).map(|(sent, got)| sent.saturating_sub(got)),
        })
    }

    /// Waits until `to` was seen to be the primary.
    async fn is_promoted(&self, to: &str) -> Result<String, String> {
        let handle = self.nodes.get(to).ok_or("it is not supervised")?;
        let mut status = handle.status.clone();
        let seen = status.wait_for(|s| s.role == Some(Role::Primary));
        match tokio::time::timeout(PROMOTION, seen).await {
            Ok(Ok(_)) => Ok(to.to_owned()),
            _ => Err(format!(
                "{to} was not seen to be the primary within {} s",
                PROMOTION.as_secs()
            )),
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
