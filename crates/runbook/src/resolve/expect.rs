//! What must be seen: in every arm, in an arm, in some cases, across arms; and the table of it.

use indexmap::IndexMap;

use super::Resolver;
use super::arms::ONLY_ARM;
use crate::cases::{CaseValue, CaseValues, Matrix, combinations};
use crate::check::{Findings, nothing_expected};
use crate::expression::{Comparison, Scope, ValueRef, When};
use crate::format::Must;
use crate::resolved::{ResolvedExpectations, ResolvedTable};

/// What a condition on cases calls the arm.
const ARM: &str = "arm";

impl Resolver<'_, '_> {
    /// What each arm is there for in this case, and what must be seen of it.
    pub(super) fn expectations(&mut self) -> (IndexMap<String, Must>, ResolvedExpectations) {
        let expect = &self.text().expect;
        let scope = self.scope.clone();
        let stale_after = self.optional("/expect/stale_after", expect.stale_after.as_ref());
        let landed = self.list("/expect/landed", &expect.landed, &scope);
        let traffic = self.list("/expect/traffic", &expect.traffic, &scope);
        let mut arms = IndexMap::new();
        for (name, list) in &expect.arms {
            let list = self.list(&format!("/expect/arms/{name}"), list, &scope);
            arms.insert(name.clone(), list);
        }
        let mut must = self.musts();
        for (arm, must) in &mut must {
            for index in self.covering(arm) {
                let at = format!("/expect/cases/{index}");
                let entry = &expect.cases[index];
                let own = self.list(&format!("{at}/that"), &entry.that, &scope);
                arms.entry(arm.clone()).or_default().extend(own);
                self.agrees(&format!("{at}/must"), arm, must, entry.must);
            }
            if arms.get(arm).is_none_or(Vec::is_empty) {
                *must = Must::Measure;
            }
        }
        let compare = self.comparisons();
        let expectations = ResolvedExpectations {
            landed,
            traffic,
            stale_after: stale_after.flatten(),
            arms,
            compare,
        };
        (must, expectations)
    }

    /// What the arms are there for, the cases apart.
    fn musts(&self) -> IndexMap<String, Must> {
        let arms = &self.text().arms;
        if arms.is_empty() {
            return IndexMap::from([(ONLY_ARM.to_owned(), Must::Measure)]);
        }
        arms.iter().map(|(n, arm)| (n.clone(), arm.must)).collect()
    }

    /// The entries of `expect.cases` that speak of this case of an arm.
    fn covering(&self, arm: &str) -> Vec<usize> {
        let run = run(self.case, arm);
        let whens = self.whens.iter().enumerate();
        whens
            .filter(|(_, when)| when.as_ref().is_some_and(|when| when.covers(&run)))
            .map(|(index, _)| index)
            .collect()
    }

    /// An arm that is only measured takes the word of the first entry; others have their own.
    fn agrees(&mut self, at: &str, arm: &str, must: &mut Must, said: Must) {
        match (*must, said) {
            (Must::Measure, _) => *must = said,
            (_, Must::Measure) => {}
            (one, other) if one == other => {}
            (one, _) => {
                let case: Vec<String> = self
                    .case
                    .iter()
                    .map(|(name, value)| format!("{name} {value}"))
                    .collect();
                let whose = match arm {
                    ONLY_ARM => String::new(),
                    arm => format!(" of arm `{arm}`"),
                };
                let message = format!(
                    "the case {}{whose} elsewhere {}",
                    case.join(", "),
                    one.in_words()
                );
                self.findings.value(at, &message, None);
            }
        }
    }

    fn comparisons(&mut self) -> Vec<Comparison> {
        let list = self.text().expect.compare.iter().enumerate();
        list.filter_map(|(index, text)| {
            let parsed = Comparison::parse(text, &self.scope);
            self.findings
                .placed(&format!("/expect/compare/{index}"), parsed)
        })
        .collect()
    }
}

/// What a condition on cases is told of a run.
fn run(case: &CaseValues, arm: &str) -> CaseValues {
    let mut run = case.clone();
    run.insert(ARM.to_owned(), CaseValue::Word(arm.to_owned()));
    run
}

/// The conditions of `expect.cases`; each must be right and cover something.
pub(super) fn whens(findings: &mut Findings<'_>, matrix: &Matrix) -> Vec<Option<When>> {
    let text = &findings.document.value;
    let mut names = matrix.clone();
    let arms: Vec<CaseValue> = text.arms.keys().cloned().map(CaseValue::Word).collect();
    if !arms.is_empty() {
        names.insert(ARM.to_owned(), arms);
    }
    let cases = combinations(matrix).unwrap_or_default();
    let arms: Vec<&str> = match text.arms.is_empty() {
        true => vec![ONLY_ARM],
        false => text.arms.keys().map(String::as_str).collect(),
    };
    let in_arms = |case| arms.iter().map(move |arm| run(case, arm));
    let runs: Vec<CaseValues> = cases.values().flat_map(in_arms).collect();
    let mut whens = Vec::new();
    for (index, entry) in text.expect.cases.iter().enumerate() {
        let at = format!("/expect/cases/{index}/when");
        let when = findings.placed(&at, When::parse(&entry.when, &names));
        let means_none = |when: &When| !runs.is_empty() && !runs.iter().any(|run| when.covers(run));
        if when.as_ref().is_some_and(means_none) {
            findings.value(&at, "no case is meant by this", None);
        }
        whens.push(when);
    }
    unexpected_arms(findings, &whens, &runs);
    whens
}

/// An arm with a claim must be meant by some entry, if it has no list of its own.
fn unexpected_arms(findings: &mut Findings<'_>, whens: &[Option<When>], runs: &[CaseValues]) {
    let text = &findings.document.value;
    let whens: Option<Vec<&When>> = whens.iter().map(Option::as_ref).collect();
    let Some(whens) = whens.filter(|whens| !whens.is_empty() && !runs.is_empty()) else {
        return;
    };
    for (name, arm) in &text.arms {
        let own = text.expect.arms.get(name);
        let this = CaseValue::Word(name.clone());
        let mut runs = runs.iter().filter(|run| run[ARM] == this);
        if arm.must != Must::Measure
            && own.is_none_or(Vec::is_empty)
            && !runs.any(|run| whens.iter().any(|when| when.covers(run)))
        {
            nothing_expected(findings, name);
        }
    }
}

/// The table, its columns read.
pub(super) fn table(findings: &mut Findings<'_>, scope: &Scope) -> Option<ResolvedTable> {
    let table = findings.document.value.table.as_ref()?;
    let mut columns = Vec::new();
    for (index, text) in table.columns.iter().enumerate() {
        let parsed = ValueRef::parse(text, scope);
        columns.extend(findings.placed(&format!("/table/columns/{index}"), parsed));
    }
    Some(ResolvedTable {
        rows: table.rows,
        columns,
    })
}
