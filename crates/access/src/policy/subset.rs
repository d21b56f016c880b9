//! Whether one policy allows nothing that another does not: proven, refuted with a witness, or unknown.
//!
//! Each pair of an action and a resource that the patterns of both policies tell apart is looked at once,
//! so the answer holds for all of them. What depends on a condition, on a policy variable or on NotAction
//! and NotResource is taken at its widest and at its narrowest; where the two differ in the answer, the
//! answer is unknown and names the statement.

use std::collections::BTreeSet;

use super::automaton::{Fits, combinations};
use super::document::{Effect, Policy, Statement, texts};

/// Something that one policy allows and the other does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The action, as `service:Action`.
    pub action: String,
    /// The ARN.
    pub resource: String,
    /// The statement that allows it.
    pub statement: usize,
}

/// Whether one policy allows nothing that another does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subset {
    /// It does not, whatever is asked.
    Yes,
    /// It does.
    No(Witness),
    /// It depends on what cannot be decided here.
    Unknown {
        /// Statements of the first policy that it depends on.
        statements: Vec<usize>,
        /// Why.
        why: String,
    },
}

/// A policy whose patterns have numbers.
struct Numbered<'a> {
    statements: Vec<One<'a>>,
}

struct One<'a> {
    number: usize,
    statement: &'a Statement,
    /// None stands for NotAction: anything may be meant, and nothing surely.
    actions: Option<Vec<usize>>,
    resources: Option<Vec<usize>>,
    /// Resources with variables, which are meant at most.
    open: Vec<usize>,
}

/// How far a statement speaks of a pair.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaks {
    No,
    Perhaps,
    Surely,
}

/// Patterns, each once.
#[derive(Default)]
struct Patterns(Vec<String>);

/// Whether `policy` allows nothing that `reference` does not. A pair of `actions` and `resources` is taken
/// for the witness where one does.
pub fn subset(
    policy: &Policy,
    reference: &Policy,
    actions: &[String],
    resources: &[String],
) -> Subset {
    let (mut action_patterns, mut resource_patterns) = (Patterns::default(), Patterns::default());
    let ours = Numbered::of(policy, &mut action_patterns, &mut resource_patterns);
    let theirs = Numbered::of(reference, &mut action_patterns, &mut resource_patterns);
    let lower: Vec<String> = actions.iter().map(|action| action.to_lowercase()).collect();
    let (Some(action_fits), Some(resource_fits)) = (
        combinations(&action_patterns.refs(), &lower),
        combinations(&resource_patterns.refs(), resources),
    ) else {
        return Subset::Unknown {
            statements: Vec::new(),
            why: "there are more patterns than can be compared".to_owned(),
        };
    };
    let mut undecided = BTreeSet::new();
    let mut witness: Option<Witness> = None;
    for (action_fit, action) in &action_fits {
        for (resource_fit, resource) in &resource_fits {
            match compare(&ours, &theirs, action_fit, resource_fit) {
                Pair::Fine => {}
                Pair::Undecided(statements) => undecided.extend(statements),
                Pair::Beyond(statement) => {
                    let at = lower.iter().position(|known| known == action);
                    let known = at.is_some() && resources.contains(resource);
                    if witness.is_none() || known {
                        let action = at.map_or_else(|| action.clone(), |at| actions[at].clone());
                        let resource = resource.clone();
                        witness = Some(Witness {
                            action,
                            resource,
                            statement,
                        });
                    }
                }
            }
        }
    }
    match witness {
        Some(witness) => Subset::No(witness),
        None if undecided.is_empty() => Subset::Yes,
        None => unknown(policy, undecided),
    }
}

fn unknown(policy: &Policy, undecided: BTreeSet<usize>) -> Subset {
    let named = undecided
        .iter()
        .filter_map(|&number| Some(policy.statement.get(number)?.called(number)));
    let why = format!(
        "{}: a condition, a policy variable, NotAction or NotResource decides",
        named.collect::<Vec<_>>().join(", ")
    );
    Subset::Unknown {
        statements: undecided.into_iter().collect(),
        why,
    }
}

/// What is found of one pair.
enum Pair {
    Fine,
    Undecided(Vec<usize>),
    Beyond(usize),
}

