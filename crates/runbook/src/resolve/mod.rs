//! Puts parameters and cases into a runbook's text and parses its expressions.

mod arms;
mod course;
mod expect;

use indexmap::IndexMap;
use rlab_document::{Document, DocumentErrors, Problem, one_of};
use thiserror::Error;

use crate::argument::{Arg, FromParameter};
use crate::cases::{CaseValues, Matrix, combinations, first_of_each};
use crate::check::{Findings, STALE_AFTER, check};
use crate::expression::{Expression, ExpressionProblem, Scope, When};
use crate::format::RunbookText;
use crate::parameter::{ParameterErrors, ParameterValue};
use crate::resolved::{Resolved, ResolvedCase, ResolvedTable};
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
    let matrix = text.cases.iter();
    let matrix: Matrix = matrix
        .map(|(name, list)| (name.clone(), list.0.clone()))
        .collect();
    // Without a matrix there is one combination, of nothing. Where a mistake keeps a matrix from
    // having any, its first values let the rest be checked.
    let combinations = combinations(&matrix)
        .unwrap_or_else(|_| IndexMap::from([(String::new(), first_of_each(&matrix))]));
    let scope = scope(text, &parameters);
    let whens = expect::whens(&mut findings, &matrix);
    let mut cases: Option<IndexMap<String, ResolvedCase>> = Some(IndexMap::new());
    for (name, values) in combinations {
        let mut resolver = Resolver {
            scope: scope.clone().with_case(&values),
            findings: &mut findings,
            parameters: &parameters,
            case: &values,
            whens: &whens,
        };
        cases = cases.zip(resolver.case()).map(|(mut cases, case)| {
            cases.insert(name, case);
            cases
        });
    }
    let table = expect::table(&mut findings, &scope);
    let first = cases
        .as_ref()
        .and_then(|cases| cases.values().next().cloned());
    match (cases, first) {
        (Some(mut cases), Some(first)) if findings.problems.is_empty() => {
            if matrix.is_empty() {
                cases.clear();
            }
            Ok(whole(text, parameters, table, cases, first))
        }
        _ => Err(document.errors(findings.problems)),
    }
}

/// The drill, with what the first case says, or the only one where there is no matrix.
fn whole(
    text: &RunbookText,
    parameters: IndexMap<String, ParameterValue>,
    table: Option<ResolvedTable>,
    cases: IndexMap<String, ResolvedCase>,
    first: ResolvedCase,
) -> Resolved {
    Resolved {
        id: text.id.clone(),
        title: text.title.clone(),
        tags: text.tags.iter().map(|tag| tag.0.clone()).collect(),
        hypothesis: text.hypothesis.clone(),
        proves: text.proves.clone(),
        parameters,
        needs: text.needs.clone(),
        controls: text.controls.clone(),
        table,
        plot: text.plot.clone(),
        arms: arms::arms(text, &first.must),
        cases,
        load: first.load,
        phases: first.phases,
        observe: first.observe,
        stop: first.stop,
        expect: first.expect,
    }
}

/// The names that expressions may use in every case.
fn scope(text: &RunbookText, parameters: &IndexMap<String, ParameterValue>) -> Scope {
    let loads = text.load.iter();
    let series = text.observe.iter();
    Scope::new(
        loads.map(|(name, load)| (name.as_str(), load.kind())),
        text.phases.iter().map(|phase| phase.name.as_str()),
        parameters,
    )
    .with_series(series.map(|(name, series)| (name.as_str(), series.probe)))
    .with_arms(text.arms.keys().map(String::as_str))
}

/// Resolves the text for one case, or for the whole where there is no matrix.
struct Resolver<'a, 'd> {
    findings: &'a mut Findings<'d>,
    parameters: &'a IndexMap<String, ParameterValue>,
    case: &'a CaseValues,
    scope: Scope,
    /// The conditions of `expect.cases`, where they are right.
    whens: &'a [Option<When>],
}

impl<'d> Resolver<'_, 'd> {
    fn text(&self) -> &'d RunbookText {
        &self.findings.document.value
    }

    fn case(&mut self) -> Option<ResolvedCase> {
        let load = self.loads();
        let phases = self.phases();
        let observe = self.series();
        let stop = self.stops();
        let (must, expect) = self.expectations();
        Some(ResolvedCase {
            values: self.case.clone(),
            must,
            load: load?,
            phases: phases?,
            observe: observe?,
            stop,
            expect,
        })
    }

    fn list(&mut self, at: &str, list: &[String], scope: &Scope) -> Vec<Expression> {
        list.iter()
            .enumerate()
            .filter_map(|(index, text)| self.expression(&format!("{at}/{index}"), text, scope))
            .collect()
    }

    fn expression(&mut self, at: &str, text: &str, scope: &Scope) -> Option<Expression> {
        let parsed = Expression::parse(text, scope);
        let expression = self.findings.placed(at, parsed)?;
        self.bounded(at, &expression);
        Some(expression)
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

    /// As [`Self::argument`], where nothing may be written.
    fn optional<T: FromParameter + Copy>(
        &mut self,
        at: &str,
        argument: Option<&Arg<T>>,
    ) -> Option<Option<T>> {
        match argument {
            None => Some(None),
            Some(argument) => self.argument(at, argument).map(Some),
        }
    }

    /// The value of an argument, unless a problem was reported for it.
    fn argument<T: FromParameter + Copy>(&mut self, at: &str, argument: &Arg<T>) -> Option<T> {
        let name = match argument {
            Arg::Literal(value) => return Some(*value),
            Arg::Parameter(name) => name,
        };
        let (what, shown, fitting) = match (self.parameters.get(name), self.case.get(name)) {
            (Some(value), _) => ("parameter", value.to_string(), T::from_parameter(*value)),
            (None, Some(value)) => ("case value", value.to_string(), T::from_case(value)),
            (None, None) => {
                let known = self.parameters.keys().chain(self.case.keys());
                let help = one_of("parameters", name, known.map(String::as_str));
                let message = format!("unknown parameter `{name}`");
                self.findings.value(at, &message, help);
                return None;
            }
        };
        if fitting.is_none() {
            let message = format!("{what} `{name}` is {shown}, but {} is needed", T::WANTED);
            self.findings.value(at, &message, None);
        }
        fitting
    }
}

impl Findings<'_> {
    /// What was parsed from the text at `at`; its problems are reported there.
    fn placed<T>(&mut self, at: &str, parsed: Result<T, Vec<ExpressionProblem>>) -> Option<T> {
        let problems = match parsed {
            Ok(parsed) => return Some(parsed),
            Err(problems) => problems,
        };
        for found in problems {
            let document = self.document;
            let problem: Problem =
                document.text_problem(at, found.span, &found.message, found.help);
            self.report(problem);
        }
        None
    }
}
