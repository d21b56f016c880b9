//! Mistakes with cases, series, comparisons, conditions that stop, settings and needs.

use miette::{GraphicalReportHandler, GraphicalTheme};
use rlab_runbook::Runbook;

const MATRIX: &str = include_str!("../../../runbooks/E-009.yaml");
const STAMPEDE: &str = include_str!("../../../runbooks/E-008.yaml");
const ZONE: &str = include_str!("../../../runbooks/E-045.yaml");

/// A runbook with some texts replaced, as its author sees the report.
fn report(right: &str, changes: &[(&str, &str)]) -> String {
    let mut text = right.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from:?} is not in the runbook");
        text = text.replacen(from, to, 1);
    }
    let errors = Runbook::parse("mine.yaml", &text).expect_err("the mistakes were not seen");
    let mut out = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(80)
        .with_context_lines(0)
        .render_report(&mut out, &errors)
        .unwrap();
    out
}

#[test]
fn conditions_on_cases_are_checked_against_the_matrix() {
    insta::assert_snapshot!(report(
        MATRIX,
        &[
            (
                "acks == \"all\" && min_isr == 2 && !unclean",
                "acks == \"al\" && min_isr == 2 && !unclean"
            ),
            (
                "acks == \"all\" && min_isr == 3 && !unclean",
                "acks == \"all\" && min_irs == 3 && !unclean"
            ),
            ("acks == \"leader\"", "acks == 1"),
            (
                "acks == \"all\" && min_isr == 1 && unclean",
                "min_isr@cut == 1 && acks"
            ),
        ]
    ));
    insta::assert_snapshot!(report(
        MATRIX,
        &[
            ("acks == \"all\" && min_isr == 2 && !unclean", "min_isr > 3"),
            ("min_isr == 3 && !unclean", "min_isr == 3 && isr == 2"),
            ("acks == \"leader\"", "acks > \"leader\""),
            ("min_isr == 1 && unclean", "min_isr + 1 == 2"),
        ]
    ));
}

#[test]
fn what_a_matrix_gives_is_checked_where_it_is_used() {
    insta::assert_snapshot!(report(
        MATRIX,
        &[
            (
                "acks: [ none, leader, all ]",
                "acks: [ none, leader, every ]"
            ),
            ("min_isr: [ 1, 2, 3 ]", "min_isr: [ 1, 2, 4, two, 1 ]"),
            (
                "unclean: [ false, true ]",
                "arm: [ false, true ]\n  rate: [ 1 ]"
            ),
            ("unclean: $unclean", "unclean: $rate"),
            ("retries: 0", "retries: $retries"),
        ]
    ));
}

#[test]
fn a_matrix_without_expectations_or_with_two_opinions_is_refused() {
    insta::assert_snapshot!(report(
        MATRIX,
        &[
            (
                "- when: acks == \"leader\"\n      must: show_failure",
                "- when: acks == \"leader\" || min_isr == 2\n      must: show_failure"
            ),
            ("that: [ w.acked_lost@alone > 0 ]", "that: []"),
        ]
    ));
    let start = MATRIX.find("  cases:\n    - when").unwrap();
    let end = MATRIX.find("\ntable:").unwrap();
    let without = format!("{}{}", &MATRIX[..start], &MATRIX[end..]);
    insta::assert_snapshot!(report(&without, &[]));
    let nothing = without
        .replace("cases:\n  acks: [ none, leader, all ]\n", "")
        .replace("  min_isr: [ 1, 2, 3 ]\n  unclean: [ false, true ]\n", "")
        .replace(
            "acks: $acks, min_isr: $min_isr, unclean: $unclean",
            "acks: all",
        );
    insta::assert_snapshot!(report(&nothing, &[]));
}

#[test]
fn a_matrix_that_is_too_large_is_refused() {
    let many: Vec<String> = (0..40).map(|n| n.to_string()).collect();
    let list = format!("min_isr: [ {} ]", many.join(", "));
    let report = report(MATRIX, &[("min_isr: [ 1, 2, 3 ]", &list)]);
    assert!(
        report.contains("240 cases, but at most 100 are run"),
        "{report}"
    );
}

#[test]
fn comparisons_name_two_arms_and_fitting_values() {
    insta::assert_snapshot!(report(
        STAMPEDE,
        &[
            (
                "- jitter.db.peak@expiry < plain.db.peak@expiry / 2",
                "- jiter.db.peak@expiry < plain.db.peak@expiry / 2\n    \
                 - db.peak@expiry < plain.db.peak@expiry\n    \
                 - jitter.db.peek < plain.db.peak\n    \
                 - jitter.db.peak < plain.db.reads\n    \
                 - jitter.db.peak < 2 * jitter.db.peak@steady\n    \
                 - crashes < plain.crashes\n    \
                 - jitter.db.peak@never < plain.db.peak"
            ),
            ("jitter: [ r.ok_ratio@expiry > 0.99 ]", "jitter: []"),
        ]
    ));
}

#[test]
fn drills_are_stopped_by_live_values_only() {
    insta::assert_snapshot!(report(
        STAMPEDE,
        &[(
            "stop: [ orders.refused > commands / 2 ]",
            "stop: [ ledger.lost > 0, orders.refused@steady > 5, db.peak@steady > 1, r.p99_ms > 5, \
             db.reads ]"
        )]
    ));
    let report = report(
        STAMPEDE,
        &[(
            "until: pipeline.drained, within: 60s",
            "until: orders.refused@write == 0, within: 60s",
        )],
    );
    let message = "`orders.refused` is known by phase only after the drill";
    assert!(report.contains(message), "{report}");
}

#[test]
fn series_tables_and_plots_name_what_there_is() {
    insta::assert_snapshot!(report(
        STAMPEDE,
        &[
            ("db: { probe: mysql.digest", "r: { probe: mysql.digest"),
            (
                "keyspace: { probe: redis.stats, every: 250ms }",
                "ledger: { probe: isr, every: $keys }"
            ),
            (
                "columns: [ db.reads@expiry,",
                "columns: [ db.reads@expiry, keys, r.reads + 1, r.red,"
            ),
            ("plot: [ db, r ]", "plot: [ db, r, order ]"),
            ("rows: arm", "rows: case"),
            ("from: steady", "from: stead"),
        ]
    ));
    insta::assert_snapshot!(report(
        STAMPEDE,
        &[
            ("probe: mysql.digest", "probe: mysql.digests"),
            ("rows: arm", "rows: phase"),
            (
                "tags: [ cache, stampede, latency ]",
                "tags: [ Cache, read-model, 5 ]"
            ),
        ]
    ));
}

#[test]
fn needs_loads_and_actions_fit_together() {
    insta::assert_snapshot!(report(
        ZONE,
        &[
            (
                "  mysql: { standby: shared_storage }\n  redis: { replicas: 1 }\n",
                ""
            ),
            ("zones: 3", "zones: 1"),
            ("rate: 200/s, keys: 100", "rate: 200/s, keys: orders"),
            (
                "{ name: base, for: 5s }",
                "{ name: base, for: 5s, do: [ broker.pause: { brokers: [ 3, 4 ], for: 1s } ] }"
            ),
        ]
    ));
    insta::assert_snapshot!(report(
        ZONE,
        &[
            ("standby: shared_storage", "standby: replica"),
            ("agents: all", "agents: al"),
            ("resolve: once", "resolve: never"),
            ("failover: mysql", "failover: kafka"),
            (
                "failover: { kafka: zone_of_old_primary }",
                "failover: { kafka: 2 }"
            ),
        ]
    ));
}
