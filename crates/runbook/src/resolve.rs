//! Puts parameters into a runbook's text and parses its expressions.

use std::num::NonZeroU32;

use indexmap::IndexMap;
use rlab_document::{Document, DocumentErrors, Problem, one_of};
use thiserror::Error;

use crate::action::{Action, Step};
use crate::agents::Agent;
use crate::argument::{Arg, FromParameter};
use crate::check::{Findings, STALE_AFTER, check};
use crate::expression::{Expression, Position, Scope};
use crate::format::{Arm, Keys, Load, Phase, RunbookText};
use crate::parameter::{ParameterErrors, ParameterValue};
use crate::resolved::{
    Resolved, ResolvedArm, ResolvedExpectations, ResolvedLoad, ResolvedPhase, Until,
};
use crate::values::STALE_CACHE;

/// Why a runbook cannot be run with these parameters.
#[derive(Debug, Error)]
pub enum ResolveError {
    /// Overrides that are unknown, of the wrong type or out of bounds.
    #[error(transparent)]
    Parameters(#[from] ParameterErrors),
    /// Values that do not fit the place where the runbook uses them.
    #[error(transparent)]
    Document(#[from] DocumentErrors),
}

/// Resolves the whole text with `parameters`, or reports everything that is wrong with it.
pub(crate) fn resolve(
    document: &Document<RunbookText>,
    parameters: IndexMap<String, ParameterValue>,
) -> Result<Resolved, DocumentErrors> {
    let text = &document.value;
    let mut findings = Findings::new(document);
    check(&mut findings);
    let scope = Scope::new(
        text.load
            .iter()
            .map(|(name, load)| (name.as_str(), load.kind())),
        text.phases.iter().map(|phase| phase.name.as_str()),
        &parameters,
    );
    let mut resolver = Resolver {
        findings,
        parameters: &parameters,
        scope: &scope,
    };
    let load = resolver.loads();
    let phases = resolver.phases();
    let expect = resolver.expectations();
    let problems = resolver.findings.problems;
    match (load, phases) {
        (Some(load), Some(phases)) if problems.is_empty() => Ok(Resolved {
            id: text.id.clone(),
            title: text.title.clone(),
            hypothesis: text.hypothesis.clone(),
            proves: text.proves.clone(),
            needs: text.needs.clone(),
            arms: text
                .arms
                .iter()
                .map(|(name, arm)| (name.clone(), self::arm(arm)))
                .collect(),
            load,
            phases,
            expect,
            controls: text.controls.clone(),
            parameters,
        }),
        _ => Err(document.errors(problems)),
    }
}

fn arm(arm: &Arm) -> ResolvedArm {
    let written = [
        (
            Agent::CommandService,
            serde_json::to_value(&arm.command_service),
        ),
        (
            Agent::ConsumerService,
            serde_json::to_value(&arm.consumer_service),
        ),
        (
            Agent::QueryService,
            serde_json::to_value(&arm.query_service),
        ),
    ];
    let settings = written
        .into_iter()
        .filter_map(|(agent, settings)| match settings {
            Ok(serde_json::Value::Object(map)) => Some((agent, map)),
            _ => None,
        })
        .collect();
    ResolvedArm {
        must: arm.must,
        settings,
    }
}

struct Resolver<'a> {
    findings: Findings<'a>,
    parameters: &'a IndexMap<String, ParameterValue>,
    scope: &'a Scope,
}

impl<'a> Resolver<'a> {
    fn text(&self) -> &'a RunbookText {
        &self.findings.document.value
    }

    fn loads(&mut self) -> Option<IndexMap<String, ResolvedLoad>> {
        let loads: Vec<_> = self
            .text()
            .load
            .iter()
            .map(|(name, load)| Some((name.clone(), self.load(name, load)?)))
            .collect();
        loads.into_iter().collect()
    }

    fn load(&mut self, name: &str, load: &Load) -> Option<ResolvedLoad> {
        let at = format!("/load/{name}");
        let count = load
            .count
            .as_ref()
            .map(|arg| self.argument(&format!("{at}/count"), arg));
        let rate = self.argument(&format!("{at}/rate"), &load.rate);
        let keys = self.keys(&format!("{at}/keys"), &load.keys);
        Some(ResolvedLoad {
            kind: load.kind(),
            count: count.map_or(Some(None), |count| count.map(Some))?,
            rate: rate?,
            keys: keys?,
        })
    }

    /// The number of aggregates, that of another load if its name is given.
    fn keys(&mut self, at: &str, keys: &Keys) -> Option<NonZeroU32> {
        let name = match keys {
            Keys::Number(number) => return self.argument(at, number),
            Keys::Of(name) => name,
        };
        let loads = &self.text().load;
        if let Some(Keys::Number(number)) = loads.get(name).map(|other| &other.keys) {
            return self.argument(&format!("/load/{name}/keys"), number);
        }
        let numbered = loads
            .iter()
            .filter(|(_, load)| matches!(load.keys, Keys::Number(_)))
            .map(|(name, _)| name.as_str());
        let help = one_of("loads with keys", name, numbered);
        let message = format!("no load `{name}` with a number of keys");
        self.findings.value(at, &message, help);
        None
    }

