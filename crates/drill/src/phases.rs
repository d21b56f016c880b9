//! Goes through the phases of an arm: actions, least length, awaited condition, sampled values.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use rlab_contract::agent_config::Namespace;
use rlab_evidence::report::{ActionReport, PhaseReport};
use rlab_ledger::account::Window;
use rlab_runbook::{
    Expression, Known, Observation, Resolved, ResolvedPhase, Step, Truth, Until, Value, ValueRef,
};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::changes::Changes;
use crate::control::Control;
use crate::error::DrillError;
use crate::event::DrillEvent;
use crate::load::{Loads, Start};
use crate::observe::Observer;
use crate::probes::{self, Kill};
use crate::record::ArmRecord;
use crate::stage::Stage;
use crate::steps;
use crate::undo::UndoLog;

/// Between two looks at an awaited condition.
const LOOK: Duration = Duration::from_millis(100);

/// The same where looking means a Kafka client of its own.
const DRAIN_LOOK: Duration = Duration::from_millis(500);
/// What an action may take: at most a node that starts.
const STEP: Duration = Duration::from_secs(60);
/// Room in a phase's time for looks that have to be waited for.
const SLACK: Duration = Duration::from_secs(20);
/// A look at a lab in trouble that takes longer than this has seen nothing.
const LOOK_DEADLINE: Duration = Duration::from_secs(10);

/// What the phases of one arm work with.
pub(crate) struct Phases<'a, 'j> {
    pub drill: &'a Resolved,
    pub stage: &'a Stage,
    pub control: &'a dyn Control,
    pub namespace: &'a Namespace,
    pub undo: &'a mut UndoLog,
    pub record: &'a mut ArmRecord<'j>,
    pub start: Start<'a>,
    pub loads: &'a mut Loads,
    pub tell: &'a (dyn Fn(DrillEvent) + Send + Sync),
    pub seed: u64,
    pub observer: &'a Observer,
    /// Who was in charge before.
    pub changes: Changes<'a>,
    /// When the phase that runs began, in µs since the arm's start.
    pub from_us: u64,
    /// Newest lab event that was read.
    pub cursor: u64,
    /// What resumes brokers that were paused in this phase.
    pub pauses: Vec<JoinHandle<()>>,
}

impl Phases<'_, '_> {
    /// Runs every phase in order.
    pub async fn run(&mut self) -> Result<(), DrillError> {
        for phase in &self.drill.phases {
            self.phase(phase).await?;
        }
        Ok(())
    }

    async fn phase(&mut self, phase: &ResolvedPhase) -> Result<(), DrillError> {
        self.stage.takes(self.longest(phase))?;
        self.changes.phase_begins().await;
        let begun = Instant::now();
        let (from_us, from_s) = (self.record.now_us(), self.record.now_s());
        self.from_us = from_us;
        let kills_before = self.kills().await?.len();
        let agents_before = self.agent_kills();
        self.record.note("phase", json!({ "begins": phase.name }))?;
        self.loads.end_with(&phase.name);
        self.start.those_of(&phase.name, self.loads, self.record)?;
        for step in &phase.steps {
            let carried_out = steps::carry_out(
                step,
                (self.stage, self.namespace),
                self.control,
                self.undo,
                self.record,
                &phase.name,
                self.seed,
            );
            self.pauses.extend(carried_out.await?);
        }
        let mut ended_by = String::new();
        if let Some(least) = phase.least {
            self.last(begun + least.get()).await?;
            ended_by = least.to_string();
        }
        if let Some(until) = &phase.until {
            ended_by = self.wait(&phase.name, until).await?;
        }
        for pause in self.pauses.drain(..) {
            // One that panicked is undone with the rest.
            let _ = pause.await;
        }
        self.measure_end(phase, kills_before, agents_before).await?;
        self.record.windows.push(Window {
            name: phase.name.clone(),
            from_us,
            to_us: self.record.now_us(),
        });
        let report = PhaseReport {
            name: phase.name.clone(),
            from_s,
            to_s: self.record.now_s(),
            ended_by,
        };
        self.record.note(
            "phase",
            json!({ "ends": phase.name, "by": report.ended_by }),
        )?;
        (self.tell)(DrillEvent::Note(format!(
            "{}/{}: {} after {:.1} s",
            self.record.arm,
            report.name,
            report.ended_by,
            report.to_s - report.from_s
        )));
        self.record.phases.push(report);
        Ok(())
    }

