//! Makes the plan of a drill.

use indexmap::IndexMap;
use serde_json::Value;

use super::{ArmPlan, CasePlan, PLAN_SCHEMA, PhasePlan, Plan, StepPlan, TablePlan};
use crate::action::Step;
use crate::expression::Expression;
use crate::load::LoadKind;
use crate::resolved::{Resolved, ResolvedLoad, ResolvedPhase};

/// Plans a drill. The runner executes the same [`Resolved`].
pub fn plan(resolved: &Resolved) -> Plan {
    let parameters = resolved.parameters.iter().map(|(name, value)| {
        let json = serde_json::to_value(value).unwrap_or_default();
        (name.clone(), json)
    });
    let by_case = !resolved.cases.is_empty();
    let series = resolved.observe.iter().map(|series| {
        let words = format!("{} every {}", series.probe.name(), series.every);
        (series.name.clone(), words)
    });
    let expect = &resolved.expect;
    Plan {
        schema: PLAN_SCHEMA.to_owned(),
        runbook: resolved.id.clone(),
        title: resolved.title.clone(),
        not_yet: resolved.not_yet(),
        tags: resolved.tags.clone(),
        hypothesis: resolved.hypothesis.clone(),
        proves: resolved.proves.clone(),
        parameters: parameters.collect(),
        needs: resolved.needs.clone(),
        load: if by_case {
            IndexMap::new()
        } else {
            loads(resolved)
        },
        arms: if by_case { Vec::new() } else { arms(resolved) },
        cases: cases(resolved),
        observe: series.collect(),
        stop: texts(&resolved.stop),
        landed: texts(&expect.landed),
        traffic: texts(&expect.traffic),
        stale_after: expect.stale_after.map(|bound| bound.to_string()),
        compare: expect.compare.iter().map(|c| c.text().to_owned()).collect(),
        controls: resolved.controls.clone(),
        table: resolved.table.as_ref().map(|table| TablePlan {
            rows: table.rows,
            columns: table.columns.iter().map(ToString::to_string).collect(),
        }),
        plot: resolved.plot.clone(),
    }
}

fn cases(resolved: &Resolved) -> Vec<CasePlan> {
    let cases = resolved.cases.iter();
    cases
        .filter_map(|(name, case)| {
            let drill = resolved.in_case(name)?;
            Some(CasePlan {
                name: name.clone(),
                values: case.values.clone(),
                load: loads(&drill),
                arms: arms(&drill),
            })
        })
        .collect()
}

fn loads(drill: &Resolved) -> IndexMap<String, String> {
    let loads = drill.load.iter();
    loads
        .map(|(name, load)| (name.clone(), in_words(load)))
        .collect()
}

fn arms(drill: &Resolved) -> Vec<ArmPlan> {
    let phases: Vec<PhasePlan> = drill.phases.iter().map(phase).collect();
    let arms = drill.arms.iter().map(|(name, arm)| ArmPlan {
        name: name.clone(),
        must: arm.must,
        settings: arm
            .settings
            .iter()
            .map(|(agent, settings)| (agent.to_string(), Value::Object(settings.clone())))
            .collect(),
        phases: phases.clone(),
        expect: drill
            .expect
            .arms
            .get(name)
            .map_or_else(Vec::new, |list| texts(list)),
    });
    arms.collect()
}

fn phase(phase: &ResolvedPhase) -> PhasePlan {
    let until = phase.until.as_ref();
    PhasePlan {
        name: phase.name.clone(),
        least: phase.least.map(|least| least.to_string()),
        until: until.map(|until| until.condition.to_string()),
        within: until.map(|until| until.within.to_string()),
        steps: phase.steps.iter().map(step).collect(),
    }
}

fn step(step: &Step) -> StepPlan {
    let spec = step.spec();
    StepPlan {
        action: spec.name.to_owned(),
        does: step.describe(),
        effect: spec.effect,
        undo_class: spec.undo,
        undo: step.undo(),
        permissions: step.permissions(),
    }
}

fn in_words(load: &ResolvedLoad) -> String {
    let verb = load.kind.spec().name;
    let what = match load.kind {
        LoadKind::Reads => "items",
        kind => kind.describe(),
    };
    let (rate, keys) = (load.rate, load.keys);
    let mut words = match (load.count, &load.to) {
        (Some(count), None) => format!("{verb} {count} {what} at {rate} over {keys} keys"),
        (Some(count), Some(to)) => {
            format!("{verb} {what} at {rate} over {keys} keys until {to}, at least {count}")
        }
        (None, to) => {
            let end = to.as_deref().unwrap_or("the phases end");
            format!("{verb} {what} at {rate} over {keys} keys until {end}")
        }
    };
    if let Some(phase) = &load.from {
        words += &format!(", from {phase} on");
    }
    let Some(produce) = &load.produce else {
        return words;
    };
    words += &format!(", topic {}, acks {}", produce.topic, produce.acks);
    if let Some(retries) = produce.retries {
        words += &format!(", {retries} retries");
    }
    if let Some(least) = produce.min_isr {
        words += &format!(", min ISR {least}");
    }
    if produce.unclean {
        words += ", unclean election";
    }
    words
}

fn texts(expressions: &[Expression]) -> Vec<String> {
    expressions.iter().map(Expression::to_string).collect()
}
