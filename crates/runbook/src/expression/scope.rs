//! The names an expression may use, and where it stands.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use crate::cases::{CaseValue, CaseValues};
use crate::load::LoadKind;
use crate::parameter::ParameterValue;
use crate::probe::Probe;
use crate::values::{Known, VALUES, ValueSpec};

/// Where an expression stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// The `until` of the phase with this index: sampled while that phase runs.
    Until(usize),
    /// A condition of `stop`: looked at all the time, whatever has happened so far.
    Stop,
    /// An expectation: evaluated when everything is known of its arm.
    Expect,
    /// A comparison: evaluated when everything is known of all arms, whose names come first.
    Compare,
}

/// The names an expression may use, with their types.
#[derive(Debug, Clone)]
pub struct Scope {
    values: IndexMap<String, &'static ValueSpec>,
    loads: IndexMap<String, LoadKind>,
    series: IndexMap<String, Probe>,
    arms: Vec<String>,
    phases: Vec<String>,
    parameters: IndexMap<String, ParameterValue>,
    words: BTreeSet<String>,
    position: Position,
}

impl Scope {
    /// The scope of an expectation: the registry's values, those of each load, phases and
    /// parameters.
    pub fn new<'a>(
        loads: impl IntoIterator<Item = (&'a str, LoadKind)>,
        phases: impl IntoIterator<Item = &'a str>,
        parameters: &IndexMap<String, ParameterValue>,
    ) -> Self {
        let values = VALUES.iter().map(|spec| (spec.name.to_owned(), spec));
        let mut scope = Self {
            values: values.collect(),
            loads: IndexMap::new(),
            series: IndexMap::new(),
            arms: Vec::new(),
            phases: phases.into_iter().map(str::to_owned).collect(),
            parameters: parameters.clone(),
            words: BTreeSet::new(),
            position: Position::Expect,
        };
        for (name, kind) in loads {
            scope.loads.insert(name.to_owned(), kind);
            scope.own(name, kind.values());
        }
        scope
    }

    /// The same with the values of these series.
    #[must_use]
    pub fn with_series<'a>(mut self, series: impl IntoIterator<Item = (&'a str, Probe)>) -> Self {
        for (name, probe) in series {
            self.series.insert(name.to_owned(), probe);
            self.own(name, probe.spec().outputs);
        }
        self
    }

    /// The same with the names of these arms.
    #[must_use]
    pub fn with_arms<'a>(mut self, arms: impl IntoIterator<Item = &'a str>) -> Self {
        self.arms.extend(arms.into_iter().map(str::to_owned));
        self
    }

    /// The same with the numbers of a case.
    pub(crate) fn with_case(mut self, values: &CaseValues) -> Self {
        for (name, value) in values {
            if let CaseValue::Integer(number) = value {
                let number = ParameterValue::Integer(i64::from(*number));
                self.parameters.insert(name.clone(), number);
            } else {
                self.words.insert(name.clone());
            }
        }
        self
    }

    /// The same names, seen from `position`.
    pub fn at(&self, position: Position) -> Self {
        Self {
            position,
            ..self.clone()
        }
    }

    fn own(&mut self, owner: &str, specs: &'static [ValueSpec]) {
        let named = specs
            .iter()
            .map(|spec| (format!("{owner}.{}", spec.name), spec));
        self.values.extend(named);
    }

    /// The value of this name; among arms, the name of one comes first.
    pub(super) fn value(&self, name: &str) -> Option<&'static ValueSpec> {
        let Some(arms) = self.compared() else {
            return self.values.get(name).copied();
        };
        let (arm, rest) = name.split_once('.')?;
        let known = arms.iter().any(|known| known == arm);
        known.then(|| self.values.get(rest).copied())?
    }

    /// What the load or series called `name` is, and its values.
    pub(super) fn owner(&self, name: &str) -> Option<(String, &'static [ValueSpec])> {
        if let Some(kind) = self.loads.get(name) {
            return Some((format!("load of {}", kind.describe()), kind.values()));
        }
        let probe = self.series.get(name)?.spec();
        Some((format!("series of `{}`", probe.name), probe.outputs))
    }

    /// The arms, where they are compared.
    pub(super) fn compared(&self) -> Option<&[String]> {
        (self.position == Position::Compare).then_some(self.arms.as_slice())
    }

    pub(super) fn parameter(&self, name: &str) -> Option<ParameterValue> {
        self.parameters.get(name).copied()
    }

    /// Whether `name` is what a case gives, and no number.
    pub(super) fn is_word(&self, name: &str) -> bool {
        self.words.contains(name)
    }

    /// Names that could stand in a value's place here.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        let values = self
            .values
            .iter()
            .filter(|(_, spec)| self.allows(spec))
            .map(|(name, _)| name.as_str());
        values.chain(self.parameters.keys().map(String::as_str))
    }

    /// Phases that have begun when the expression is evaluated.
    pub(super) fn begun(&self) -> &[String] {
        match self.position {
            Position::Until(index) => &self.phases[..self.phases.len().min(index + 1)],
            Position::Stop => &[],
            Position::Expect | Position::Compare => &self.phases,
        }
    }

    pub(super) fn has_phase(&self, name: &str) -> bool {
        self.phases.iter().any(|phase| phase == name)
    }

    /// Whether the value is known here.
    pub(super) fn allows(&self, spec: &ValueSpec) -> bool {
        spec.live() || self.is_after()
    }

    /// Whether the value is known by phase here.
    pub(super) fn allows_phase(&self, spec: &ValueSpec) -> bool {
        spec.known == Known::Sampled || self.is_after()
    }

    fn is_after(&self) -> bool {
        matches!(self.position, Position::Expect | Position::Compare)
    }
}
