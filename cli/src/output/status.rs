//! The state of a lab as a table.

use comfy_table::{Table, presets};
use rlab_lab::processes::pss_kib;
use rlab_lab::protocol::{LabStatus, NodeState, NodeStatus, Role};

use super::memory;

/// One line about the lab, then one about each node.
pub fn render(status: &LabStatus) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "NODE", "STATE", "ZONE", "PID", "ADDRESS", "SINCE", "RESTARTS", "MEMORY", "DETAIL",
    ]);
    let mut total = 0;
    for node in &status.nodes {
        let bytes = node.pid.and_then(pss_kib).map(|kib| kib * 1024);
        total += bytes.unwrap_or(0);
        table.add_row(row(node, bytes));
    }
    format!("{}\n{}", headline(status, total), table.trim_fmt())
}

fn headline(status: &LabStatus, memory_bytes: u64) -> String {
    let state = match (status.ready, status.supervisor_pid) {
        (true, _) => "ready".to_owned(),
        (false, None) => "no supervisor".to_owned(),
        (false, Some(_)) => match &status.pipeline.waiting_for {
            Some(what) => format!("not ready, waiting for {what}"),
            None => "not ready".to_owned(),
        },
    };
    let supervisor = match status.supervisor_pid {
        Some(pid) => format!(", supervisor {pid}"),
        None => String::new(),
    };
    format!(
        "lab {} ({}): {state}{supervisor}, {} in memory",
        status.lab,
        status.profile,
        memory::human(memory_bytes)
    )
}

fn row(node: &NodeStatus, memory_bytes: Option<u64>) -> [String; 9] {
    let dash = || "-".to_owned();
    [
        node.node.clone(),
        state_word(node.state).to_owned(),
        node.zone.clone(),
        node.pid.map_or_else(dash, |pid| pid.to_string()),
        node.door
            .clone()
            .or_else(|| node.endpoint.clone())
            .unwrap_or_else(dash),
        short_time(&node.since).to_owned(),
        node.restarts.to_string(),
        memory_bytes.map_or_else(dash, memory::human),
        detail(node),
    ]
}

fn detail(node: &NodeStatus) -> String {
    let crash = node
        .crash_budget
        .map(|left| format!("crash armed, {left} left"));
    let role = node.role.map(|role| match role {
        Role::Primary => "primary",
        Role::Replica => "replica",
    });
    let first_line = node.detail.as_deref().and_then(|text| text.lines().next());
    let parts: Vec<&str> = role
        .into_iter()
        .chain(crash.as_deref())
        .chain(first_line)
        .collect();
    parts.join("; ")
}

/// RFC 3339 to the second; what is longer stays in the JSON document.
fn short_time(since: &str) -> &str {
    since.split_once('.').map_or(since, |(seconds, _)| seconds)
}

/// The word for a node's state.
pub const fn state_word(state: NodeState) -> &'static str {
    match state {
        NodeState::Stopped => "stopped",
        NodeState::Spare => "spare",
        NodeState::Waiting => "waiting",
        NodeState::Starting => "starting",
        NodeState::Ready => "ready",
        NodeState::Unresponsive => "unresponsive",
        NodeState::Paused => "paused",
        NodeState::Stopping => "stopping",
        NodeState::Backoff => "backoff",
        NodeState::Failed => "failed",
        NodeState::Orphaned => "orphaned",
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use rlab_lab::protocol::PipelineStatus;

    /// A small lab with one node of most kinds.
    pub(crate) fn sample() -> LabStatus {
        let node = |name: &str, kind: &str, zone: &str, state, door: Option<&str>| NodeStatus {
            node: name.into(),
            kind: kind.into(),
            zone: zone.into(),
            role: None,
            state,
            pid: None,
            door: door.map(Into::into),
            endpoint: None,
            since: "2026-01-02T03:04:05.678901Z".into(),
            restarts: 0,
            detail: None,
            crash_budget: None,
        };
        let mut failed = node("outbox-relay", "agent", "az-b", NodeState::Failed, None);
        failed.detail = Some("exit code 1\nlast line of its log".into());
        failed.restarts = 3;
        let mut redis = node(
            "redis",
            "redis",
            "az-a",
            NodeState::Ready,
            Some("127.0.0.1:16379"),
        );
        redis.role = Some(Role::Primary);
        LabStatus {
            schema: "rlab/status/v1".into(),
            lab: "default".into(),
            profile: "local".into(),
            port_offset: 0,
            supervisor_pid: Some(42),
            ready: false,
            pipeline: PipelineStatus {
                ready: false,
                waiting_for: Some("topics".into()),
            },
            nodes: vec![
                node("controller", "controller", "az-a", NodeState::Ready, None),
                node(
                    "kafka-1",
                    "broker",
                    "az-a",
                    NodeState::Ready,
                    Some("127.0.0.1:19092"),
                ),
                node(
                    "kafka-2",
                    "broker",
                    "az-b",
                    NodeState::Starting,
                    Some("127.0.0.1:19192"),
                ),
                node(
                    "mysql",
                    "mysql",
                    "az-a",
                    NodeState::Ready,
                    Some("127.0.0.1:13306"),
                ),
                redis,
                node(
                    "registry",
                    "registry",
                    "az-a",
                    NodeState::Ready,
                    Some("127.0.0.1:18091"),
                ),
                failed,
            ],
        }
    }

    #[test]
    fn the_table_names_every_node_with_its_state() {
        insta::assert_snapshot!(render(&sample()));
    }

    #[test]
    fn a_detail_of_many_lines_keeps_the_table_one_line_a_node() {
        assert_eq!(render(&sample()).lines().count(), 2 + sample().nodes.len());
    }
}
