//! Carries out the actions of a runbook, each after its undo is on disk.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use rlab_contract::agent_config::Namespace;
use rlab_evidence::report::ActionReport;
use rlab_lab::client::LabClient;
use rlab_lab::protocol::{CrashBudget, NodeEvent, NodeVerb};
use rlab_runbook::{Instance, Server, Step};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::access;
use crate::compat;
use crate::control::Control;
use crate::error::DrillError;
use crate::failover;
use crate::record::ArmRecord;
use crate::stage::Stage;
use crate::undo::{Undo, UndoLog};

/// Passes of a crash point between two kills: enough that the service has work in hand again.
const FEWEST_HITS: u32 = 10;
const MOST_HITS: u32 = 60;
const SIGSTOP: i32 = 19;

/// Does `step`. What it returns ends a fault by itself later.
pub(crate) async fn carry_out(
    step: &Step,
    (stage, namespace): (&Stage, &Namespace),
    control: &dyn Control,
    undo: &mut UndoLog,
    record: &mut ArmRecord<'_>,
    phase: &str,
    seed: u64,
) -> Result<Option<JoinHandle<()>>, DrillError> {
    record.note("action", json!({ "phase": phase, "does": step.describe() }))?;
    let failed = |source| DrillError::Step {
        step: step.describe(),
        source,
    };
    match step {
        Step::Crash {
            agent,
            instance,
            point,
            times,
        } => {
            let node = agent.instance_node(*instance);
            undo.record(Undo::Disarm { node: node.clone() })?;
            let budget = CrashBudget {
                point: point.clone(),
                times: times.get(),
                min_hits: FEWEST_HITS,
                max_hits: MOST_HITS,
                seed: of_its_own(seed, phase, &node),
            };
            // The kills themselves are reported when they are seen.
            stage
                .client
                .arm_crash(&node, budget)
                .await
                .map_err(failed)?;
        }
        Step::AgentKill { agent, instance } => {
            let node = agent.instance_node(*instance);
            // A spare is stopped in the end anyway.
            if *instance == Instance::FIRST {
                undo.record(Undo::Start { node: node.clone() })?;
            }
            verb(stage, record, phase, step, &node, NodeVerb::Kill).await?;
        }
        Step::AgentStart { agent, instance } => {
            let node = agent.instance_node(*instance);
            verb(stage, record, phase, step, &node, NodeVerb::Start).await?;
        }
        Step::BrokerKill { broker } => {
            let node = format!("kafka-{broker}");
            undo.record(Undo::Start { node: node.clone() })?;
            verb(stage, record, phase, step, &node, NodeVerb::Kill).await?;
        }
        Step::BrokerStart { broker } => {
            let node = format!("kafka-{broker}");
            verb(stage, record, phase, step, &node, NodeVerb::Start).await?;
        }
        Step::BrokerPause { brokers, lasts } => {
            let nodes: Vec<String> = brokers.iter().map(|b| format!("kafka-{b}")).collect();
            for node in &nodes {
                undo.record(Undo::Resume { node: node.clone() })?;
            }
            for node in &nodes {
                verb(stage, record, phase, step, node, NodeVerb::Pause).await?;
            }
            return Ok(Some(resume_after(lasts.get(), nodes, stage.client.clone())));
        }
        Step::Failover(of) => {
            let planned = failover::plan(*of, step, stage, control, record).await?;
            failover::carry_out(planned, step, control, undo, record, phase).await?;
        }
        Step::ConnectionsCut(server) => cut(*server, step, stage, record, phase).await?,
        Step::AccessProbe(rights) => {
            access::carry_out(*rights, step, stage, namespace, undo, record, phase).await?;
        }
        Step::CompatProbe(probe) => {
            compat::carry_out(*probe, step, stage, undo, record, phase).await?;
        }
        // A drill with this is refused before it starts.
        Step::CacheFill { .. } => {
            return Err(DrillError::NotYet(step.describe()));
        }
    }
    Ok(None)
}

