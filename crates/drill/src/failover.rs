//! Failovers as steps of a drill, and the way back from them.

use std::time::{Duration, Instant};

use rlab_evidence::report::ActionReport;
use rlab_lab::LabError;
use rlab_lab::in_charge;
use rlab_lab::protocol::{NodeState, Service};
use rlab_lab::spec::NodeKind;
use rlab_runbook::{Failover, Resolved, Step, Value};
use serde_json::json;

use crate::control::{Control, ControlError, Loss, Operator, Seen};
use crate::error::DrillError;
use crate::record::ArmRecord;
use crate::stage::Stage;
use crate::undo::{Undo, UndoLog};

/// Longest that who runs a server takes until it is back: a broker of MSK's reboots within 15 min.
const HEALING: Duration = Duration::from_secs(15 * 60);
/// Between two looks at it.
const LOOK: Duration = Duration::from_millis(500);

/// A failover of a step: what is lost, by which name the lab knows it, and the way back.
pub(crate) struct Planned {
    of: Failover,
    loss: Loss,
    node: String,
    undo: Undo,
}

/// Every failover of one leg of `drill`, in order.
pub(crate) fn all_of(drill: &Resolved) -> Vec<Failover> {
    let steps = drill.phases.iter().flat_map(|phase| &phase.steps);
    let failovers = steps.filter_map(|step| match step {
        Step::Failover(of) => Some(*of),
        _ => None,
    });
    failovers.collect()
}

/// What `of` takes now: who is in charge, or the broker in the zone where MySQL was.
pub(crate) async fn plan(
    of: Failover,
    step: &Step,
    stage: &Stage,
    control: &dyn Control,
    record: &ArmRecord<'_>,
) -> Result<Planned, DrillError> {
    if let Some(operator) = control.operator() {
        return plan_elsewhere(of, operator, record).await;
    }
    let (service, loss) = match of {
        Failover::Mysql => (Service::Mysql, Loss::Mysql),
        Failover::Redis => (Service::Redis, Loss::Redis),
        Failover::BrokerInZoneOfOldPrimary => {
            let (id, node) = broker(stage, old_zone(record)?)?;
            let undo = Undo::Start { node: node.clone() };
            let loss = Loss::Broker { id };
            return Ok(Planned {
                of,
                loss,
                node,
                undo,
            });
        }
    };
    let planned = stage.client.failover(service, None, true).await;
    let planned = planned.map_err(|source| DrillError::Step {
        step: step.describe(),
        source,
    })?;
    let undo = Undo::FailBack {
        of: service,
        to: planned.from.clone(),
    };
    let node = match service {
        Service::Mysql => service.endpoint().to_owned(),
        Service::Redis => planned.from,
    };
    Ok(Planned {
        of,
        loss,
        node,
        undo,
    })
}

/// What `of` takes of servers that somebody else runs. He brings back himself what was lost, and whoever took over
/// stays in charge: the way back is to see that all of it answers.
async fn plan_elsewhere(
    of: Failover,
    operator: &dyn Operator,
    record: &ArmRecord<'_>,
) -> Result<Planned, DrillError> {
    let (loss, node) = match of {
        Failover::Mysql => (Loss::Mysql, "mysql".to_owned()),
        Failover::Redis => (Loss::Redis, "redis".to_owned()),
        Failover::BrokerInZoneOfOldPrimary => {
            let zone = old_zone(record)?;
            let id = operator.broker_in(zone).await;
            let id = id.ok_or_else(|| no_broker(format!("zone {zone} is told to have none")))?;
            (Loss::Broker { id }, format!("kafka-{id}"))
        }
    };
    let undo = Undo::Heals { node: node.clone() };
    Ok(Planned {
        of,
        loss,
        node,
        undo,
    })
}

