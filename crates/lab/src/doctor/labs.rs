//! The state of every lab of a home.

use std::fs::{File, TryLockError};
use std::time::Duration;

use super::Check;
use crate::client::LabClient;
use crate::home::{LabDir, LabHome};
use crate::processes::{self, Found, SUPERVISOR};
use crate::protocol::{LabStatus, NodeState};
use crate::spec::LabSpec;

/// A supervisor answers in milliseconds; one that is stuck must not hold the doctor up.
const ANSWER_DEADLINE: Duration = Duration::from_secs(5);

/// What can be seen of a lab from outside.
#[derive(Default)]
struct Facts {
    name: String,
    /// It was brought up before.
    exists: bool,
    /// Why its `lab.json` cannot be used.
    unreadable: Option<String>,
    /// What its supervisor says, when it answers.
    status: Option<LabStatus>,
    alive: Vec<Found>,
    /// Its undo log is not empty.
    to_undo: bool,
    /// A drill works on it now.
    drilling: bool,
}

pub async fn checks(home: &LabHome) -> Vec<Check> {
    let mut checks = Vec::new();
    for name in home.labs() {
        if let Ok(dir) = home.lab(&name) {
            let facts = look(&dir).await;
            checks.push(state(&facts));
            checks.extend(undone(&facts));
        }
    }
    if checks.is_empty() {
        let home = home.root().display();
        checks.push(Check::passed("labs", format!("none in {home}")));
    }
    checks
}

async fn look(dir: &LabDir) -> Facts {
    let status = match LabClient::connect(dir).await {
        Ok(client) => {
            let answer = tokio::time::timeout(ANSWER_DEADLINE, client.status()).await;
            answer.ok().and_then(Result::ok)
        }
        Err(_) => None,
    };
    Facts {
        name: dir.name().to_owned(),
        exists: dir.exists(),
        unreadable: LabSpec::load(dir).err().map(|e| e.to_string()),
        status,
        alive: processes::of_lab(dir.path()),
        to_undo: std::fs::metadata(dir.undo_log()).is_ok_and(|m| m.len() > 0),
        drilling: drilling(dir),
    }
}

