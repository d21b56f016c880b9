//! What a node does when it is asked for something.

use rustix::process::Signal;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::super::budget::Spending;
use super::super::process::Process;
use super::{Actor, Life, Message, NodeRequest, Reply};
use crate::protocol::{CrashBudget, NodeEvent, NodeVerb};
use crate::servers::{self, AgentState};
use crate::spec::NodeKind;

impl Actor {
    pub(super) async fn handle(&mut self, message: Option<Message>) -> bool {
        let Some(Message { request, reply }) = message else {
            return false;
        };
        let answer = match request {
            NodeRequest::Verb(NodeVerb::Start) => return self.start(reply).await,
            NodeRequest::Configure(..) if !self.is_agent() => {
                Err("only agents are configured".into())
            }
            NodeRequest::Configure(settings, namespace) => {
                self.end(Signal::TERM).await;
                self.agent.settings = settings;
                self.agent.namespace = namespace;
                self.live(Life::Idle, None);
                return self.start(reply).await;
            }
            NodeRequest::Move(zone) => return self.move_to(zone, reply).await,
            NodeRequest::Verb(NodeVerb::Stop) => self.finish(Signal::TERM).await,
            NodeRequest::Verb(NodeVerb::Kill) => self.finish(Signal::KILL).await,
            NodeRequest::Verb(NodeVerb::Pause) => self.pause(),
            NodeRequest::Verb(NodeVerb::Resume) => self.resume(),
            NodeRequest::Arm(budget) => self.arm(budget).await,
            NodeRequest::Disarm => self.disarm().await,
            NodeRequest::CrashPoint { pid, point, detail } => {
                self.crash(pid, point, detail).await;
                Ok(())
            }
        };
        if let Some(reply) = reply {
            let _ = reply.send(answer);
        }
        true
    }

    async fn start(&mut self, reply: Option<oneshot::Sender<Reply>>) -> bool {
        if self.life == Life::Paused {
            let _ = self.resume();
        }
        match self.life {
            Life::Up { misses: 0 } => {
                if let Some(reply) = reply {
                    let _ = reply.send(Ok(()));
                }
                return true;
            }
            Life::Idle => {
                self.restarts.clear();
                self.on_trial = true;
                self.live(Life::Waiting, None);
            }
            _ => {}
        }
        self.waiters.extend(reply);
        true
    }

    async fn finish(&mut self, signal: Signal) -> Reply {
        self.end(signal).await;
        if self.node.spec.is_spare() {
            // Whoever wants it next begins from the profile's settings.
            self.agent = AgentState::default();
        }
        self.live(Life::Idle, None);
        self.answer_waiters(&Err("stopped before it was ready".to_owned()));
        Ok(())
    }

    /// Its process is gone before it is told where to stand: nothing ever runs on its files twice.
    async fn move_to(&mut self, zone: String, reply: Option<oneshot::Sender<Reply>>) -> bool {
        self.end(Signal::KILL).await;
        self.live(Life::Idle, None);
        let from = self.node.cast.now().mysql_zone;
        match self
            .node
            .cast
            .change(|roles| roles.mysql_zone.clone_from(&zone))
        {
            Ok(()) => {
                self.event(NodeEvent::Moved { from, to: zone });
                self.start(reply).await
            }
            Err(error) => {
                if let Some(reply) = reply {
                    let _ = reply.send(Err(error.to_string()));
                }
                self.start(None).await
            }
        }
    }

    fn pause(&mut self) -> Reply {
        let process = self.process.as_ref().ok_or("it is not running")?;
        process.signal(Signal::STOP).map_err(|e| e.to_string())?;
        let (pid, signal) = (process.pid(), Signal::STOP.as_raw());
        self.event(NodeEvent::Signalled { pid, signal });
        self.tell_role(None);
        self.live(Life::Paused, None);
        Ok(())
    }

    fn resume(&mut self) -> Reply {
        if self.life != Life::Paused {
            return Err("it is not paused".to_owned());
        }
        let process = self.process.as_ref().ok_or("it is not running")?;
        process.signal(Signal::CONT).map_err(|e| e.to_string())?;
        let (pid, signal) = (process.pid(), Signal::CONT.as_raw());
        self.event(NodeEvent::Signalled { pid, signal });
        self.live(
            Life::Starting {
                since: Instant::now(),
            },
            None,
        );
        Ok(())
    }

    async fn arm(&mut self, budget: CrashBudget) -> Reply {
        if !self.is_agent() {
            return Err("only agents have crash points".to_owned());
        }
        let mut spending = Spending::new(budget);
        let rules: Vec<_> = spending.next_rule().into_iter().collect();
        servers::set_crash_rules(&self.node.site, &self.node.spec, &rules).await?;
        self.node
            .status
            .send_modify(|s| s.crash_budget = Some(spending.left()));
        self.crash = Some(spending);
        Ok(())
    }

    /// Afterwards no process of this agent holds the rule: one that does not take the news is
    /// started again without it.
    async fn disarm(&mut self) -> Reply {
        if !self.is_agent() {
            return Err("only agents have crash points".to_owned());
        }
        self.crash = None;
        self.node.status.send_modify(|s| s.crash_budget = None);
        if self.process.is_none() {
            return Ok(());
        }
        let told = servers::set_crash_rules(&self.node.site, &self.node.spec, &[]).await;
        if told.is_err() {
            self.end(Signal::KILL).await;
            self.live(
                Life::Waiting,
                Some("started again without its crash rule".into()),
            );
        }
        Ok(())
    }

    fn is_agent(&self) -> bool {
        self.node.spec.kind == NodeKind::Agent
    }

    /// A crash point asked for the kill: it is counted, carried out and never a failure of the node.
    async fn crash(&mut self, pid: u32, point: String, detail: String) {
        if self.process.as_ref().map(Process::pid) != Some(pid) {
            return;
        }
        self.event(NodeEvent::CrashPoint { pid, point, detail });
        if let Some(spending) = &mut self.crash {
            spending.spend();
            let left = spending.left();
            self.node
                .status
                .send_modify(|s| s.crash_budget = Some(left));
        }
        self.end(Signal::KILL).await;
        self.node.status.send_modify(|s| s.restarts += 1);
        self.live(Life::Waiting, Some("killed at its crash point".to_owned()));
    }
}
