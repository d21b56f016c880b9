//! Properties of the time left.

use std::time::Duration;

use proptest::prelude::*;
use rlab_aws::progress::{Durations, Eta, Graph, Remaining};
use rlab_aws::terraform::{Action, Change, Event, Resource, Stage, Work};

fn minutes(m: u64) -> Duration {
    Duration::from_secs(60 * m)
}

fn change(address: &str, kind: &str) -> Change {
    Change {
        address: address.into(),
        kind: kind.into(),
        action: Action::Create,
    }
}

fn event(address: &str, stage: Stage) -> Event {
    Event::Apply(Work {
        resource: Resource {
            address: address.into(),
            kind: String::new(),
        },
        action: "create".into(),
        stage,
        elapsed: Duration::ZERO,
    })
}

/// One, two and four minutes to make, at least; twice that at most.
fn durations() -> Durations {
    let text = r#"
        schema = "rlab/aws-durations/v1"
        dated = 2026-01-01
        unlisted = { create = [0.5, 1], destroy = [0.5, 1] }
        [types.one]
        create = [1, 2]
        destroy = [1, 2]
        basis = "measured"
        source = "test"
        [types.two]
        create = [2, 4]
        destroy = [1, 2]
        basis = "measured"
        source = "test"
        [types.four]
        create = [4, 8]
        destroy = [1, 2]
        basis = "reported"
        source = "test"
    "#;
    Durations::parse(text).unwrap()
}

fn edges(pairs: &[(&str, &str)]) -> Graph {
    Graph::from_edges(
        pairs
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned())),
    )
}

fn span(remaining: &Remaining) -> (u64, u64) {
    match remaining {
        Remaining::Nothing => (0, 0),
        Remaining::Between(s) | Remaining::LongerThanUsual { then: s, .. } => {
            (s.low.as_secs(), s.high.as_secs())
        }
    }
}

#[test]
fn the_built_in_figures_have_a_source_and_msk_is_the_slowest() {
    let built_in = Durations::built_in();
    let msk = built_in.usual("aws_msk_cluster", Action::Create);
    assert!(msk.low >= minutes(15) && msk.high <= minutes(60));
    for kind in [
        "aws_db_instance",
        "aws_elasticache_replication_group",
        "aws_nat_gateway",
        "aws_vpc",
    ] {
        assert!(
            built_in.usual(kind, Action::Create).high < msk.high,
            "{kind}"
        );
    }
    assert_eq!(built_in.dated.len(), "2026-11-21".len());
}

#[test]
fn a_chain_adds_up_and_what_runs_beside_it_does_not() {
    let changes = [
        change("a", "four"),
        change("b", "two"),
        change("c", "one"),
        change("d", "four"),
    ];
    let graph = edges(&[("b", "a"), ("c", "b"), ("d", "x"), ("x", "c")]);
    let eta = Eta::new(&changes, graph.clone(), &durations());
    assert_eq!(
        span(&eta.remaining(Duration::ZERO)),
        (660, 1320),
        "a, b, c and, through x, d"
    );
    let unrelated = Eta::new(&changes[..2], edges(&[]), &durations());
    assert_eq!(span(&unrelated.remaining(Duration::ZERO)), (240, 480));
    let gone = changes.map(|c| (c.address, c.kind));
    let destroy = Eta::of_destroy(gone, &graph, &durations());
    assert_eq!(
        span(&destroy.remaining(Duration::ZERO)),
        (240, 480),
        "a minute each, from d to a"
    );
}

#[test]
fn instances_of_one_resource_run_beside_each_other_but_not_more_than_ten() {
    let many: Vec<Change> = (0..30)
        .map(|i| change(&format!("m[\"k{i}\"].a[{i}]"), "one"))
        .collect();
    let few = Eta::new(&many[..5], edges(&[]), &durations());
    assert_eq!(span(&few.remaining(Duration::ZERO)), (60, 120));
    let all = Eta::new(&many, edges(&[]), &durations());
    assert_eq!(span(&all.remaining(Duration::ZERO)), (180, 360));
}

#[test]
fn what_takes_longer_than_usual_is_named_and_no_end_is_promised() {
    let changes = [change("a", "one"), change("b", "two")];
    let mut eta = Eta::new(&changes, edges(&[("b", "a")]), &durations());
    eta.observe(&event("a", Stage::Start), Duration::ZERO);
    assert!(matches!(eta.remaining(minutes(2)), Remaining::Between(_)));
    let Remaining::LongerThanUsual { slow, then } = eta.remaining(minutes(3)) else {
        panic!("three minutes are longer than two");
    };
    assert_eq!(
        (slow.len(), slow[0].address.as_str(), slow[0].taken),
        (1, "a", minutes(3))
    );
    assert_eq!(
        (then.low, then.high),
        (minutes(2), minutes(4)),
        "b still comes after it"
    );
}