/// A shared hold is asked for and let go at once: no other question looks like a drill.
fn drilling(dir: &LabDir) -> bool {
    File::open(dir.drill_lock())
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

fn state(facts: &Facts) -> Check {
    let name = format!("lab {}", facts.name);
    let command = format!("rlab-ops --lab {}", facts.name);
    let purge = format!("{command} down --purge --confirm {}", facts.name);
    if let Some(status) = &facts.status {
        return running(&name, &command, status);
    }
    let mut orphans: Vec<String> = Vec::new();
    let mut supervisor = None;
    for found in &facts.alive {
        match found.node == SUPERVISOR {
            true => supervisor = Some(found.pid),
            false => orphans.push(format!("{} (pid {})", found.node, found.pid)),
        }
    }
    match (supervisor, orphans.is_empty(), &facts.unreadable) {
        (Some(pid), ..) => Check::failed(
            &name,
            format!("its supervisor (pid {pid}) does not answer"),
            format!("{command} down"),
        ),
        (None, false, None) => Check::failed(
            &name,
            format!("runs without a supervisor: {}", orphans.join(", ")),
            format!("{command} up (takes the servers over), or {command} down"),
        ),
        (None, false, Some(why)) => Check::failed(
            &name,
            format!("{why}; still running: {}", orphans.join(", ")),
            purge,
        ),
        (None, true, Some(why)) if facts.exists => Check::failed(&name, why, purge),
        (None, true, Some(_)) => {
            Check::passed(&name, "an `up` was cut off before anything started")
        }
        (None, true, None) => Check::passed(&name, "stopped"),
    }
}

fn running(name: &str, command: &str, status: &LabStatus) -> Check {
    let sick: Vec<&str> = status
        .nodes
        .iter()
        .filter(|n| matches!(n.state, NodeState::Failed | NodeState::Unresponsive))
        .map(|n| n.node.as_str())
        .collect();
    if let Some(first) = sick.first() {
        return Check::failed(
            name,
            format!("runs, but not well: {}", sick.join(", ")),
            format!("{command} logs {first}, then {command} node start {first}"),
        );
    }
    let ready = status
        .nodes
        .iter()
        .filter(|n| n.state == NodeState::Ready)
        .count();
    let spares = status
        .nodes
        .iter()
        .filter(|n| n.state == NodeState::Spare)
        .count();
    let wanted = status.nodes.len() - spares;
    Check::passed(name, format!("runs, {ready} of {wanted} nodes ready"))
}

/// A drill that was killed leaves its way back in the undo log.
fn undone(facts: &Facts) -> Option<Check> {
    let name = format!("lab {}: undo log", facts.name);
    let command = format!("rlab-ops --lab {}", facts.name);
    match (facts.to_undo, facts.drilling) {
        (false, _) => None,
        (true, true) => Some(Check::passed(&name, "a drill works on it now")),
        (true, false) => Some(Check::failed(
            &name,
            "a drill was cut off; what it did is not undone yet",
            format!("{command} up && {command} recover"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::CheckOutcome::{Failed, Passed};
    use crate::protocol::{NodeStatus, PipelineStatus};

    fn facts() -> Facts {
        Facts {
            name: "second".into(),
            exists: true,
            ..Facts::default()
        }
    }

    fn found(node: &str) -> Found {
        Found {
            node: node.into(),
            pid: 7,
            leader: true,
            paused: false,
        }
    }

    fn says(state: NodeState) -> LabStatus {
        LabStatus {
            schema: String::new(),
            lab: "second".into(),
            profile: "local".into(),
            port_offset: 0,
            supervisor_pid: Some(1),
            ready: false,
            pipeline: PipelineStatus {
                ready: true,
                waiting_for: None,
            },
            nodes: vec![NodeStatus {
                node: "mysql".into(),
                kind: "mysql".into(),
                zone: "az-a".into(),
                role: None,
                state,
                pid: None,
                door: None,
                endpoint: None,
                since: String::new(),
                restarts: 0,
                detail: None,
                crash_budget: None,
            }],
        }
    }

    #[test]
    fn stopped_and_running_labs_pass() {
        assert_eq!(state(&facts()).detail, "stopped");
        let up = Facts {
            status: Some(says(NodeState::Ready)),
            alive: vec![found("mysql")],
            ..facts()
        };
        let check = state(&up);
        assert_eq!(
            (check.outcome, check.detail.as_str()),
            (Passed, "runs, 1 of 1 nodes ready")
        );
    }

    #[test]
    fn a_failed_node_is_named_with_its_log() {
        let check = state(&Facts {
            status: Some(says(NodeState::Failed)),
            ..facts()
        });
        assert_eq!(check.outcome, Failed);
        assert!(check.fix.unwrap().contains("--lab second logs mysql"));
    }

    #[test]
    fn processes_without_a_supervisor_are_named_with_the_way_back() {
        let check = state(&Facts {
            alive: vec![found("mysql")],
            ..facts()
        });
        assert_eq!(check.outcome, Failed);
        assert!(check.detail.contains("mysql (pid 7)"));
        assert!(check.fix.unwrap().starts_with("rlab-ops --lab second up"));
    }

    #[test]
    fn a_supervisor_that_does_not_answer_is_told_from_orphans() {
        let check = state(&Facts {
            alive: vec![found(SUPERVISOR), found("mysql")],
            ..facts()
        });
        assert!(check.detail.contains("supervisor (pid 7) does not answer"));
        assert_eq!(check.fix.as_deref(), Some("rlab-ops --lab second down"));
    }

    #[tokio::test]
    async fn a_damaged_lab_json_is_found_and_can_only_be_purged() {
        let root = tempfile::tempdir().unwrap();
        let home = LabHome::at(root.path());
        assert_eq!(checks(&home).await[0].name, "labs");
        let dir = home.lab("second").unwrap();
        std::fs::create_dir_all(dir.path()).unwrap();
        assert_eq!(checks(&home).await[0].outcome, Passed, "nothing was begun");
        std::fs::write(dir.spec(), "{ cut o").unwrap();
        let check = &checks(&home).await[0];
        assert_eq!(check.outcome, Failed);
        let fix = check.fix.as_deref().unwrap();
        assert_eq!(fix, "rlab-ops --lab second down --purge --confirm second");
    }

    #[test]
    fn an_undo_log_is_a_fault_unless_its_drill_still_works() {
        assert_eq!(undone(&facts()), None);
        let left = || Facts {
            to_undo: true,
            ..facts()
        };
        assert_eq!(undone(&left()).unwrap().outcome, Failed);
        let drilling = Facts {
            drilling: true,
            ..left()
        };
        assert_eq!(undone(&drilling).unwrap().outcome, Passed);
    }

    #[test]
    fn a_drill_is_known_by_the_lock_it_holds() {
        let root = tempfile::tempdir().unwrap();
        let dir = LabHome::at(root.path()).lab("default").unwrap();
        std::fs::create_dir_all(dir.path()).unwrap();
        assert!(!drilling(&dir));
        let lock = File::create(dir.drill_lock()).unwrap();
        assert!(!drilling(&dir));
        lock.lock().unwrap();
        assert!(drilling(&dir));
    }
}
