//! What is written down while an arm runs: journal entries, phases, actions, sampled values.

use std::collections::HashMap;
use std::time::Instant;

use rlab_evidence::Journal;
use rlab_evidence::report::{ActionReport, PhaseReport};
use rlab_lab::protocol::{LabEvent, NodeEvent};
use rlab_ledger::account::Window;
use rlab_runbook::{Value, ValueRef};
use serde::Serialize;

use crate::error::DrillError;

const SIGCONT: i32 = 18;

/// The record of one arm.
pub(crate) struct ArmRecord<'a> {
    /// Where every entry goes as it happens.
    pub journal: &'a mut Journal,
    /// Name of the arm.
    pub arm: String,
    /// Time zero of the arm's history.
    pub epoch: Instant,
    /// The same moment on the wall clock, on which lab events are told.
    pub started_at: jiff::Timestamp,
    /// Phases so far.
    pub phases: Vec<PhaseReport>,
    /// The same as windows of the history.
    pub windows: Vec<Window>,
    /// What was done to the lab.
    pub actions: Vec<ActionReport>,
    /// Values sampled, by name and phase.
    pub sampled: HashMap<ValueRef, Value>,
    /// Lab events since the arm's start.
    pub events: Vec<LabEvent>,
    /// Zone of MySQL when the arm began, where the drill asks for it.
    pub old_zone: Option<String>,
    /// Faults that are not proven to have happened, and why not.
    pub unproven: Vec<(String, String)>,
}

impl<'a> ArmRecord<'a> {
    /// An empty record that starts now.
    pub fn new(journal: &'a mut Journal, arm: &str) -> Self {
        Self {
            journal,
            arm: arm.to_owned(),
            epoch: Instant::now(),
            started_at: jiff::Timestamp::now(),
            phases: Vec::new(),
            windows: Vec::new(),
            actions: Vec::new(),
            sampled: HashMap::new(),
            events: Vec::new(),
            old_zone: None,
            unproven: Vec::new(),
        }
    }

    /// Microseconds since the arm's start.
    pub fn now_us(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Seconds since the arm's start.
    pub fn now_s(&self) -> f64 {
        self.epoch.elapsed().as_secs_f64()
    }

    /// Seconds from the arm's start to the RFC 3339 time `at`.
    pub fn seconds_at(&self, at: &str) -> f64 {
        at.parse::<jiff::Timestamp>().map_or_else(
            |_| self.now_s(),
            |at| at.duration_since(self.started_at).as_secs_f64(),
        )
    }

    /// Puts down when the effect of each action was over: when its target answered again, or went on,
    /// or now.
    pub fn end_actions(&mut self) {
        let now_s = self.now_s();
        let ends: Vec<Option<f64>> = self.actions.iter().map(|a| self.mended(a)).collect();
        for (action, end) in self.actions.iter_mut().zip(ends) {
            action.until_s = end.or(Some(now_s));
        }
    }

    fn mended(&self, action: &ActionReport) -> Option<f64> {
        let mends = |event: &NodeEvent| {
            matches!(
                event,
                NodeEvent::Ready { .. }
                    | NodeEvent::Signalled {
                        signal: SIGCONT,
                        ..
                    }
            )
        };
        let of_target = self.events.iter();
        of_target
            .filter(|told| told.node == action.target && mends(&told.event))
            .map(|told| self.seconds_at(&told.at))
            .find(|at_s| *at_s > action.at_s)
    }

    /// Appends an entry about this arm.
    pub fn note(&mut self, kind: &str, data: impl Serialize) -> Result<(), DrillError> {
        #[derive(Serialize)]
        struct OfArm<'a, T> {
            arm: &'a str,
            at_us: u64,
            #[serde(flatten)]
            data: T,
        }
        let at_us = self.now_us();
        let entry = OfArm {
            arm: &self.arm,
            at_us,
            data,
        };
        self.journal.append(kind, &entry)?;
        Ok(())
    }

    /// Keeps how many `name` there were since the arm's start.
    pub fn total(&mut self, name: &str, count: usize) {
        let name = name.to_owned();
        let total = ValueRef { name, phase: None };
        self.sampled.insert(total, Value::Number(count as f64));
    }

    /// Drops what `name` was last: nobody knows it any more.
    pub fn forget(&mut self, name: &str) {
        let name = name.to_owned();
        self.sampled.remove(&ValueRef { name, phase: None });
    }

    /// Keeps what `name` was, now and at the end of `phase`.
    pub fn sample(&mut self, name: &str, phase: Option<&str>, value: Value) {
        let named = |phase: Option<&str>| ValueRef {
            name: name.to_owned(),
            phase: phase.map(str::to_owned),
        };
        self.sampled.insert(named(None), value);
        if phase.is_some() {
            self.sampled.insert(named(phase), value);
        }
    }
}
