//! One leg of a drill: its own namespace, its agents' settings, load, phases, snapshot, verdict.

use std::collections::BTreeMap;
use std::time::Instant;

use futures::future::join_all;
use rlab_contract::agent_config::Namespace;
use rlab_evidence::report::ArmReport;
use rlab_evidence::{Journal, RunDir};
use rlab_lab::pipeline;
use rlab_runbook::{Instance, LoadKind, Value, ValueRef};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::changes::Changes;
use crate::collect::{self, Keys, Sweep, What};
use crate::control::Control;
use crate::error::DrillError;
use crate::event::DrillEvent;
use crate::judge::Case;
use crate::leg::Leg;
use crate::load::{Loads, Start, numbers_of};
use crate::measured::{self, Measured};
use crate::observe::Observer;
use crate::phases::Phases;
use crate::record::ArmRecord;
use crate::stage::Stage;
use crate::undo::{Undo, UndoLog};

/// What a leg works with.
pub(crate) struct ArmRun<'a> {
    pub leg: &'a Leg,
    pub stage: &'a Stage,
    pub control: &'a dyn Control,
    pub run_dir: &'a RunDir,
    pub journal: &'a mut Journal,
    pub undo: &'a mut UndoLog,
    pub tell: &'a (dyn Fn(DrillEvent) + Send + Sync),
    pub seed: u64,
}

/// A leg that has run.
pub(crate) struct ArmDone {
    pub report: ArmReport,
    pub measured: Measured,
}

