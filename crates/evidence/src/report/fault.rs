//! The stretches of an arm in which something was broken, from its actions and phases.
//!
//! A stretch begins with its action. It ends when the action's effect was over, or, if that lasted
//! longer than the phase, with the phase. What ends in `start`, `resume`, `restore`, `heal` or
//! `clear` mends and begins none.

use super::{ActionReport, ArmReport, words::secs};

/// Last words of the actions that take another back.
const MENDS: [&str; 5] = ["start", "resume", "restore", "heal", "clear"];

/// So many stretches of one fault are told one by one.
const TOLD: usize = 3;

/// One such stretch, in seconds since the arm's start.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FaultWindow {
    pub from_s: f64,
    pub to_s: f64,
    /// The action, for example `broker.kill`.
    pub action: String,
    pub target: String,
}

/// Every stretch, by its begin. `end_s` is when the arm ended.
pub(crate) fn fault_windows(arm: &ArmReport, end_s: f64) -> Vec<FaultWindow> {
    let faults = arm.actions.iter().filter(|action| !mends(action));
    let mut windows: Vec<FaultWindow> = faults
        .map(|action| FaultWindow {
            from_s: action.at_s,
            to_s: ends(arm, action, end_s).max(action.at_s),
            action: action.action.clone(),
            target: action.target.clone(),
        })
        .collect();
    windows.sort_by(|a, b| a.from_s.total_cmp(&b.from_s));
    windows
}

/// What stretches from and to a place cover, without overlaps; they are in the order of their begin.
pub(crate) fn covered(stretches: impl IntoIterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut covered: Vec<(f64, f64)> = Vec::new();
    for (begin, end) in stretches {
        match covered.last_mut() {
            Some((_, to)) if begin <= *to => *to = to.max(end),
            _ => covered.push((begin, end)),
        }
    }
    covered
}

/// What is shaded in the plots of an arm, and why.
pub(crate) fn caption(windows: &[FaultWindow]) -> String {
    if windows.is_empty() {
        return "Nothing is shaded: no fault was injected.".to_owned();
    }
    let told: Vec<String> = by_fault(windows)
        .iter()
        .map(|same| describe(same))
        .collect();
    format!("Shaded: {}.", told.join("; "))
}

/// The stretches of each action on each target, by the begin of the first.
fn by_fault(windows: &[FaultWindow]) -> Vec<Vec<&FaultWindow>> {
    let mut faults: Vec<Vec<&FaultWindow>> = Vec::new();
    for window in windows {
        let same = |fault: &&mut Vec<&FaultWindow>| {
            (&fault[0].action, &fault[0].target) == (&window.action, &window.target)
        };
        match faults.iter_mut().find(same) {
            Some(fault) => fault.push(window),
            None => faults.push(vec![window]),
        }
    }
    faults
}

/// What was done to what, how often, and when; `same` are the stretches of one fault.
fn describe(same: &[&FaultWindow]) -> String {
    let FaultWindow { action, target, .. } = same[0];
    let between = |from, to| format!("{} s to {} s", secs(from), secs(to));
    if same.len() <= TOLD {
        let told = same
            .iter()
            .map(|window| between(window.from_s, window.to_s));
        let told: Vec<String> = told.collect();
        return format!("{action} of {target} ({})", told.join(", "));
    }
    let to_s = same.iter().map(|window| window.to_s);
    let all = between(same[0].from_s, to_s.fold(0.0, f64::max));
    format!("{action} of {target}, {} times ({all})", same.len())
}

fn ends(arm: &ArmReport, action: &ActionReport, end_s: f64) -> f64 {
    let phase = || arm.phases.iter().find(|phase| phase.name == action.phase);
    let until_s = action.until_s.or_else(|| Some(phase()?.to_s));
    until_s.unwrap_or(end_s)
}

