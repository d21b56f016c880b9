//! The vocabulary holds together: registries, the runbooks of the program, the guide for authors.

use std::collections::BTreeSet;

use rlab_runbook::{
    ACTIONS, LOADS, PROBES, Resolved, SETTINGS, VALUES, ValueSpec, find, list, names, plan,
};

const GUIDE: &str = include_str!("../../../docs/RUNBOOKS.md");

/// The runbooks that can be drilled today.
const DRILLED: [&str; 11] = [
    "E-001", "E-002", "E-003", "E-004", "E-045", "E-046", "E-049", "E-050", "I-001", "K-001",
    "K-002",
];

fn resolved(id: &str) -> Resolved {
    find(id).unwrap().resolve(&[]).unwrap()
}

fn unique(names: impl Iterator<Item = &'static str>) {
    let mut seen = BTreeSet::new();
    names.for_each(|name| assert!(seen.insert(name), "{name} is there twice"));
}

/// Every registry's values, those of loads and probes among them.
fn values() -> impl Iterator<Item = &'static ValueSpec> {
    let loads = LOADS.iter().flat_map(|load| load.outputs);
    let probes = PROBES.iter().flat_map(|probe| probe.outputs);
    VALUES.iter().chain(loads).chain(probes)
}

#[test]
fn every_runbook_of_the_program_validates_and_plans() {
    for book in list().unwrap() {
        let plan = plan(&book.resolve(&[]).unwrap());
        assert!(book.tags().count() >= 2, "{} has no tags", book.id());
        assert!(plan.to_string().contains(book.title()));
        assert_eq!(serde_json::to_value(&plan).unwrap()["runbook"], book.id());
        let runs = plan.arms.len() + plan.cases.len();
        assert!(runs > 0, "{} runs nothing", book.id());
        assert!(!plan.landed.is_empty() && !plan.traffic.is_empty());
    }
}

#[test]
fn what_a_build_cannot_do_yet_is_said_of_those_drills_only_that_need_it() {
    for id in names() {
        let lacking = resolved(id).not_yet();
        assert_eq!(
            lacking.is_empty(),
            DRILLED.contains(&id),
            "{id}: {lacking:?}"
        );
        assert_eq!(plan(&resolved(id)).not_yet, lacking);
    }
}

#[test]
fn what_is_lacking_is_told_in_words() {
    insta::assert_snapshot!(resolved("E-008").not_yet().join("\n"));
    insta::assert_snapshot!(resolved("E-009").not_yet().join("\n"));
}

#[test]
fn every_case_of_a_matrix_is_a_drill_of_its_own() {
    let drill = resolved("E-009");
    assert_eq!(drill.cases.len(), 18);
    let mut claims = 0;
    for name in drill.cases.keys() {
        assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
        let case = drill.in_case(name).unwrap();
        let produce = case.load["w"].produce.as_ref().unwrap();
        assert!(
            name.starts_with(&format!("acks_{}", produce.acks)),
            "{name}"
        );
        assert!(
            name.ends_with(&format!("unclean_{}", produce.unclean)),
            "{name}"
        );
        let claimed = case
            .expect
            .arms
            .get("only")
            .is_some_and(|list| !list.is_empty());
        let measured = case.arms["only"].must == rlab_runbook::Must::Measure;
        assert_ne!(claimed, measured, "{name}");
        claims += usize::from(claimed);
    }
    // Two that must hold; six of acks leader and one of acks all that must fail.
    assert_eq!(claims, 2 + 6 + 1);
    assert!(drill.in_case("acks_some").is_none());
}

#[test]
fn no_name_of_the_vocabulary_is_there_twice() {
    unique(ACTIONS.iter().map(|action| action.name));
    unique(LOADS.iter().map(|load| load.name));
    unique(PROBES.iter().map(|probe| probe.name));
    unique(VALUES.iter().map(|value| value.name));
    for load in LOADS {
        unique(load.outputs.iter().map(|value| value.name));
    }
    for probe in PROBES {
        unique(probe.outputs.iter().map(|value| value.name));
        assert!(probe.outputs.iter().all(ValueSpec::live), "{}", probe.name);
    }
}

#[test]
fn the_guide_names_everything_that_a_runbook_can_say() {
    let named = |name: &str| GUIDE.contains(&format!("`{name}`"));
    let missing: Vec<&str> = ACTIONS
        .iter()
        .map(|action| action.name)
        .chain(LOADS.iter().map(|load| load.name))
        .chain(PROBES.iter().map(|probe| probe.name))
        .chain(SETTINGS.iter().map(|setting| setting.name))
        .chain(values().map(|value| value.name))
        .filter(|name| !named(name))
        .collect();
    assert!(missing.is_empty(), "docs/RUNBOOKS.md lacks {missing:?}");
}

#[test]
fn the_guide_says_of_each_runbook_key_what_it_is_for() {
    let schema = rlab_runbook::json_schema();
    let keys = schema["properties"].as_object().unwrap().keys();
    let missing: Vec<&String> = keys
        .filter(|key| !GUIDE.contains(&format!("| `{key}` |")))
        .collect();
    assert!(missing.is_empty(), "docs/RUNBOOKS.md lacks {missing:?}");
}

#[test]
fn the_guide_says_what_this_build_can_do() {
    let rows = |name: &str| {
        let start = format!("| `{name}` |");
        GUIDE
            .lines()
            .find(|line| {
                line.starts_with(&start) && line.ends_with("yes |") | line.ends_with("not yet |")
            })
            .unwrap_or_else(|| panic!("no row for {name}"))
            .ends_with("| yes |")
    };
    for action in ACTIONS {
        assert_eq!(rows(action.name), action.built, "{}", action.name);
    }
    for load in LOADS {
        assert_eq!(rows(load.name), load.built, "{}", load.name);
    }
    for probe in PROBES {
        assert_eq!(rows(probe.name), probe.built, "{}", probe.name);
    }
}
