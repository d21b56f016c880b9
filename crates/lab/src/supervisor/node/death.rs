//! How a node's process ends, and what follows: a restart by the policy, or the node is given up.

use std::time::Duration;

use rustix::process::Signal;
use tokio::time::Instant;

use super::super::events::now;
use super::super::process::Ending;
use super::{Actor, Life};
use crate::files;
use crate::protocol::{NodeEvent, NodeState};
use crate::servers;

/// Restarts by the policy within [`RESTART_WINDOW`] before a node is given up.
const RESTART_LIMIT: usize = 5;
const RESTART_WINDOW: Duration = Duration::from_secs(60);
const LAST_LINES: usize = 12;

impl Actor {
    /// The process ended without being told to.
    pub(super) fn died(&mut self, ending: Ending) {
        self.buried(ending);
        let reason = describe(ending);
        if self.on_trial {
            return self.give_up(&format!("{reason} while starting"));
        }
        let now = Instant::now();
        self.restarts.retain(|at| now - *at < RESTART_WINDOW);
        self.restarts.push_back(now);
        if self.restarts.len() > RESTART_LIMIT {
            return self.give_up(&format!(
                "{reason}; restarted {RESTART_LIMIT} times in 60 s"
            ));
        }
        let pause = Duration::from_millis(100 << self.restarts.len().min(5));
        self.node.status.send_modify(|s| s.restarts += 1);
        self.live(Life::Backoff { until: now + pause }, Some(reason));
    }

    fn buried(&mut self, ending: Ending) {
        if let Some(process) = self.process.take() {
            self.out_of_reach();
            self.tell_role(None);
            let Ending { signal, code } = ending;
            self.event(NodeEvent::Exited {
                pid: process.pid(),
                signal,
                code,
            });
        }
    }

    pub(super) fn give_up(&mut self, reason: &str) {
        let log = self.node.site.dir.node_log(&self.node.spec.name);
        let mut reason = reason.to_owned();
        let lines = files::tail(&log, LAST_LINES);
        if !lines.is_empty() {
            reason = format!("{reason}; its last log lines:\n  {}", lines.join("\n  "));
        }
        self.event(NodeEvent::Failed {
            reason: reason.clone(),
        });
        self.live(Life::Idle, Some(reason.clone()));
        self.node
            .status
            .send_modify(|s| s.state = NodeState::Failed);
        self.answer_waiters(&Err(reason));
    }

    /// Ends the process with `signal`, by force after its deadline.
    pub(super) async fn end(&mut self, signal: Signal) {
        let Some(process) = &self.process else {
            return;
        };
        let pid = process.pid();
        self.node.status.send_modify(|s| {
            s.state = NodeState::Stopping;
            s.since = now();
        });
        let send = |signal: Signal| {
            let signal_number = signal.as_raw();
            self.event(NodeEvent::Signalled {
                pid,
                signal: signal_number,
            });
            let _ = process.signal(signal);
        };
        send(signal);
        if signal != Signal::KILL {
            // A stopped process takes a signal only when it goes on.
            let _ = process.signal(Signal::CONT);
        }
        let deadline = servers::stop_deadline(self.node.spec.kind);
        let ending = match tokio::time::timeout(deadline, process.ended()).await {
            Ok(ending) => ending,
            Err(_) => {
                send(Signal::KILL);
                process.ended().await
            }
        };
        self.buried(ending);
    }
}

fn describe(ending: Ending) -> String {
    match (ending.signal, ending.code) {
        (Some(signal), _) => format!("ended by signal {signal}"),
        (None, Some(code)) => format!("exited with code {code}"),
        (None, None) => "ended".to_owned(),
    }
}
