//! Values that can be sampled while a drill runs.

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rlab_contract::agent_config::Namespace;
use rlab_contract::topics;
use rlab_lab::pipeline;
use rlab_lab::protocol::{LabEvent, NodeEvent};
use rlab_lab::secrets::ADMIN;
use rlab_lab::servers::{Bearer, Site, connect_mysql, kafka_consumer};
use rlab_store::snapshot;
use std::time::Duration;

use crate::error::DrillError;

const KAFKA_DEADLINE: Duration = Duration::from_secs(5);
const SIGKILL: i32 = 9;

/// A kill at a crash point that was carried out: asked for, signalled and seen to end by SIGKILL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kill {
    /// Node killed.
    pub node: String,
    /// Its process id.
    pub pid: u32,
    /// Crash point.
    pub point: String,
    /// What was in hand.
    pub detail: String,
    /// RFC 3339 time of its end.
    pub at: String,
}

/// The kills proven by `events`.
pub(crate) fn kills(events: &[LabEvent]) -> Vec<Kill> {
    let ended = |node: &str, wanted: u32| {
        events.iter().find(|e| {
            e.node == node
                && matches!(e.event, NodeEvent::Exited { pid, signal: Some(SIGKILL), .. } if pid == wanted)
        })
    };
    events
        .iter()
        .filter_map(|e| match &e.event {
            NodeEvent::CrashPoint { pid, point, detail } => Some(Kill {
                node: e.node.clone(),
                pid: *pid,
                point: point.clone(),
                detail: detail.clone(),
                at: ended(&e.node, *pid)?.at.clone(),
            }),
            _ => None,
        })
        .collect()
}

/// How many agents were killed that had not asked for it: by `agent.kill`.
pub(crate) fn agent_kills(events: &[LabEvent], is_agent: impl Fn(&str) -> bool) -> usize {
    let asked = |node: &str, wanted: u32| {
        events.iter().any(|e| {
            e.node == node && matches!(e.event, NodeEvent::CrashPoint { pid, .. } if pid == wanted)
        })
    };
    let killed = events.iter().filter(|e| match e.event {
        NodeEvent::Exited {
            pid,
            signal: Some(SIGKILL),
            ..
        } => is_agent(&e.node) && !asked(&e.node, pid),
        _ => false,
    });
    killed.count()
}

/// Size of the smallest in-sync replica set among the partitions of `topic`; `None` while no
/// broker can tell.
pub(crate) async fn isr(site: &Site, topic: &str) -> Option<u64> {
    let mut broker = pipeline::any_broker(site).await.ok()?;
    let partitions = broker.partitions(topic).await.ok()?;
    partitions.iter().map(|p| p.isr.len() as u64).min()
}

/// What is on its way: outbox rows unsettled, and records of the topic that the consumer group has
/// not committed. A row that was published and not yet settled counts as both. `None` while that
/// cannot be told.
pub(crate) async fn pipeline_lag(site: &Site, namespace: &Namespace) -> Option<u64> {
    let rows = backlog(site, namespace).await?;
    Some(rows + uncommitted(site, namespace).await?)
}

/// Whether nothing is on its way any more. `None` while that cannot be told.
pub(crate) async fn settled(site: &Site, namespace: &Namespace) -> Option<bool> {
    // Asking MySQL is cheap; most of the time it has the answer.
    if backlog(site, namespace).await? > 0 {
        return Some(false);
    }
    Some(uncommitted(site, namespace).await? == 0)
}

async fn backlog(site: &Site, namespace: &Namespace) -> Option<u64> {
    let mysql = site.address("mysql").ok()?;
    let connecting = connect_mysql(site, mysql, Some(&namespace.database));
    let mut connection = connecting.await.ok()?;
    snapshot::backlog(&mut connection).await.ok()
}

async fn uncommitted(site: &Site, namespace: &Namespace) -> Option<u64> {
    let (site, namespace) = (site.clone(), namespace.clone());
    let lag = tokio::task::spawn_blocking(move || lag(&site, &namespace));
    u64::try_from(lag.await.ok()?.ok()?).ok()
}

/// Records of the topic that the group has not committed yet.
fn lag(site: &Site, namespace: &Namespace) -> Result<i64, DrillError> {
    let measure = |e: rdkafka::error::KafkaError| DrillError::Measure {
        what: "consumer lag",
        why: e.to_string(),
    };
    let consumer = reader(site, &namespace.group)?;
    let mut partitions = TopicPartitionList::new();
    for partition in 0..topics::PARTITIONS {
        partitions.add_partition(&namespace.topic, partition);
    }
    let committed = consumer
        .committed_offsets(partitions, KAFKA_DEADLINE)
        .map_err(measure)?;
    let mut lag = 0;
    for element in committed.elements() {
        let (low, high) = consumer
            .fetch_watermarks(&namespace.topic, element.partition(), KAFKA_DEADLINE)
            .map_err(measure)?;
        let done = match element.offset() {
            Offset::Offset(offset) => offset,
            _ => low,
        };
        lag += high - done;
    }
    Ok(lag)
}

/// A consumer that joins no group and commits nothing, as the lab's administrator. Blocks.
pub(crate) fn reader(site: &Site, group: &str) -> Result<BaseConsumer<Bearer>, DrillError> {
    let settings = [
        ("enable.auto.commit", "false"),
        ("enable.partition.eof", "true"),
        ("auto.offset.reset", "earliest"),
        ("reconnect.backoff.max.ms", "1000"),
    ];
    Ok(kafka_consumer(site, ADMIN, group, &settings)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(sequence: u64, event: NodeEvent) -> LabEvent {
        LabEvent {
            sequence,
            at: format!("t{sequence}"),
            node: "command-service".into(),
            event,
        }
    }

    fn asked(pid: u32) -> NodeEvent {
        NodeEvent::CrashPoint {
            pid,
            point: "after_commit".into(),
            detail: "c".into(),
        }
    }

    fn exited(pid: u32, signal: Option<i32>) -> NodeEvent {
        NodeEvent::Exited {
            pid,
            signal,
            code: None,
        }
    }

    #[test]
    fn a_kill_counts_only_when_its_process_was_seen_to_end_by_sigkill() {
        let events = [
            event(1, asked(10)),
            event(2, exited(10, Some(9))),
            event(3, asked(11)),
            event(4, exited(11, None)),
            event(5, asked(12)),
            event(6, exited(99, Some(9))),
        ];
        let pids: Vec<u32> = kills(&events).iter().map(|k| k.pid).collect();
        assert_eq!(pids, [10]);
    }

    #[test]
    fn a_death_that_no_crash_point_asked_for_is_no_kill() {
        let died = [event(1, exited(10, Some(9)))];
        assert!(kills(&died).is_empty());
        assert_eq!(agent_kills(&died, |_| true), 1);
        assert_eq!(agent_kills(&died, |_| false), 0);
        let crashed = [event(1, asked(10)), event(2, exited(10, Some(9)))];
        assert_eq!(agent_kills(&crashed, |_| true), 0);
    }
}