    /// Lets the time pass until `end`.
    async fn last(&mut self, end: Instant) -> Result<(), DrillError> {
        loop {
            self.stop_when_asked().await?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            tokio::time::sleep(left.min(LOOK)).await;
        }
    }

    /// Ends the drill when one of its stop conditions is true; one that cannot be told is not.
    async fn stop_when_asked(&mut self) -> Result<(), DrillError> {
        for condition in &self.drill.stop {
            let seen = self.observe(condition).await?;
            if seen.truth == Truth::True {
                let condition = condition.to_string();
                let seen = seen.to_string();
                self.record
                    .note("stop", json!({ "condition": condition, "seen": seen }))?;
                return Err(DrillError::Stopped { condition, seen });
            }
        }
        Ok(())
    }

    /// How a condition over live values looks now.
    async fn observe(&mut self, condition: &Expression) -> Result<Observation, DrillError> {
        let mut now = HashMap::new();
        for value in condition.values() {
            if let Some(found) = self.live(value).await? {
                now.insert(value.clone(), found);
            }
        }
        Ok(condition.observe(&|value: &ValueRef| now.get(value).copied()))
    }

    /// What a phase may take, with room for its actions and its last looks.
    fn longest(&self, phase: &ResolvedPhase) -> Duration {
        let least = phase.least.map_or(Duration::ZERO, |least| least.get());
        let until = phase.until.as_ref();
        let within = until.map_or(Duration::ZERO, |until| until.within.get());
        let load = match until.is_some_and(Until::drains) {
            true => self.loads.longest(),
            false => Duration::ZERO,
        };
        let steps = phase.steps.iter().map(|step| match step {
            Step::Failover(of) => self.control.longest(*of),
            _ => STEP,
        });
        least + within + load + steps.sum::<Duration>() + SLACK
    }

    /// Waits for a condition and says what ended the waiting. That it never came true is no fault
    /// of the tool: the values decide what it means.
    async fn wait(&mut self, phase: &str, until: &Until) -> Result<String, DrillError> {
        let drains = until.drains();
        let mut begun = Instant::now();
        loop {
            if drains && !self.loads.commands_finished() {
                // Draining begins when nothing is sent any more.
                begun = Instant::now();
            }
            self.stop_when_asked().await?;
            let seen = self.observe(&until.condition).await?;
            if seen.truth == Truth::True {
                return Ok(until.condition.to_string());
            }
            if begun.elapsed() > until.within.get() {
                return Ok(format!(
                    "{} not met within {}",
                    until.condition, until.within
                ));
            }
            let (load, commands) = self.loads.progress();
            (self.tell)(DrillEvent::Waiting {
                arm: self.record.arm.clone(),
                phase: phase.to_owned(),
                until: seen.to_string(),
                load,
                commands,
            });
            tokio::time::sleep(if drains { DRAIN_LOOK } else { LOOK }).await;
        }
    }

    async fn live(&mut self, value: &ValueRef) -> Result<Option<Value>, DrillError> {
        if value.phase.is_some() {
            return Ok(self.record.sampled.get(value).copied());
        }
        Ok(match value.name.as_str() {
            "crashes" => Some(Value::Number(self.kills().await?.len() as f64)),
            "agent.kills" => {
                self.kills().await?;
                Some(Value::Number(self.agent_kills() as f64))
            }
            "isr" => self.isr().await,
            "pipeline.drained" => self.drained().await,
            name => {
                let of_load = self
                    .loads
                    .now(name)
                    .or_else(|| self.of_load(name, self.from_us));
                match of_load.or_else(|| self.observer.now(name)) {
                    Some(value) => Some(value),
                    None => self.changes.since_start(name).await,
                }
            }
        })
    }