    fn phases(&mut self) -> Option<Vec<ResolvedPhase>> {
        let phases: Vec<_> = self
            .text()
            .phases
            .iter()
            .enumerate()
            .map(|(index, phase)| self.phase(index, phase))
            .collect();
        phases.into_iter().collect()
    }

    fn phase(&mut self, index: usize, phase: &Phase) -> Option<ResolvedPhase> {
        let at = format!("/phases/{index}");
        let least = phase
            .least
            .as_ref()
            .map(|arg| self.argument(&format!("{at}/for"), arg));
        let within = phase
            .within
            .as_ref()
            .map(|arg| self.argument(&format!("{at}/within"), arg));
        let condition = phase.until.as_ref().map(|text| {
            let scope = self.scope.at(Position::Until(index));
            self.expression(&format!("{at}/until"), text, &scope)
        });
        let steps: Vec<Option<Step>> = phase
            .steps
            .iter()
            .enumerate()
            .map(|(step, action)| self.step(&format!("{at}/do/{step}"), action))
            .collect();
        let until = match (condition, within) {
            (Some(condition), Some(within)) => Some(Until {
                condition: condition?,
                within: within?,
            }),
            _ => None,
        };
        Some(ResolvedPhase {
            name: phase.name.clone(),
            least: least.map_or(Some(None), |least| least.map(Some))?,
            until,
            steps: steps.into_iter().collect::<Option<_>>()?,
        })
    }

    fn step(&mut self, at: &str, action: &Action) -> Option<Step> {
        Some(match action {
            Action::Crash(crash) => Step::Crash {
                agent: crash.agent,
                instance: crash.instance,
                point: crash.point.clone(),
                times: self.argument(&format!("{at}/crash/times"), &crash.times)?,
            },
            Action::AgentKill(whom) => Step::AgentKill {
                agent: whom.agent,
                instance: whom.instance,
            },
            Action::AgentStart(whom) => Step::AgentStart {
                agent: whom.agent,
                instance: whom.instance,
            },
            Action::BrokerKill(broker) => Step::BrokerKill { broker: *broker },
            Action::BrokerStart(broker) => Step::BrokerStart { broker: *broker },
        })
    }

    fn expectations(&mut self) -> ResolvedExpectations {
        let expect = &self.text().expect;
        let stale_after = expect.stale_after.as_ref();
        let stale_after = stale_after.and_then(|arg| self.argument("/expect/stale_after", arg));
        let arms = expect
            .arms
            .iter()
            .map(|(name, list)| {
                (
                    name.clone(),
                    self.list(&format!("/expect/arms/{name}"), list),
                )
            })
            .collect();
        ResolvedExpectations {
            landed: self.list("/expect/landed", &expect.landed),
            traffic: self.list("/expect/traffic", &expect.traffic),
            stale_after,
            arms,
        }
    }

    fn list(&mut self, at: &str, list: &[String]) -> Vec<Expression> {
        let scope = self.scope;
        list.iter()
            .enumerate()
            .filter_map(|(index, text)| self.expression(&format!("{at}/{index}"), text, scope))
            .collect()
    }

    fn expression(&mut self, at: &str, text: &str, scope: &Scope) -> Option<Expression> {
        match Expression::parse(text, scope) {
            Ok(expression) => {
                self.bounded(at, &expression);
                Some(expression)
            }
            Err(problems) => {
                let document = self.findings.document;
                let placed = problems.into_iter().map(|found| -> Problem {
                    document.text_problem(at, found.span, &found.message, found.help)
                });
                self.findings.problems.extend(placed);
                None
            }
        }
    }

    /// Whether a read is stale cannot be said without a bound.
    fn bounded(&mut self, at: &str, expression: &Expression) {
        let stale = expression.values().iter().any(|v| v.name == STALE_CACHE);
        if stale && self.text().expect.stale_after.is_none() {
            let message = format!("`{STALE_CACHE}` has no bound");
            self.findings
                .value(at, &message, Some(STALE_AFTER.to_owned()));
        }
    }

    fn argument<T: FromParameter + Copy>(&mut self, at: &str, argument: &Arg<T>) -> Option<T> {
        let name = match argument {
            Arg::Literal(value) => return Some(*value),
            Arg::Parameter(name) => name,
        };
        let Some(value) = self.parameters.get(name) else {
            let known = self.parameters.keys().map(String::as_str);
            let help = one_of("parameters", name, known);
            let message = format!("unknown parameter `{name}`");
            self.findings.value(at, &message, help);
            return None;
        };
        let fitting = T::from_parameter(*value);
        if fitting.is_none() {
            let message = format!("parameter `{name}` is {value}, but {} is needed", T::WANTED);
            self.findings.value(at, &message, None);
        }
        fitting
    }
}
