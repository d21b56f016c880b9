//! What a service that AWS sizes gives otherwise than one on nodes, whom that touches, and what a pass of a
//! local lab does not prove of either.

use std::collections::{BTreeMap, BTreeSet};

use rlab_document::DocumentErrors;
use rlab_runbook::Target;
use schemars::JsonSchema;
use serde::Serialize;

use crate::data::{Kind, Lists, ListsFile, Restriction, Source};
use crate::need::Need;

/// Services on nodes, each with the one that AWS sizes.
const PAIRS: [(Target, Target); 3] = [
    (Target::Msk, Target::MskServerless),
    (Target::Elasticache, Target::ElasticacheServerless),
    (Target::RdsMysql, Target::AuroraMysql),
];

/// The whole table, as a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Comparison {
    /// Always `rlab/compat-differences/v1`.
    pub schema: &'static str,
    /// What differs.
    pub differences: Vec<Difference>,
    /// What a pass of a local lab does not prove, by target.
    pub not_proven: BTreeMap<Target, Vec<String>>,
}

/// Something that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    /// The service on nodes.
    pub on_nodes: Target,
    /// The service that AWS sizes.
    pub sized: Target,
    /// What kind of thing it is.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What there is of it on nodes.
    pub of_nodes: String,
    /// What there is of it where AWS sizes.
    pub of_sized: String,
    /// Agents that need it.
    pub agents: Vec<String>,
    /// Drills with a step that needs it.
    pub drills: Vec<String>,
    /// Whether a local lab can be asked for it.
    pub probed: bool,
    /// The page that says so.
    pub source: String,
    /// Whether that page was read; what others only report is not known.
    pub confirmed: bool,
}

/// Everything that differs between services on nodes and those that AWS sizes.
///
/// # Errors
/// A runbook of the program that cannot be read; its own tests keep that from happening.
pub fn differences(lists: &Lists, needs: &[Need]) -> Result<Comparison, DocumentErrors> {
    let drills = permissions()?;
    let mut differences = Vec::new();
    for (on_nodes, sized) in PAIRS {
        let Some(file) = lists.of(on_nodes.server()) else {
            continue;
        };
        let pair = Pair {
            file,
            on_nodes,
            sized,
        };
        let restricted = file.restrictions();
        differences.extend(restricted.filter_map(|(k, n, r)| pair.restriction(k, n, r, needs)));
        differences.extend(pair.features(&drills));
        differences.extend(pair.limits());
    }
    let not_proven = Target::ALL.map(|target| (target, not_proven(lists, target)));
    Ok(Comparison {
        schema: "rlab/compat-differences/v1",
        differences,
        not_proven: not_proven.into_iter().collect(),
    })
}

/// What a pass of a local lab does not prove of `target`, a sentence each.
pub fn not_proven(lists: &Lists, target: Target) -> Vec<String> {
    let Some(file) = lists.of(target.server()) else {
        return Vec::new();
    };
    let dated = &file.dated;
    let mut sentences = vec![format!(
        "{target} itself was asked for nothing: what it does not give is what copies of AWS's pages of \
         {dated} say, and where it is denied here, it is denied by the lab's own server."
    )];
    let missing = file.feature.values();
    let missing: Vec<&str> = missing
        .filter(|feature| feature.on.contains(&target))
        .map(|feature| feature.what.as_str())
        .collect();
    if !missing.is_empty() {
        sentences.push(format!(
            "A local lab has what {target} has not: {}.",
            missing.join("; ")
        ));
    }
    let limits = file.limit.values();
    let limits: Vec<String> = limits
        .filter_map(|limit| Some(format!("{} {}", limit.most.get(target.name())?, limit.unit)))
        .collect();
    if !limits.is_empty() {
        sentences.push(format!(
            "{target} stops at {}; whether a lab stops there too was not tried.",
            limits.join(", ")
        ));
    }
    sentences
}

/// IAM actions that the steps of each drill take.
fn permissions() -> Result<BTreeMap<String, BTreeSet<&'static str>>, DocumentErrors> {
    let books = rlab_runbook::list()?;
    let resolved = books.iter().filter_map(|book| book.resolve(&[]).ok());
    let of_drills = resolved.map(|drill| {
        let steps = drill.phases.iter().flat_map(|phase| &phase.steps);
        let needed = steps.filter_map(|step| step.permissions()).flatten();
        (drill.id.clone(), needed.collect())
    });
    Ok(of_drills.collect())
}

struct Pair<'a> {
    file: &'a ListsFile,
    on_nodes: Target,
    sized: Target,
}

impl Pair<'_> {
    fn restriction(
        &self,
        kind: Kind,
        name: &str,
        restriction: &Restriction,
        needs: &[Need],
    ) -> Option<Difference> {
        let words = |target: &Target| {
            let given = !restriction.on.contains(target);
            let fixed = restriction
                .value
                .as_deref()
                .filter(|_| kind == Kind::Variable);
            match (given, fixed, restriction.over) {
                (true, ..) => "given".to_owned(),
                (false, Some(fixed), _) => format!("always {fixed}"),
                (false, None, Some(most)) => format!("up to {most}"),
                (false, None, None) => "not given".to_owned(),
            }
        };
        let needed = needs.iter();
        let needed = needed.filter(|need| need.kind == kind && need.name == name);
        let agents: BTreeSet<String> = needed.flat_map(|need| need.by.clone()).collect();
        self.row(kind.words(), name, words, &restriction.source)
            .map(|row| Difference {
                agents: agents.into_iter().collect(),
                probed: true,
                ..row
            })
    }

    fn features(&self, drills: &BTreeMap<String, BTreeSet<&str>>) -> Vec<Difference> {
        let features = self.file.feature.iter();
        let rows = features.filter_map(|(name, feature)| {
            let words = |target: &Target| match feature.on.contains(target) {
                true => format!("not given: {}", feature.what),
                false => "given".to_owned(),
            };
            let touched = drills.iter().filter(|(_, needed)| {
                let wanted = feature.permission.as_deref();
                wanted.is_some_and(|wanted| needed.contains(wanted))
            });
            let row = self.row("feature", name, words, &feature.source)?;
            Some(Difference {
                drills: touched.map(|(id, _)| id.clone()).collect(),
                ..row
            })
        });
        rows.collect()
    }

    fn limits(&self) -> Vec<Difference> {
        let limits = self.file.limit.iter();
        let rows = limits.filter_map(|(name, limit)| {
            let words = |target: &Target| match limit.most.get(target.name()) {
                Some(most) => format!("{most} {}", limit.unit),
                None => "none written down".to_owned(),
            };
            self.row("limit", name, words, &limit.source)
        });
        rows.collect()
    }

    /// A row, if the two differ.
    fn row(
        &self,
        kind: &str,
        name: &str,
        words: impl Fn(&Target) -> String,
        source: &str,
    ) -> Option<Difference> {
        let (of_nodes, of_sized) = (words(&self.on_nodes), words(&self.sized));
        let page = self.file.source(source);
        (of_nodes != of_sized).then(|| Difference {
            on_nodes: self.on_nodes,
            sized: self.sized,
            kind: kind.to_owned(),
            name: name.to_owned(),
            of_nodes,
            of_sized,
            agents: Vec::new(),
            drills: Vec::new(),
            probed: false,
            source: page.map_or_else(String::new, |page| page.url.clone()),
            confirmed: page.is_some_and(|page: &Source| page.read),
        })
    }
}
