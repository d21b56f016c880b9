//! The names an expression may use, and where it stands.

use indexmap::IndexMap;

use crate::load::LoadKind;
use crate::parameter::ParameterValue;
use crate::values::{VALUES, ValueSpec};

/// Where an expression stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// The `until` of the phase with this index: sampled while that phase runs.
    Until(usize),
    /// An expectation: evaluated when everything is known.
    Expect,
}

/// The names an expression may use, with their types.
#[derive(Debug, Clone)]
pub struct Scope {
    values: IndexMap<String, &'static ValueSpec>,
    loads: IndexMap<String, LoadKind>,
    phases: Vec<String>,
    parameters: IndexMap<String, ParameterValue>,
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
        let mut values: IndexMap<String, &'static ValueSpec> = VALUES
            .iter()
            .map(|spec| (spec.name.to_owned(), spec))
            .collect();
        let loads: IndexMap<String, LoadKind> = loads
            .into_iter()
            .map(|(name, kind)| (name.to_owned(), kind))
            .collect();
        for (load, kind) in &loads {
            let own = kind.values().iter();
            values.extend(own.map(|spec| (format!("{load}.{}", spec.name), spec)));
        }
        Self {
            values,
            loads,
            phases: phases.into_iter().map(str::to_owned).collect(),
            parameters: parameters.clone(),
            position: Position::Expect,
        }
    }

    /// The same names, seen from `position`.
    pub fn at(&self, position: Position) -> Self {
        Self {
            position,
            ..self.clone()
        }
    }

    pub(super) fn value(&self, name: &str) -> Option<&'static ValueSpec> {
        self.values.get(name).copied()
    }

    /// The kind of the load called `name`.
    pub(super) fn load(&self, name: &str) -> Option<LoadKind> {
        self.loads.get(name).copied()
    }

    pub(super) fn parameter(&self, name: &str) -> Option<ParameterValue> {
        self.parameters.get(name).copied()
    }

    /// Names that could stand in a value's place here.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        let live_only = self.position != Position::Expect;
        let values = self
            .values
            .iter()
            .filter(move |(_, spec)| spec.live || !live_only)
            .map(|(name, _)| name.as_str());
        values.chain(self.parameters.keys().map(String::as_str))
    }

    /// Phases that have begun when the expression is evaluated.
    pub(super) fn begun(&self) -> &[String] {
        match self.position {
            Position::Until(index) => &self.phases[..self.phases.len().min(index + 1)],
            Position::Expect => &self.phases,
        }
    }

    pub(super) fn has_phase(&self, name: &str) -> bool {
        self.phases.iter().any(|phase| phase == name)
    }

    pub(super) fn allows(&self, spec: &ValueSpec) -> bool {
        spec.live || self.position == Position::Expect
    }
}