#[test]
fn a_slow_one_makes_the_next_of_its_type_slow() {
    let changes = [change("a", "one"), change("b", "one")];
    let mut eta = Eta::new(&changes, edges(&[("b", "a")]), &durations());
    eta.observe(&event("a", Stage::Start), Duration::ZERO);
    eta.observe(&event("a", Stage::Complete), minutes(9));
    assert_eq!(span(&eta.remaining(minutes(9))), (60, 540));
}

#[test]
fn keys_are_no_part_of_the_configured_address() {
    for (address, configured) in [
        ("aws_subnet.a[0]", "aws_subnet.a"),
        (
            "module.net[\"eu.west\"].aws_subnet.a[\"x]y\"]",
            "module.net.aws_subnet.a",
        ),
        ("module.a.module.b[1].t.n", "module.a.module.b.t.n"),
        ("t.n[\"q\\\"]q\"]", "t.n"),
    ] {
        assert_eq!(Graph::configured(address), configured);
    }
}

/// Any graph, cycles included, with any run through it: (edges, kinds, order and speed of events).
fn runs() -> impl Strategy<Value = (Vec<Change>, Graph, Vec<(usize, u64)>)> {
    let kinds = prop::collection::vec(
        prop::sample::select(vec!["one", "two", "four", "other"]),
        1..12,
    );
    kinds.prop_flat_map(|kinds| {
        let count = kinds.len();
        let changes: Vec<Change> = (kinds.iter().enumerate())
            .map(|(i, k)| change(&format!("r{i}"), k))
            .collect();
        let edges = prop::collection::vec((0..count, 0..count), 0..20);
        let edges = edges.prop_map(|all| {
            Graph::from_edges(
                all.into_iter()
                    .map(|(a, b)| (format!("r{a}"), format!("r{b}"))),
            )
        });
        let steps = prop::collection::vec((0..count, 0..400_u64), 0..40);
        (Just(changes), edges, steps)
    })
}

proptest! {
    #[test]
    fn something_is_left_until_all_is_done((changes, graph, steps) in runs()) {
        let mut eta = Eta::new(&changes, graph, &durations());
        let (mut now, mut stages) = (Duration::ZERO, vec![0_u8; changes.len()]);
        for (resource, seconds) in steps {
            now += Duration::from_secs(seconds);
            let stage = match stages[resource] {
                0 => Stage::Start,
                1 => Stage::Complete,
                _ => continue,
            };
            stages[resource] += 1;
            eta.observe(&event(&changes[resource].address, stage), now);
            let all_done = stages.iter().all(|s| *s == 2);
            match eta.remaining(now) {
                Remaining::Nothing => prop_assert!(all_done),
                Remaining::Between(span) => {
                    prop_assert!(!all_done && span.low >= Duration::from_secs(1) && span.low <= span.high);
                }
                Remaining::LongerThanUsual { slow, then } => {
                    prop_assert!(!all_done && !slow.is_empty() && then.low <= then.high);
                    prop_assert!(slow.iter().all(|s| s.taken > s.usual.high));
                }
            }
        }
    }

    #[test]
    fn while_nothing_happens_the_time_left_only_shrinks((changes, graph, steps) in runs(), wait in 0..2_000_u64) {
        let mut eta = Eta::new(&changes, graph, &durations());
        for (resource, _) in steps {
            eta.observe(&event(&changes[resource].address, Stage::Start), Duration::ZERO);
        }
        let (before, after) = (eta.remaining(Duration::ZERO), eta.remaining(Duration::from_secs(wait)));
        let (before, after) = (span(&before), span(&after));
        prop_assert!(after.0 <= before.0 && after.1 <= before.1, "{:?} {:?}", before, after);
    }

    #[test]
    fn it_shrinks_no_faster_than_time_passes((changes, graph, _) in runs(), wait in 0..2_000_u64) {
        let mut eta = Eta::new(&changes, graph, &durations());
        eta.observe(&event(&changes[0].address, Stage::Start), Duration::ZERO);
        let (before, after) = (eta.remaining(Duration::ZERO), eta.remaining(Duration::from_secs(wait)));
        prop_assert!(span(&before).1 <= span(&after).1 + wait + 1, "{:?} {:?}", before, after);
    }

    #[test]
    fn it_is_no_less_than_the_slowest_and_no_more_than_all((changes, graph, _) in runs()) {
        let durations = durations();
        let high: Vec<u64> = changes.iter().map(|c| durations.usual(&c.kind, Action::Create).high.as_secs()).collect();
        let left = span(&Eta::new(&changes, graph, &durations).remaining(Duration::ZERO)).1;
        prop_assert!(left >= *high.iter().max().unwrap() && left <= high.iter().sum());
    }
}
