//! The stages of a node's life: waits for the others, starts, answers, is paused.

use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use tokio::time::Instant;

use super::super::budget::Spending;
use super::super::process::{Ending, Process};
use super::{Actor, Life, Message};
use crate::protocol::{NodeEvent, NodeState};
use crate::servers::{self, Seen};
use crate::spec::NodeKind;

/// Between two questions to a node that does not answer yet.
const STARTING_PROBE: Duration = Duration::from_millis(50);
/// Between two questions to a node that answers.
const READY_PROBE: Duration = Duration::from_secs(3);

impl Actor {
    pub(super) async fn wait_for_others(&mut self) -> bool {
        let agent = self.node.spec.kind == NodeKind::Agent;
        let status = &self.node.status;
        let was_up = self.was_up;
        let needs = async {
            if was_up {
                return;
            }
            for other in &mut self.node.after {
                let name = other.borrow().node.clone();
                status.send_modify(|s| s.detail = Some(format!("waits for {name}")));
                if other
                    .wait_for(|s| s.state == NodeState::Ready)
                    .await
                    .is_err()
                {
                    std::future::pending::<()>().await;
                }
            }
            if agent {
                status.send_modify(|s| s.detail = Some("waits for schema and topics".into()));
                if self.node.pipeline.wait_for(|p| p.ready).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        let message = tokio::select! {
            biased;
            message = self.node.inbox.recv() => Some(message),
            () = needs => None,
        };
        match message {
            Some(message) => self.handle(message).await,
            None => {
                self.launch().await;
                true
            }
        }
    }

    pub(super) async fn back_off(&mut self, until: Instant) -> bool {
        let message = tokio::select! {
            biased;
            message = self.node.inbox.recv() => Some(message),
            () = tokio::time::sleep_until(until) => None,
        };
        match message {
            Some(message) => self.handle(message).await,
            None => {
                self.live(Life::Waiting, None);
                true
            }
        }
    }

    pub(super) async fn starting(&mut self, since: Instant) -> bool {
        self.hear_of_parts();
        let Some(process) = &self.process else {
            return self.idle().await;
        };
        let roles = self.node.cast.now();
        let deadline = since + servers::start_deadline(self.node.spec.kind);
        enum Step {
            Message(Option<Message>),
            Ended(Ending),
            Answer(Result<Seen, String>),
        }
        let step = tokio::select! {
            biased;
            message = self.node.inbox.recv() => Step::Message(message),
            ending = process.ended() => Step::Ended(ending),
            answer = servers::probe(&self.node.site, &self.node.spec, &roles) => Step::Answer(answer),
        };
        let answer = match step {
            Step::Message(message) => return self.handle(message).await,
            Step::Ended(ending) => {
                self.died(ending);
                return true;
            }
            Step::Answer(answer) => answer.and_then(|seen| self.saw(seen)),
        };
        match answer {
            Ok(()) => self.answered(),
            Err(_) if Instant::now() > deadline => self.never_answered().await,
            Err(error) => {
                self.node.status.send_modify(|s| s.detail = Some(error));
                tokio::time::sleep(STARTING_PROBE).await;
            }
        }
        true
    }

    fn answered(&mut self) {
        if let Some(process) = &self.process {
            self.event(NodeEvent::Ready { pid: process.pid() });
        }
        self.was_up = true;
        self.on_trial = false;
        self.well();
    }

    fn well(&mut self) {
        self.live(Life::Up { misses: 0 }, None);
        self.answer_waiters(&Ok(()));
    }

    async fn never_answered(&mut self) {
        let seconds = servers::start_deadline(self.node.spec.kind).as_secs();
        let last = self.node.status.borrow().detail.clone().unwrap_or_default();
        self.end(Signal::KILL).await;
        self.give_up(&format!(
            "did not answer within {seconds} s of its start ({last})"
        ));
    }

    pub(super) async fn up(&mut self, misses: u32) -> bool {
        let other_part = self.hear_of_parts();
        let roles = self.node.cast.now();
        let Some(process) = &self.process else {
            return self.idle().await;
        };
        enum Step {
            Message(Option<Message>),
            Ended(Ending),
            Answer(Result<Seen, String>),
            OtherParts,
        }
        let pause = match (other_part, *self.node.within_reach.borrow()) {
            (true, _) => Duration::ZERO,
            (false, true) => READY_PROBE,
            (false, false) => STARTING_PROBE,
        };
        let ask = async {
            tokio::time::sleep(pause).await;
            servers::probe(&self.node.site, &self.node.spec, &roles).await
        };
        let step = tokio::select! {
            biased;
            message = self.node.inbox.recv() => Step::Message(message),
            ending = process.ended() => Step::Ended(ending),
            Ok(()) = self.node.roles.changed() => Step::OtherParts,
            answer = ask => Step::Answer(answer),
        };
        let answer = match step {
            Step::Message(message) => return self.handle(message).await,
            Step::Ended(ending) => {
                self.died(ending);
                return true;
            }
            Step::OtherParts => return true,
            Step::Answer(answer) => {
                if answer.is_err() {
                    self.tell_role(None);
                }
                answer.and_then(|seen| self.saw(seen))
            }
        };
        match answer {
            Ok(()) if misses == 0 => {}
            Ok(()) => self.well(),
            Err(error) => self.live(Life::Up { misses: misses + 1 }, Some(error)),
        }
        true
    }

    pub(super) async fn paused(&mut self) -> bool {
        let Some(process) = &self.process else {
            return self.idle().await;
        };
        let message = tokio::select! {
            biased;
            message = self.node.inbox.recv() => Ok(message),
            ending = process.ended() => Err(ending),
        };
        match message {
            Ok(message) => self.handle(message).await,
            Err(ending) => {
                self.died(ending);
                true
            }
        }
    }

    async fn launch(&mut self) {
        let (site, spec) = (Arc::clone(&self.node.site), self.node.spec.clone());
        let roles = self.node.cast.now();
        self.agent.crash_rule = self.crash.as_mut().and_then(Spending::next_rule);
        let agent = self.agent.clone();
        self.node
            .status
            .send_modify(|s| s.detail = Some("prepares its files".into()));
        let preparing =
            tokio::task::spawn_blocking(move || servers::prepare(&site, &spec, &roles, &agent));
        let launch = match preparing.await {
            Ok(Ok(launch)) => launch,
            Ok(Err(error)) => return self.give_up(&error.to_string()),
            Err(error) => return self.give_up(&error.to_string()),
        };
        let dir = &self.node.site.dir;
        let name = &self.node.spec.name;
        match Process::spawn(&launch, dir.path(), name, &dir.node_log(name)) {
            Ok(process) => {
                self.event(NodeEvent::Spawned { pid: process.pid() });
                self.process = Some(process);
                self.live(
                    Life::Starting {
                        since: Instant::now(),
                    },
                    None,
                );
            }
            Err(error) => self.give_up(&error.to_string()),
        }
    }
}