    /// A value of a load that is sampled while it runs, of what happened since `since_us`.
    fn of_load(&self, name: &str, since_us: u64) -> Option<Value> {
        let (load, value) = name.split_once('.')?;
        match value {
            "gap_closed" => self.loads.gap_closed(load, since_us, self.record.now_us()),
            _ => self.loads.of_connections(load, value, since_us),
        }
    }

    /// Agents killed by an action since the arm's start, as far as events were read.
    fn agent_kills(&self) -> usize {
        let spec = &self.stage.site.spec;
        let is_agent = |node: &str| spec.agents().any(|n| n.name == node);
        probes::agent_kills(&self.record.events, is_agent)
    }

    async fn isr(&self) -> Option<Value> {
        let asking = probes::isr(&self.stage.site, &self.namespace.topic);
        let isr = tokio::time::timeout(LOOK_DEADLINE, asking).await.ok()??;
        Some(Value::Number(isr as f64))
    }

    async fn drained(&self) -> Option<Value> {
        if !self.loads.commands_finished() {
            return Some(Value::Bool(false));
        }
        let asking = probes::settled(&self.stage.site, self.namespace);
        let settled = tokio::time::timeout(LOOK_DEADLINE, asking).await.ok()??;
        Some(Value::Bool(settled))
    }

    /// Kills since the arm's start.
    async fn kills(&mut self) -> Result<Vec<Kill>, DrillError> {
        let fresh = self.stage.client.events(self.cursor).await?;
        for event in fresh {
            self.cursor = event.sequence;
            self.record.note("lab", &event)?;
            self.record.events.push(event);
        }
        Ok(probes::kills(&self.record.events))
    }

    /// Samples what expectations may ask of this phase's end.
    async fn measure_end(
        &mut self,
        phase: &ResolvedPhase,
        kills_before: usize,
        agents_before: usize,
    ) -> Result<(), DrillError> {
        let name = Some(phase.name.as_str());
        let kills = self.kills().await?;
        for kill in &kills[kills_before..] {
            self.record.actions.push(ActionReport {
                at_s: self.record.seconds_at(&kill.at),
                until_s: None,
                phase: phase.name.clone(),
                action: "crash".to_owned(),
                target: kill.node.clone(),
                proof: format!(
                    "pid {} asked for it at {} with {}, ended by signal 9 at {}",
                    kill.pid, kill.point, kill.detail, kill.at
                ),
            });
        }
        let during = (kills.len() - kills_before) as f64;
        self.record.sample("crashes", name, Value::Number(during));
        self.record.total("crashes", kills.len());
        let agents = self.agent_kills();
        let during = Value::Number((agents - agents_before) as f64);
        self.record.sample("agent.kills", name, during);
        self.record.total("agent.kills", agents);
        if let Some(isr) = self.isr().await {
            self.record.sample("isr", name, isr);
        }
        self.measure_loads(&phase.name);
        for (value, told) in self.changes.told().await {
            match told {
                Some((since_start, since_phase)) => {
                    self.record.sample(value, name, since_phase);
                    self.record.sample(value, None, since_start);
                }
                None => self.record.forget(value),
            }
        }
        match self.drained().await {
            Some(drained) => self.record.sample("pipeline.drained", name, drained),
            // What cannot be told now must not be taken from an earlier look.
            None => self.record.forget("pipeline.drained"),
        }
        Ok(())
    }

    /// Samples what loads tell only while they run.
    fn measure_loads(&mut self, phase: &str) {
        for (name, load) in &self.drill.load {
            let sampled = load
                .kind
                .values()
                .iter()
                .filter(|spec| spec.known == Known::Sampled);
            for spec in sampled {
                let value = format!("{name}.{}", spec.name);
                let since_start = self.of_load(&value, 0);
                match self.of_load(&value, self.from_us) {
                    Some(in_phase) => self.record.sample(&value, Some(phase), in_phase),
                    None => self.record.forget(&value),
                }
                if let Some(since_start) = since_start {
                    self.record.sample(&value, None, since_start);
                }
            }
        }
    }
}