fn compare(ours: &Numbered<'_>, theirs: &Numbered<'_>, action: &Fits, resource: &Fits) -> Pair {
    let speaks = |one: &&One<'_>| one.speaks(action, resource);
    let with = |all: &'_ Numbered<'_>, effect: Effect, least: Speaks| -> Vec<usize> {
        let mut found = Vec::new();
        for (at, one) in all.statements.iter().enumerate() {
            let enough = match speaks(&one) {
                Speaks::Surely => !one.conditional() || least == Speaks::Perhaps,
                Speaks::Perhaps => least == Speaks::Perhaps,
                Speaks::No => false,
            };
            if one.statement.effect == effect && enough {
                found.push(at);
            }
        }
        found
    };
    if !with(ours, Effect::Deny, Speaks::Surely).is_empty() {
        return Pair::Fine;
    }
    let may_allow = with(ours, Effect::Allow, Speaks::Perhaps);
    // Under the same condition as ours, what is conditional there is as good as sure.
    let denied = !with(theirs, Effect::Deny, Speaks::Perhaps).is_empty();
    let covered = |at: &usize| {
        let own = &ours.statements[*at].statement.condition;
        !denied
            && theirs.statements.iter().any(|one| {
                let condition = &one.statement.condition;
                one.statement.effect == Effect::Allow
                    && speaks(&one) == Speaks::Surely
                    && (condition.is_empty() || condition == own)
            })
    };
    let open: Vec<usize> = may_allow.into_iter().filter(|at| !covered(at)).collect();
    if open.is_empty() {
        return Pair::Fine;
    }
    let surely = with(ours, Effect::Allow, Speaks::Surely);
    let surely = surely.into_iter().find(|at| open.contains(at));
    let undenied = with(ours, Effect::Deny, Speaks::Perhaps).is_empty();
    let beyond = with(theirs, Effect::Allow, Speaks::Perhaps).is_empty()
        || !with(theirs, Effect::Deny, Speaks::Surely).is_empty();
    match surely.filter(|_| undenied && beyond) {
        Some(at) => Pair::Beyond(ours.statements[at].number),
        None => Pair::Undecided(open.iter().map(|&at| ours.statements[at].number).collect()),
    }
}

impl<'a> Numbered<'a> {
    fn of(policy: &'a Policy, actions: &mut Patterns, resources: &mut Patterns) -> Self {
        let statements = policy
            .statement
            .iter()
            .enumerate()
            .map(|(number, statement)| {
                let mut open = Vec::new();
                let mut sure = Vec::new();
                for pattern in texts(statement.resource.as_ref()) {
                    match pattern.contains("${") {
                        true => open.push(resources.number(&widest(pattern))),
                        false => sure.push(resources.number(pattern)),
                    }
                }
                let named = statement.action.as_ref().map(|element| {
                    let all = element.all().iter();
                    all.map(|pattern| actions.number(&pattern.to_lowercase()))
                        .collect()
                });
                One {
                    number,
                    statement,
                    actions: named,
                    resources: statement.resource.is_some().then_some(sure),
                    open,
                }
            });
        Self {
            statements: statements.collect(),
        }
    }
}

impl One<'_> {
    fn conditional(&self) -> bool {
        !self.statement.condition.is_empty()
    }

    fn speaks(&self, action: &Fits, resource: &Fits) -> Speaks {
        let of = |numbers: Option<&Vec<usize>>, fits: &Fits| match numbers {
            None => Speaks::Perhaps,
            Some(numbers) if numbers.iter().any(|&number| fits[number]) => Speaks::Surely,
            Some(_) => Speaks::No,
        };
        let mut on = of(self.resources.as_ref(), resource);
        if on == Speaks::No && self.open.iter().any(|&number| resource[number]) {
            on = Speaks::Perhaps;
        }
        match (of(self.actions.as_ref(), action), on) {
            (Speaks::No, _) | (_, Speaks::No) => Speaks::No,
            (Speaks::Surely, Speaks::Surely) => Speaks::Surely,
            _ => Speaks::Perhaps,
        }
    }
}

impl Patterns {
    fn number(&mut self, pattern: &str) -> usize {
        let at = self.0.iter().position(|known| known == pattern);
        at.unwrap_or_else(|| {
            self.0.push(pattern.to_owned());
            self.0.len() - 1
        })
    }

    fn refs(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }
}

/// `pattern` with any text in place of its variables.
fn widest(pattern: &str) -> String {
    let mut wide = String::new();
    let mut rest = pattern;
    while let Some((before, variable)) = rest.split_once("${") {
        wide.push_str(before);
        wide.push('*');
        rest = variable.split_once('}').map_or("", |(_, after)| after);
    }
    wide + rest
}