fn mends(action: &ActionReport) -> bool {
    let verb = action.action.rsplit('.').next().unwrap_or_default();
    MENDS.contains(&verb)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{ArmEvidence, Must};
    use crate::report::PhaseReport;
    use std::collections::BTreeMap;

    type Done = (f64, Option<f64>, &'static str, &'static str, &'static str);

    fn arm(actions: &[Done]) -> ArmReport {
        let phases = PHASES.map(|(name, from_s, to_s)| PhaseReport {
            name: name.into(),
            from_s,
            to_s,
            ended_by: "2s".into(),
        });
        let actions = actions
            .iter()
            .map(|(at_s, until_s, phase, action, target)| ActionReport {
                at_s: *at_s,
                until_s: *until_s,
                phase: (*phase).into(),
                action: (*action).into(),
                target: (*target).into(),
                proof: "seen".into(),
            });
        ArmReport {
            evidence: ArmEvidence {
                name: "outbox".into(),
                must: Must::Hold,
                landed: Vec::new(),
                traffic: Vec::new(),
                expectations: Vec::new(),
                controls: Vec::new(),
            },
            settings: BTreeMap::new(),
            phases: phases.into(),
            actions: actions.collect(),
            accounting: rlab_ledger::Accounting::default(),
            loads: Vec::new(),
            series: Vec::new(),
            plot: Vec::new(),
        }
    }

    const PHASES: [(&str, f64, f64); 4] = [
        ("steady", 0.0, 2.0),
        ("crashes", 2.0, 3.0),
        ("broker_out", 3.0, 7.0),
        ("broker_back", 7.0, 20.0),
    ];

    fn spans(windows: &[FaultWindow]) -> impl Iterator<Item = (f64, f64)> {
        windows.iter().map(|window| (window.from_s, window.to_s))
    }

    #[test]
    fn a_fault_is_shaded_until_its_effect_was_over() {
        let done = [
            (3.0, Some(7.5), "broker_out", "broker.kill", "kafka-2"),
            (7.0, None, "broker_back", "broker.start", "kafka-2"),
        ];
        let windows = fault_windows(&arm(&done), 20.0);
        assert_eq!(covered(spans(&windows)), [(3.0, 7.5)]);
        let said = "Shaded: broker.kill of kafka-2 (3.0 s to 7.5 s).";
        assert_eq!(caption(&windows), said);
    }

    #[test]
    fn a_fault_without_an_end_is_shaded_to_the_end_of_its_phase() {
        let done = [
            (3.0, None, "broker_out", "agent.kill", "outbox-relay-2"),
            (4.0, None, "a phase nobody knows", "agent.kill", "b"),
        ];
        let windows = fault_windows(&arm(&done), 20.0);
        assert_eq!([windows[0].to_s, windows[1].to_s], [7.0, 20.0]);
    }

    #[test]
    fn many_crashes_are_told_as_one_fault_and_shaded_one_by_one() {
        let crash = |at, target| (at, Some(at + 0.1), "crashes", "crash", target);
        let done = [2.1, 2.3, 2.5, 2.7].map(|at| crash(at, "command-service"));
        let windows = fault_windows(&arm(&[&done[..], &[crash(2.9, "relay")]].concat()), 20.0);
        let said = "Shaded: crash of command-service, 4 times (2.1 s to 2.8 s); \
                    crash of relay (2.9 s to 3.0 s).";
        assert_eq!(caption(&windows), said);
        assert_eq!(covered(spans(&windows)).len(), 5);
        let said = "Shaded: crash of command-service (2.1 s to 2.2 s, 2.3 s to 2.4 s).";
        assert_eq!(caption(&windows[..2]), said);
    }

    #[test]
    fn faults_that_overlap_are_shaded_once_and_others_apart() {
        let done = [
            (2.0, Some(2.5), "crashes", "agent.kill", "a"),
            (3.0, Some(6.0), "broker_out", "agent.kill", "a"),
            (3.5, Some(4.0), "broker_out", "agent.kill", "c"),
            (4.0, Some(6.5), "broker_out", "agent.kill", "b"),
        ];
        let windows = fault_windows(&arm(&done), 20.0);
        assert_eq!(covered(spans(&windows)), [(2.0, 2.5), (3.0, 6.5)]);
        assert_eq!(caption(&[]), "Nothing is shaded: no fault was injected.");
    }
}