/// Has `planned` happen if it is allowed, after its undo is on disk, and records what is proven of it.
pub(crate) async fn carry_out(
    planned: Planned,
    step: &Step,
    control: &dyn Control,
    undo: &mut UndoLog,
    record: &mut ArmRecord<'_>,
    phase: &str,
) -> Result<(), DrillError> {
    let failed = |source: ControlError| DrillError::Failover {
        step: step.describe(),
        source,
    };
    control.allows(&[planned.of]).await.map_err(failed)?;
    undo.record(planned.undo)?;
    let at_s = record.now_s();
    let done = control.fail_over(planned.loss).await.map_err(failed)?;
    record.note("failover", json!({ "phase": phase, "told": done }))?;
    if let Some(away) = done.away {
        let away_ms = Value::Number(away.as_secs_f64() * 1_000.0);
        record.sample("failover.control_ms", Some(phase), away_ms);
    }
    let seen = done.seen.iter().map(Seen::to_string);
    let not_seen = done.unproven.iter().map(|why| format!("not proven: {why}"));
    let proof: Vec<String> = seen.chain(not_seen).collect();
    if let Some(why) = done.unproven {
        let what = format!("{} of phase {phase} is proven", step.describe());
        record.unproven.push((what, why));
    }
    record.actions.push(ActionReport {
        at_s,
        until_s: None,
        phase: phase.to_owned(),
        action: step.name().to_owned(),
        target: planned.node,
        proof: proof.join(", "),
    });
    Ok(())
}

fn old_zone<'a>(record: &'a ArmRecord<'_>) -> Result<&'a str, DrillError> {
    let zone = record.old_zone.as_deref();
    zone.ok_or_else(|| no_broker("nobody told where MySQL stood".to_owned()))
}

fn broker(stage: &Stage, zone: &str) -> Result<(u32, String), DrillError> {
    let in_zone = stage.site.spec.brokers().filter(|node| node.zone == zone);
    let mut found = in_zone.filter_map(|node| match node.kind {
        NodeKind::Broker { id } => Some((u32::from(id), node.name.clone())),
        _ => None,
    });
    found
        .next()
        .ok_or_else(|| no_broker(format!("zone {zone} has none")))
}

fn no_broker(why: String) -> DrillError {
    DrillError::Measure {
        what: "the broker of the zone that was lost",
        why,
    }
}