/// Cuts the clients of `server`; each node tells how many there were.
async fn cut(
    server: Server,
    step: &Step,
    stage: &Stage,
    record: &mut ArmRecord<'_>,
    phase: &str,
) -> Result<(), DrillError> {
    let failed = |source| DrillError::Step {
        step: step.describe(),
        source,
    };
    let kind = match server {
        Server::Kafka => "broker",
        Server::Mysql => "mysql",
        Server::Redis => "redis",
    };
    let before = stage.last_event().await.map_err(failed)?;
    let at_s = record.now_s();
    stage.client.cut(kind).await.map_err(failed)?;
    let told = stage.client.events(before).await.map_err(failed)?;
    record.actions.extend(told.iter().filter_map(|told| {
        let NodeEvent::Cut { .. } = told.event else {
            return None;
        };
        Some(ActionReport {
            at_s,
            until_s: None,
            phase: phase.to_owned(),
            action: step.name().to_owned(),
            target: told.node.clone(),
            proof: in_words(&told.event).unwrap_or_default(),
        })
    }));
    Ok(())
}

/// The next action begins meanwhile. A node that was killed or mended by then is left alone.
fn resume_after(time: Duration, nodes: Vec<String>, client: LabClient) -> JoinHandle<()> {
    tokio::spawn(async move {
        tokio::time::sleep(time).await;
        for node in nodes {
            if let Err(error) = client.node(&node, NodeVerb::Resume).await {
                tracing::warn!(node, %error, "not resumed");
            }
        }
    })
}

/// Another seed for each phase and node, the same in each drill with the same `seed`.
fn of_its_own(seed: u64, phase: &str, node: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, phase, node).hash(&mut hasher);
    hasher.finish()
}

/// Does `verb` to `node`, with what was seen of it as its proof.
async fn verb(
    stage: &Stage,
    record: &mut ArmRecord<'_>,
    phase: &str,
    step: &Step,
    node: &str,
    verb: NodeVerb,
) -> Result<(), DrillError> {
    let failed = |source| DrillError::Step {
        step: step.describe(),
        source,
    };
    let before = stage.last_event().await.map_err(failed)?;
    let at_s = record.now_s();
    stage.client.node(node, verb).await.map_err(failed)?;
    let events = stage.client.events(before).await.map_err(failed)?;
    let proof: Vec<String> = events
        .iter()
        .filter(|e| e.node == node)
        .filter_map(|e| in_words(&e.event))
        .collect();
    record.actions.push(ActionReport {
        at_s,
        until_s: None,
        phase: phase.to_owned(),
        action: step.name().to_owned(),
        target: node.to_owned(),
        proof: match proof.is_empty() {
            true => "none seen".to_owned(),
            false => proof.join(", "),
        },
    });
    Ok(())
}

/// What an event proves; nothing of those that prove nothing.
pub(crate) fn in_words(event: &NodeEvent) -> Option<String> {
    Some(match event {
        NodeEvent::Spawned { pid } => format!("pid {pid} started"),
        NodeEvent::Ready { pid } => format!("pid {pid} answers"),
        NodeEvent::Exited {
            pid,
            signal: Some(signal),
            ..
        } => {
            format!("pid {pid} ended by signal {signal}")
        }
        NodeEvent::Exited {
            pid,
            code: Some(code),
            ..
        } => {
            format!("pid {pid} exited with code {code}")
        }
        NodeEvent::Exited { pid, .. } => format!("pid {pid} ended"),
        NodeEvent::Signalled {
            pid,
            signal: SIGSTOP,
        } => format!("pid {pid} stands still by signal {SIGSTOP}"),
        NodeEvent::Moved { from, to } => format!("moved from {from} to {to}"),
        NodeEvent::Promoted { offset } => format!("promoted at offset {offset}"),
        NodeEvent::Serving { endpoint, address } => format!("`{endpoint}` leads to {address}"),
        NodeEvent::Cut { connections } => format!("{connections} connections cut"),
        NodeEvent::Replicates { primary } => format!("copies {primary}"),
        NodeEvent::Adopted { .. }
        | NodeEvent::CrashPoint { .. }
        | NodeEvent::Signalled { .. }
        | NodeEvent::Failed { .. } => return None,
    })
}
