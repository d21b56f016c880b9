//! The stretches of an arm in which something was broken, from its actions and phases.
//!
//! | action | begins | ends |
//! |---|---|---|
//! | `crash` | with the first kill of a phase | with the phase: when the process is back is not told |
//! | ends in `start`, `resume`, `restore`, `heal`, `clear` | – | what was done to the same target |
//! | any other | when it was done | with the action that takes it back, else with the arm |

use super::{ActionReport, ArmReport, words::secs};

/// Last words of the actions that take another back.
const MENDS: [&str; 5] = ["start", "resume", "restore", "heal", "clear"];

/// One such stretch, in seconds since the arm's start.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FaultWindow {
    pub from_s: f64,
    pub to_s: f64,
    /// The action, for example `broker.kill`.
    pub action: String,
    pub target: String,
    /// How often it was done within the stretch.
    pub times: usize,
    pub until: Until,
}

/// What a stretch ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// The action that took it back.
    Mended,
    /// The phase it was done in.
    PhaseEnd,
    /// The arm: nothing took it back.
    ArmEnd,
}

impl FaultWindow {
    /// What was done to what, how often, and when.
    pub fn describe(&self) -> String {
        let times = match self.times {
            1 => String::new(),
            times => format!(", {times} times"),
        };
        let Self { action, target, .. } = self;
        let (from, to) = (secs(self.from_s), secs(self.to_s));
        match self.until {
            Until::ArmEnd => format!("{action} of {target}{times} (from {from} s, not taken back)"),
            Until::Mended | Until::PhaseEnd => {
                format!("{action} of {target}{times} ({from} s to {to} s)")
            }
        }
    }
}

/// Every stretch, by its begin. `end_s` is when the arm ended.
pub(crate) fn fault_windows(arm: &ArmReport, end_s: f64) -> Vec<FaultWindow> {
    let mut windows: Vec<FaultWindow> = Vec::new();
    for (n, action) in arm.actions.iter().enumerate() {
        if mends(action) {
            continue;
        }
        let (to_s, until) = ends(arm, n, end_s);
        let same = |window: &&mut FaultWindow| {
            (&window.action, &window.target) == (&action.action, &action.target)
                && (window.to_s, window.until) == (to_s, until)
        };
        match windows.iter_mut().find(same) {
            Some(window) => window.times += 1,
            None => windows.push(FaultWindow {
                from_s: action.at_s,
                to_s: to_s.max(action.at_s),
                action: action.action.clone(),
                target: action.target.clone(),
                times: 1,
                until,
            }),
        }
    }
    windows.sort_by(|a, b| a.from_s.total_cmp(&b.from_s));
    windows
}

/// What the stretches of one arm cover, without overlaps, by their begin.
pub(crate) fn covered(windows: &[FaultWindow]) -> Vec<(f64, f64)> {
    let mut covered: Vec<(f64, f64)> = Vec::new();
    for window in windows {
        match covered.last_mut() {
            Some((_, to)) if window.from_s <= *to => *to = to.max(window.to_s),
            _ => covered.push((window.from_s, window.to_s)),
        }
    }
    covered
}

/// What is shaded in the plots of an arm, and why so far.
pub(crate) fn caption(windows: &[FaultWindow]) -> String {
    if windows.is_empty() {
        return "Nothing is shaded: no fault was injected.".to_owned();
    }
    let told: Vec<String> = windows.iter().map(FaultWindow::describe).collect();
    let mut caption = format!("Shaded: {}.", told.join("; "));
    if windows.iter().any(|w| w.until == Until::PhaseEnd) {
        caption.push_str(
            " A crash is shaded to the end of its phase, since it is not recorded when each \
             process was back.",
        );
    }
    caption
}

