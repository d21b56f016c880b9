//! Whatever a runbook's author gets wrong is reported with its place, all at once.

use miette::{GraphicalReportHandler, GraphicalTheme};
use rlab_runbook::{LoadKind, Runbook};

const RIGHT: &str = include_str!("../../../runbooks/E-002.yaml");

/// E-002 with some texts replaced, as its author sees the report.
fn report(changes: &[(&str, &str)]) -> String {
    let mut text = RIGHT.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from:?} is not in the runbook");
        text = text.replacen(from, to, 1);
    }
    let errors = Runbook::parse("E-002.yaml", &text).expect_err("the mistakes were not seen");
    let mut out = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(80)
        .with_context_lines(0)
        .render_report(&mut out, &errors)
        .unwrap();
    out
}

#[test]
fn the_right_text_has_no_mistakes() {
    assert_eq!(Runbook::parse("E-002.yaml", RIGHT).unwrap().id(), "E-002");
}

#[test]
fn wrong_keys_and_values_are_reported_together() {
    insta::assert_snapshot!(report(&[
        ("rlab/runbook/v1", "rlab/runbook/v2"),
        ("id: E-002", "id: E2"),
        ("hypothesis: >-", "hypotesis: >-"),
        ("type: integer, default: 6000", "type: int, default: 6000"),
        ("brokers: 3", "brokers: 0"),
        ("outbox_relay, consumer", "outbox_rely, consumer"),
        ("must: show_failure", "must: fail"),
        ("publish: direct", "publish: directly"),
        ("count: $commands", "count: many"),
        ("rate: 300/s", "rate: 300"),
        ("for: 2s", "for: two seconds"),
        ("broker.kill: 2", "broker.kil: 2"),
        ("broker.start: 2", "broker.start: two"),
        ("drop_one_event", "drop_event"),
    ]));
}

#[test]
fn names_that_refer_to_nothing_are_reported_together() {
    insta::assert_snapshot!(report(&[
        (
            "commands: { type: integer, default: 6000",
            "commands: { type: integer, default: 40"
        ),
        ("kills: { type", "crashes: { type"),
        ("agents: [command_service, ", "agents: ["),
        ("direct: { must", "Direct-Arm: { must"),
        ("count: $commands", "count: $comands"),
        ("point: after_commit", "point: after_comit"),
        ("until: crashes == kills\n    within: 30s", "within: 30s"),
        ("{ name: steady, for: 2s }", "{ name: steady }"),
        ("broker.start: 2", "broker.start: 4"),
        ("{ name: drain,", "{ name: steady,"),
    ]));
}

#[test]
fn wrong_expressions_are_reported_at_the_word_that_is_wrong() {
    insta::assert_snapshot!(report(&[
        ("until: crashes == kills", "until: crash == kills"),
        ("until: isr == 2", "until: isr@drain == 2"),
        ("until: isr == 3", "until: ledger.lost == 0"),
        ("until: pipeline.drained", "until: pipeline.drained > 1"),
        ("crashes@crashes == kills", "crashes@crash == kills"),
        ("isr@broker_out == 2", "'isr@broker_out ='"),
        (
            "orders.obligations >= commands / 2",
            "orders.p99_ms >= orders.obligations"
        ),
        ("ledger.lost@crashes > 0", "ledger.lost"),
        (
            "outbox: [ ledger.lost == 0, ",
            "outbox: [ ledger.lost == 0 && ledger.unknown_event == 0, "
        ),
        ("ledger.effect_twice == 0", "kills == 5"),
    ]));
}

#[test]
fn loads_that_cannot_be_run_are_reported_together() {
    insta::assert_snapshot!(report(&[(
        "load:\n",
        "load:\n  both: { http.post: commands, http.get: items, count: 5, rate: 1/s, keys: 2 }\n  \
             none: { rate: 1/s, keys: 2 }\n  \
             endless: { http.post: commands, rate: 1/s, keys: orders }\n  \
             lost: { http.get: items, rate: 1/s, keys: order }\n  \
             backwards: { http.post: commands, from: crashes, to: steady, rate: 1/s, keys: 2 }\n  \
             nowhere: { http.post: commands, to: the_end, rate: 1/s, keys: 2 }\n  \
             stays: { kafka.connect: { retry: immediate, within: 1s }, to: drain, rate: 1/s, keys: 2 }\n"
    ),]));
}

#[test]
fn staleness_needs_a_bound_and_a_reader() {
    insta::assert_snapshot!(report(&[
        (
            "outbox: [ ledger.lost == 0,",
            "outbox: [ ledger.stale_cache == 0,"
        ),
        ("[ drop_one_event,", "[ age_one_cache_entry,"),
    ]));
    insta::assert_snapshot!(report(&[("expect:\n", "expect:\n  stale_after: 2s\n")]));
}

#[test]
fn reads_take_the_keys_of_another_load_and_go_on_until_the_phases_end() {
    let text = RIGHT
        .replace(
            "load:\n",
            "load:\n  lookups: { http.get: items, rate: 50/s, keys: orders }\n",
        )
        .replace("consumer_service]", "consumer_service, query_service]")
        .replace("expect:\n", "expect:\n  stale_after: 2s\n")
        .replace(
            "ledger.lost == 0,",
            "ledger.stale_cache == 0, lookups.hit_ratio > 0.5,",
        );
    let runbook = Runbook::parse("E-002.yaml", &text).unwrap();
    let resolved = runbook.resolve(&[]).unwrap();
    let lookups = &resolved.load["lookups"];
    assert_eq!((lookups.kind, lookups.count), (LoadKind::Reads, None));
    assert_eq!(lookups.keys, resolved.load["orders"].keys);
    let plan = rlab_runbook::plan(&resolved);
    assert_eq!(
        plan.load["lookups"],
        "http.get items at 50/s over 200 keys until the phases end"
    );
    assert_eq!(plan.stale_after.as_deref(), Some("2s"));
}

#[test]
fn an_arm_without_expectations_is_refused() {
    insta::assert_snapshot!(report(&[(
        "    outbox: [ ledger.lost == 0, ledger.effect_twice == 0 ]",
        "    outbx: [ ledger.lost == 0, ledger.effect_twice == 0 ]",
    )]));
}

#[test]
fn a_duplicate_key_is_refused() {
    let report = report(&[("load:\n", "load: {}\nload:\n")]);
    assert!(report.contains("duplicate key `load`"), "{report}");
}