impl ArmRun<'_> {
    /// Runs the arm and undoes everything it did, whatever happens.
    pub async fn run(mut self, cancel: &CancellationToken) -> Result<ArmDone, DrillError> {
        let result = tokio::select! {
            result = self.body() => result,
            () = cancel.cancelled() => Err(DrillError::Aborted),
        };
        (self.tell)(DrillEvent::Note(format!(
            "{}: undoes what was done",
            self.leg.name
        )));
        self.stage.takes_a_while()?;
        // A lab that cannot be mended is worse than anything else that happened.
        let undone = self.undo.undo(self.stage).await?;
        let entry = json!({ "arm": self.leg.name, "done": undone });
        let noted = self.journal.append("undo", &entry);
        let done = result?;
        noted?;
        Ok(done)
    }

    async fn body(&mut self) -> Result<ArmDone, DrillError> {
        self.stage.takes_a_while()?;
        let namespace = self.isolate().await?;
        self.configure(&namespace).await?;
        let settings = self.settings_in_words();
        let cursor = self.stage.last_event().await?;
        let mut record = ArmRecord::new(self.journal, &self.leg.name);
        let mut loads = Loads::default();
        let observer = Observer::start(
            &self.leg.drill.observe,
            &self.stage.site,
            &namespace,
            record.epoch,
        );
        let operator = self.control.operator();
        let changes = Changes::begin(&self.leg.drill, &self.stage.site, operator).await;
        record.old_zone = changes.old_zone().map(str::to_owned);
        let mut phases = Phases {
            drill: &self.leg.drill,
            stage: self.stage,
            control: self.control,
            namespace: &namespace,
            undo: self.undo,
            record: &mut record,
            start: Start {
                drill: &self.leg.drill,
                stage: self.stage,
                run_dir: self.run_dir,
                namespace: &namespace,
                seed: self.seed,
            },
            loads: &mut loads,
            tell: self.tell,
            seed: self.seed,
            observer: &observer,
            changes,
            from_us: 0,
            cursor,
            pauses: Vec::new(),
        };
        phases.run().await?;
        let observed = observer.end(&self.leg.name, &record.windows, self.run_dir)?;
        record.sampled.extend(observed.values);
        record.end_actions();
        self.stage.takes_a_while()?;
        // The last look at the pipeline was before this: what is asked from now on is not younger.
        let drained_at = last_drained(&record).then(Instant::now);
        let loads = loads.end().await?;
        record.note("load", json!({ "ends": loads }))?;
        (self.tell)(DrillEvent::Note(format!(
            "{}: takes the snapshot and judges",
            self.leg.name
        )));
        let snapshot = self.run_dir.snapshot(&self.leg.name)?;
        let sweep = drained_at.zip(self.leg.drill.expect.stale_after);
        let sweep = sweep.map(|(drained_at, bound)| Sweep {
            drained_at,
            bound: bound.get(),
        });
        let numbers = self.leg.drill.load.iter();
        let numbers = numbers.filter(|(_, load)| load.kind == LoadKind::Numbers);
        let numbers: Vec<Keys> = numbers
            .map(|(name, load)| Keys {
                prefix: numbers_of(&namespace, name),
                count: load.keys.get(),
            })
            .collect();
        let what = What {
            sweep,
            numbers: &numbers,
        };
        let facts = collect::snapshot(&self.stage.site, &namespace, &snapshot, what).await?;
        let drained = drained_at.is_some();
        record.note("snapshot", json!({ "facts": facts, "drained": drained }))?;
        let held_back = loads
            .iter()
            .map(|(load, summary)| (load.clone(), summary.progress.at_bound));
        let measured = Measured::new(
            record.windows.clone(),
            &record.sampled,
            drained,
            held_back.collect(),
        );
        let measured = measured.with_unproven(std::mem::take(&mut record.unproven));
        record.note(measured::ENTRY, &measured)?;
        let case = Case::of(self.leg, self.run_dir, &measured, self.seed)?;
        let judged = tokio::task::block_in_place(|| case.judge())?;
        record.note("judged", &judged.evidence)?;
        Ok(ArmDone {
            report: ArmReport {
                evidence: judged.evidence,
                settings,
                phases: record.phases,
                actions: record.actions,
                accounting: judged.accounting,
                loads: judged.loads,
                series: observed.series,
                plot: self.leg.drill.plot.clone(),
            },
            measured,
        })
    }

    /// A namespace that nothing else ever used.
    async fn isolate(&mut self) -> Result<Namespace, DrillError> {
        let drill = self.leg.drill.id.to_lowercase().replace('-', "");
        let unique = uuid::Uuid::new_v4().simple().to_string();
        let id = format!("{drill}_{}_{}", self.leg.mark, &unique[..8]);
        let namespace = self.stage.site.spec.namespace(&id);
        self.undo.record(Undo::RemoveNamespace {
            namespace: namespace.clone(),
        })?;
        self.journal.append(
            "namespace",
            &json!({ "arm": self.leg.name, "namespace": namespace }),
        )?;
        pipeline::create(&self.stage.site, &namespace).await?;
        Ok(namespace)
    }

    /// Restarts the needed agents in the namespace with the arm's settings.
    async fn configure(&mut self, namespace: &Namespace) -> Result<(), DrillError> {
        (self.tell)(DrillEvent::Note(format!(
            "{}: configures the agents",
            self.leg.name
        )));
        let mut changes = Vec::new();
        for (agent, instance) in self.leg.drill.needs.running() {
            let node = agent.instance_node(instance);
            let settings = self
                .leg
                .setup()
                .settings
                .get(&agent)
                .cloned()
                .unwrap_or_default();
            let settings: BTreeMap<_, _> = settings.into_iter().collect();
            let undo = match instance {
                Instance::FIRST => Undo::RestoreAgent { node: node.clone() },
                _ => Undo::Stop { node: node.clone() },
            };
            self.undo.record(undo)?;
            self.journal.append(
                "configure",
                &json!({ "arm": self.leg.name, "node": node, "settings": settings }),
            )?;
            changes.push((node, settings));
        }
        let client = &self.stage.client;
        let changing = changes.into_iter().map(|(node, settings)| async move {
            client
                .configure(&node, settings, Some(namespace.clone()))
                .await
        });
        for result in join_all(changing).await {
            result?;
        }
        self.stage
            .settles()
            .await
            .map_err(|why| DrillError::Measure {
                what: "the arm's steady state",
                why,
            })
    }

    fn settings_in_words(&self) -> BTreeMap<String, String> {
        let mut words = BTreeMap::new();
        for (agent, settings) in &self.leg.setup().settings {
            for (name, value) in settings {
                let value = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                words.insert(format!("{agent}.{name}"), value);
            }
        }
        words
    }
}

/// Whether the last phase that could tell found nothing on its way any more.
fn last_drained(record: &ArmRecord<'_>) -> bool {
    let name = ValueRef {
        name: "pipeline.drained".to_owned(),
        phase: None,
    };
    record.sampled.get(&name) == Some(&Value::Bool(true))
}