fn ends(arm: &ArmReport, action: usize, end_s: f64) -> (f64, Until) {
    let (done, later) = (&arm.actions[action], &arm.actions[action + 1..]);
    if done.action == "crash" {
        let phase = arm.phases.iter().find(|phase| phase.name == done.phase);
        return (phase.map_or(end_s, |phase| phase.to_s), Until::PhaseEnd);
    }
    let mended = later
        .iter()
        .find(|later| mends(later) && later.target == done.target);
    mended.map_or((end_s, Until::ArmEnd), |mended| {
        (mended.at_s, Until::Mended)
    })
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

    fn arm(phases: &[(&str, f64, f64)], actions: &[(f64, &str, &str, &str)]) -> ArmReport {
        let phases = phases.iter().map(|(name, from_s, to_s)| PhaseReport {
            name: (*name).into(),
            from_s: *from_s,
            to_s: *to_s,
            ended_by: "2s".into(),
        });
        let actions = actions
            .iter()
            .map(|(at_s, phase, action, target)| ActionReport {
                at_s: *at_s,
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
            phases: phases.collect(),
            actions: actions.collect(),
            accounting: rlab_ledger::Accounting::default(),
            loads: Vec::new(),
        }
    }

    const PHASES: [(&str, f64, f64); 4] = [
        ("steady", 0.0, 2.0),
        ("crashes", 2.0, 3.0),
        ("broker_out", 3.0, 7.0),
        ("broker_back", 7.0, 20.0),
    ];

    #[test]
    fn a_killed_broker_is_a_fault_until_it_is_started() {
        let done = [
            (3.0, "broker_out", "broker.kill", "kafka-2"),
            (7.0, "broker_back", "broker.start", "kafka-2"),
        ];
        let windows = fault_windows(&arm(&PHASES, &done), 20.0);
        assert_eq!(windows.len(), 1);
        assert_eq!((windows[0].from_s, windows[0].to_s), (3.0, 7.0));
        assert_eq!(
            caption(&windows),
            "Shaded: broker.kill of kafka-2 (3.0 s to 7.0 s)."
        );
    }

    #[test]
    fn what_nothing_takes_back_is_a_fault_to_the_end() {
        let done = [
            (3.0, "broker_out", "agent.kill", "outbox-relay-2"),
            (7.0, "broker_back", "agent.start", "outbox-relay"),
        ];
        let windows = fault_windows(&arm(&PHASES, &done), 20.0);
        assert_eq!((windows[0].to_s, windows[0].until), (20.0, Until::ArmEnd));
        let said = "Shaded: agent.kill of outbox-relay-2 (from 3.0 s, not taken back).";
        assert_eq!(caption(&windows), said);
    }

    #[test]
    fn crashes_of_a_phase_are_one_fault_to_its_end() {
        let crash = |at, target| (at, "crashes", "crash", target);
        let done = [
            crash(2.2, "command-service"),
            crash(2.3, "outbox-relay"),
            crash(2.8, "command-service"),
        ];
        let windows = fault_windows(&arm(&PHASES, &done), 20.0);
        let told: Vec<_> = windows.iter().map(FaultWindow::describe).collect();
        let expected = [
            "crash of command-service, 2 times (2.2 s to 3.0 s)",
            "crash of outbox-relay (2.3 s to 3.0 s)",
        ];
        assert_eq!(told, expected);
        assert_eq!(covered(&windows), [(2.2, 3.0)]);
        assert!(caption(&windows).ends_with("when each process was back."));
    }

    #[test]
    fn faults_that_do_not_touch_are_shaded_apart() {
        let done = [
            (2.0, "crashes", "agent.kill", "a"),
            (2.5, "crashes", "agent.start", "a"),
            (3.0, "broker_out", "agent.kill", "a"),
            (4.0, "broker_out", "agent.kill", "b"),
            (5.0, "broker_out", "agent.start", "a"),
            (6.0, "broker_out", "agent.start", "b"),
        ];
        let windows = fault_windows(&arm(&PHASES, &done), 20.0);
        assert_eq!(covered(&windows), [(2.0, 2.5), (3.0, 6.0)]);
        assert_eq!(caption(&[]), "Nothing is shaded: no fault was injected.");
    }
}
