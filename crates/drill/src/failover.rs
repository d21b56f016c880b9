//! Failovers as steps of a drill, and the way back from them.

use rlab_evidence::report::ActionReport;
use rlab_lab::LabError;
use rlab_lab::in_charge;
use rlab_lab::protocol::{NodeVerb, Service};
use rlab_runbook::{Failover, Step, Value};

use crate::error::DrillError;
use crate::record::ArmRecord;
use crate::stage::Stage;
use crate::steps;
use crate::undo::{Undo, UndoLog};

/// Loses who is in charge of `of`, or the broker in the zone where MySQL was.
pub(crate) async fn carry_out(
    of: Failover,
    step: &Step,
    stage: &Stage,
    undo: &mut UndoLog,
    record: &mut ArmRecord<'_>,
    phase: &str,
) -> Result<(), DrillError> {
    let service = match of {
        Failover::Mysql => Service::Mysql,
        Failover::Redis => Service::Redis,
        Failover::BrokerInZoneOfOldPrimary => {
            let node = broker(stage, record)?;
            undo.record(Undo::Start { node: node.clone() })?;
            steps::verb(stage, record, phase, step, &node, NodeVerb::Kill).await?;
            return steps::verb(stage, record, phase, step, &node, NodeVerb::Start).await;
        }
    };
    let failed = |source| DrillError::Step {
        step: step.describe(),
        source,
    };
    let planned = stage.client.failover(service, None, true).await;
    let planned = planned.map_err(failed)?;
    undo.record(Undo::FailBack {
        of: service,
        to: planned.from,
    })?;
    let before = stage.last_event().await.map_err(failed)?;
    let at_s = record.now_s();
    let done = stage.client.failover(service, None, false).await;
    let done = done.map_err(failed)?;
    let away_ms = Value::Number(done.away_ms as f64);
    record.sample("failover.control_ms", Some(phase), away_ms);
    let events = stage.client.events(before).await.map_err(failed)?;
    let nodes = |node: &str| {
        let node = stage.site.spec.node(node);
        node.is_some_and(|node| node.kind.word() == service.endpoint())
    };
    let mut proof: Vec<String> = events
        .iter()
        .filter(|told| nodes(&told.node))
        .filter_map(|told| Some(format!("{}: {}", told.node, steps::in_words(&told.event)?)))
        .collect();
    proof.extend(
        done.behind_bytes
            .map(|bytes| format!("{bytes} bytes of the replication stream were lost")),
    );
    record.actions.push(ActionReport {
        at_s,
        until_s: None,
        phase: phase.to_owned(),
        action: step.name().to_owned(),
        target: match service {
            Service::Mysql => service.endpoint().to_owned(),
            Service::Redis => done.from,
        },
        proof: proof.join(", "),
    });
    Ok(())
}

fn broker(stage: &Stage, record: &ArmRecord<'_>) -> Result<String, DrillError> {
    let missing = |why: String| DrillError::Measure {
        what: "the broker of the zone that was lost",
        why,
    };
    let zone = record.old_zone.as_deref();
    let zone = zone.ok_or_else(|| missing("MySQL did not tell where it stood".to_owned()))?;
    let found = stage.site.spec.brokers().find(|node| node.zone == zone);
    let found = found.ok_or_else(|| missing(format!("zone {zone} has none")))?;
    Ok(found.name.clone())
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