/// Waits until `node`, which somebody else runs and brings back, answers the lab's supervisor.
///
/// # Errors
/// When it does not in time, with what it says instead.
pub(crate) async fn heals(stage: &Stage, node: &str) -> Result<(), LabError> {
    let deadline = Instant::now() + HEALING;
    loop {
        let status = stage.client.status().await?;
        let found = status.nodes.iter().find(|n| n.node == node);
        let detail = match found {
            Some(found) if found.state == NodeState::Ready => return Ok(()),
            Some(found) => found.detail.clone().unwrap_or_default(),
            None => "the lab has no such node".to_owned(),
        };
        if Instant::now() > deadline {
            let minutes = HEALING.as_secs() / 60;
            return Err(LabError::Supervisor(format!(
                "{node} is not back after {minutes} min: {detail}"
            )));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Puts `to` in charge of `of` again, and demands that the server behind the name says so.
pub(crate) async fn back(stage: &Stage, of: Service, to: &str) -> Result<(), LabError> {
    stage
        .client
        .failover(of, Some(to.to_owned()), false)
        .await?;
    let seen = match of {
        Service::Mysql => in_charge::mysql_zone(&stage.site).await,
        Service::Redis => in_charge::redis_primary(&stage.site).await,
    };
    match seen.as_deref() == Some(to) {
        true => Ok(()),
        false => Err(LabError::Supervisor(format!(
            "{} was given back to {to}, and {} has it",
            of.endpoint(),
            seen.as_deref().unwrap_or("nobody")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Mutex;
    use std::time::Duration;

    use futures::FutureExt;
    use futures::future::BoxFuture;
    use rlab_evidence::{Journal, RunDir};
    use rlab_lab::{ErrorKind, LabHome};

    use super::*;
    use crate::control::FailedOver;

    /// Allows what it is told to, and looks at the undo log when it is asked for a failover.
    #[derive(Debug)]
    struct Fake {
        refuses: Option<&'static str>,
        unproven: Option<&'static str>,
        undo_log: PathBuf,
        found_on_disk: Mutex<Option<String>>,
    }

    impl Control for Fake {
        fn allows<'a>(&'a self, _: &'a [Failover]) -> BoxFuture<'a, Result<(), ControlError>> {
            let refused = self.refuses.map(|why| ControlError::Refused {
                why: why.to_owned(),
                next: "wait".to_owned(),
            });
            async { refused.map_or(Ok(()), Err) }.boxed()
        }

        fn fail_over(&self, _: Loss) -> BoxFuture<'_, Result<FailedOver, ControlError>> {
            let log = std::fs::read_to_string(&self.undo_log).unwrap();
            *self.found_on_disk.lock().unwrap() = Some(log);
            let seen = Seen {
                what: "redis-2 took over".to_owned(),
                at: None,
                heard_at: None,
            };
            let done = FailedOver {
                away: Some(Duration::from_millis(1_500)),
                seen: vec![seen],
                unproven: self.unproven.map(str::to_owned),
            };
            async { Ok(done) }.boxed()
        }

        fn longest(&self, _: Failover) -> Duration {
            Duration::from_secs(1)
        }
    }

    struct Scene {
        home: tempfile::TempDir,
        undo: UndoLog,
        journal: Journal,
    }

    fn scene() -> Scene {
        let home = tempfile::tempdir().unwrap();
        let dir = LabHome::at(home.path()).lab("default").unwrap();
        std::fs::create_dir_all(dir.path()).unwrap();
        let undo = UndoLog::open(&dir).unwrap();
        let (_, journal) = RunDir::create(&home.path().join("evidence"), "E-045").unwrap();
        Scene {
            home,
            undo,
            journal,
        }
    }

    impl Scene {
        fn fake(&self) -> Fake {
            let dir = LabHome::at(self.home.path()).lab("default").unwrap();
            Fake {
                refuses: None,
                unproven: None,
                undo_log: dir.undo_log(),
                found_on_disk: Mutex::new(None),
            }
        }
    }

    fn planned() -> Planned {
        Planned {
            of: Failover::Redis,
            loss: Loss::Redis,
            node: "redis".to_owned(),
            undo: Undo::FailBack {
                of: Service::Redis,
                to: "redis".to_owned(),
            },
        }
    }

    const STEP: Step = Step::Failover(Failover::Redis);

    #[tokio::test]
    async fn the_way_back_is_on_disk_before_the_fault() {
        let mut scene = scene();
        let fake = scene.fake();
        let mut record = ArmRecord::new(&mut scene.journal, "correct");
        let done = carry_out(
            planned(),
            &STEP,
            &fake,
            &mut scene.undo,
            &mut record,
            "cache",
        );
        done.await.unwrap();
        let found = fake.found_on_disk.lock().unwrap().clone().unwrap();
        assert!(found.contains("fail_back"), "{found}");
        assert_eq!(record.actions[0].proof, "redis-2 took over");
        let away = record.sampled.values().next().unwrap();
        assert_eq!(*away, Value::Number(1_500.0));
        assert!(record.unproven.is_empty());
    }

    #[tokio::test]
    async fn what_is_refused_changes_nothing_and_is_no_finding_about_the_system() {
        let mut scene = scene();
        let fake = Fake {
            refuses: Some("the quota is used up"),
            ..scene.fake()
        };
        let mut record = ArmRecord::new(&mut scene.journal, "correct");
        let refused = carry_out(
            planned(),
            &STEP,
            &fake,
            &mut scene.undo,
            &mut record,
            "cache",
        );
        let refused = refused.await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Denied);
        assert_eq!(
            refused.to_string(),
            "failover redis: refused: the quota is used up"
        );
        assert_eq!(refused.hint().as_deref(), Some("wait"));
        assert!(scene.undo.is_empty());
        assert_eq!(*fake.found_on_disk.lock().unwrap(), None);
    }

    #[tokio::test]
    async fn a_failover_without_proof_is_recorded_as_such() {
        let mut scene = scene();
        let fake = Fake {
            unproven: Some("no event within 600 s"),
            ..scene.fake()
        };
        let mut record = ArmRecord::new(&mut scene.journal, "correct");
        let done = carry_out(
            planned(),
            &STEP,
            &fake,
            &mut scene.undo,
            &mut record,
            "cache",
        );
        done.await.unwrap();
        let (what, why) = &record.unproven[0];
        assert_eq!(what, "failover redis of phase cache is proven");
        assert_eq!(why, "no event within 600 s");
        let proof = &record.actions[0].proof;
        assert!(
            proof.ends_with("not proven: no event within 600 s"),
            "{proof}"
        );
    }
}
