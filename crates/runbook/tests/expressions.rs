//! What is checked before a drill, and what is decided after it.

use indexmap::IndexMap;
use proptest::prelude::*;
use rlab_runbook::{Expression, LoadKind, ParameterValue, Position, Scope, Truth, Value, ValueRef};

fn scope() -> Scope {
    let parameters = IndexMap::from([
        ("commands".to_owned(), ParameterValue::Integer(4000)),
        (
            "limit".to_owned(),
            ParameterValue::Duration("2s".parse().unwrap()),
        ),
    ]);
    Scope::new(
        [("orders", LoadKind::Commands), ("lookups", LoadKind::Reads)],
        ["steady", "crashes", "drain"],
        &parameters,
    )
}

fn parse(text: &str) -> Expression {
    Expression::parse(text, &scope()).unwrap_or_else(|problems| panic!("{text}: {problems:?}"))
}

/// The first mistake in `text`, and the part of it that is meant.
fn mistake(text: &str, position: Position) -> (String, String) {
    let problems = Expression::parse(text, &scope().at(position)).unwrap_err();
    let first = &problems[0];
    (text[first.span.clone()].to_owned(), first.message.clone())
}

fn number(value: f64) -> impl Fn(&ValueRef) -> Option<Value> {
    move |_| Some(Value::Number(value))
}

#[test]
fn an_observation_says_what_was_seen() {
    let lost = parse("ledger.lost@crashes > 0");
    assert_eq!(
        lost.observe(&number(17.0)).to_string(),
        "ledger.lost@crashes > 0: true (ledger.lost@crashes = 17)"
    );
    assert_eq!(
        lost.observe(&|_| None).to_string(),
        "ledger.lost@crashes > 0: unknown (ledger.lost@crashes = no data)"
    );
    let slow = parse("orders.p99_ms < limit");
    assert_eq!(
        slow.observe(&number(2000.0)).to_string(),
        "orders.p99_ms < limit: false (orders.p99_ms = 2000.0 ms)"
    );
}

#[test]
fn integers_fractions_and_parameters_mix_freely() {
    let half = parse("orders.obligations >= commands / 2");
    assert_eq!(half.evaluate(&number(2000.0)), Truth::True);
    assert_eq!(half.evaluate(&number(1999.0)), Truth::False);
    assert_eq!(parse("isr * 2 == 5").evaluate(&number(2.5)), Truth::True);
    assert_eq!(parse("-isr + 1e1 == 8").evaluate(&number(2.0)), Truth::True);
}

#[test]
fn truth_values_stand_alone_negated_or_compared() {
    let drained = |flag| move |_: &ValueRef| Some(Value::Bool(flag));
    assert_eq!(
        parse("pipeline.drained").evaluate(&drained(true)),
        Truth::True
    );
    assert_eq!(
        parse("!pipeline.drained").evaluate(&drained(true)),
        Truth::False
    );
    let compared = parse("pipeline.drained@drain == false");
    assert_eq!(compared.evaluate(&drained(false)), Truth::True);
}

#[test]
fn a_value_without_data_makes_the_whole_unknown() {
    let both = parse("ledger.lost - ledger.lost@drain == 0");
    let lookup = |named: &ValueRef| named.phase.is_none().then_some(Value::Number(0.0));
    let missing = vec![ValueRef {
        name: "ledger.lost".to_owned(),
        phase: Some("drain".to_owned()),
    }];
    assert_eq!(both.evaluate(&lookup), Truth::Unknown { missing });
    for nothing in [f64::NAN, f64::INFINITY] {
        let truth = parse("ledger.lost != 0").evaluate(&number(nothing));
        assert!(matches!(truth, Truth::Unknown { missing } if missing.len() == 1));
    }
    let wrong_type = parse("pipeline.drained").evaluate(&number(1.0));
    assert!(matches!(wrong_type, Truth::Unknown { .. }));
}

#[test]
fn a_division_without_a_result_is_unknown_rather_than_false() {
    for text in [
        "ledger.lost / orders.obligations < 1",
        "1 / ledger.lost != 1",
    ] {
        let truth = parse(text).evaluate(&number(0.0));
        assert_eq!(truth, Truth::Unknown { missing: vec![] }, "{text}");
    }
}

#[test]
fn each_value_is_asked_for_once() {
    let text = "isr@steady + isr@steady > isr";
    let names: Vec<String> = parse(text)
        .values()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(names, ["isr@steady", "isr"]);
}

#[test]
fn mistakes_point_at_the_words_that_are_wrong() {
    for (text, part, message) in [
        (
            "ledger.lots == 0",
            "ledger.lots",
            "unknown value `ledger.lots`",
        ),
        (
            "lookups.obligations == 0",
            "lookups.obligations",
            "`lookups` is a load of reads and has no `obligations`",
        ),
        (
            "ledger.reordered@steady == 0",
            "ledger.reordered@steady",
            "`ledger.reordered` is known for the whole run only",
        ),
        ("isr@nowhere == 0", "nowhere", "unknown phase `nowhere`"),
        (
            "commands@steady == 0",
            "commands@steady",
            "parameter `commands` has no phases",
        ),
        (
            "isr@ == 0",
            "@",
            "`@` must stand between a value's name and a phase's name",
        ),
        ("isr", "isr", "a number is not a statement"),
        ("!isr", "!isr", "a number is not a statement"),
        (
            "commands == 4000",
            "commands == 4000",
            "no value is named, so nothing is tested",
        ),
        ("true", "true", "no value is named, so nothing is tested"),
        (
            "isr == pipeline.drained",
            "isr == pipeline.drained",
            "compares true or false with a number",
        ),
        (
            "isr + pipeline.drained == 1",
            "pipeline.drained",
            "reckons with true or false as a number",
        ),
        (
            "pipeline.drained < true",
            "pipeline.drained < true",
            "true and false have no order",
        ),
        (
            "orders.ok_ratio > limit",
            "orders.ok_ratio > limit",
            "a ratio and milliseconds do not go together",
        ),
        (
            "isr == 1 || isr == 2",
            "isr == 1 || isr == 2",
            "one comparison per entry",
        ),
        (
            "isr == \"two\"",
            "\"two\"",
            "this has no place in an expression",
        ),
        (
            "isr == size([1])",
            "isr == size([1])",
            "this has no place in an expression",
        ),
        (
            "isr % 2 == 0",
            "isr % 2",
            "this has no place in an expression",
        ),
        ("isr == ", "", "not an expression: it ends too early"),
        (
            "isr = 2",
            "=",
            "not an expression: `=` is not expected here",
        ),
        ("isr ≥ 2", "≥", "`≥` has no place in an expression"),
        ("", "", "not an expression: it ends too early"),
    ] {
        let found = mistake(text, Position::Expect);
        assert_eq!(found, (part.to_owned(), message.to_owned()), "{text}");
    }
}

#[test]
fn a_value_of_the_other_kind_of_load_is_answered_with_what_there_is() {
    let help = |text: &str| {
        Expression::parse(text, &scope()).unwrap_err()[0]
            .help
            .clone()
    };
    assert_eq!(
        help("lookups.obligations > 0").unwrap(),
        "known values of it: `reads`, `found`, `not_found`, `refused`, `unknown`, `ok_ratio`, \
         `hit_ratio`, `waited_on_db`, `p50_ms`, `p99_ms`"
    );
    assert_eq!(
        help("lookups.hit_rate > 0.5").unwrap(),
        "did you mean `hit_ratio`?"
    );
}

#[test]
fn ratios_and_counts_scale_what_they_multiply() {
    for text in [
        "orders.ok_ratio * orders.obligations >= ledger.obligations",
        "orders.p99_ms < 3 * orders.p50_ms * isr",
        "ledger.lost / orders.obligations < 1 - orders.ok_ratio",
    ] {
        assert!(parse(text).values().len() >= 2, "{text}");
    }
}

#[test]
fn until_sees_only_what_can_be_known_by_then() {
    let here = Position::Until(1);
    assert_eq!(
        mistake("ledger.lost == 0", here).1,
        "`ledger.lost` is known only after the drill"
    );
    assert_eq!(
        mistake("isr@drain == 0", here).1,
        "phase `drain` has not begun here"
    );
    assert!(Expression::parse("isr@steady == isr@crashes", &scope().at(here)).is_ok());
}

#[test]
fn hostile_depth_is_a_mistake_rather_than_a_crash() {
    for text in [
        format!("{}isr{} == 1", "(".repeat(5_000), ")".repeat(5_000)),
        format!("{}isr == 1", "-".repeat(5_001)),
        format!("{}isr == 1", "isr + ".repeat(5_000)),
        format!("isr{} == 1", ".a".repeat(5_000)),
        "[".repeat(5_000),
        format!("{}isr{}", "(".repeat(200), ")".repeat(200)),
    ] {
        assert!(Expression::parse(&text, &scope()).is_err());
    }
}

/// A random expression with its value by plain arithmetic.
fn arithmetic() -> impl Strategy<Value = (String, f64)> {
    let leaf = prop_oneof![
        (0..1000_i32).prop_map(|n| (n.to_string(), f64::from(n))),
        (0..1000_i32).prop_map(|n| (format!("{n}.5"), f64::from(n) + 0.5)),
        Just(("commands".to_owned(), 4000.0)),
        Just(("isr".to_owned(), 2.0)),
        Just(("ledger.lost@drain".to_owned(), 17.0)),
    ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        (inner.clone(), inner, 0..4_usize).prop_map(|((a, x), (b, y), operator)| {
            let (sign, value) = [("+", x + y), ("-", x - y), ("*", x * y), ("/", x / y)][operator];
            (format!("({a} {sign} {b})"), value)
        })
    })
}

proptest! {
    #[test]
    fn evaluation_agrees_with_plain_arithmetic(
        (left, x) in arithmetic(),
        (right, y) in arithmetic(),
        comparison in 0..6_usize,
    ) {
        let (sign, truth) = [
            ("==", x == y), ("!=", x != y), ("<", x < y),
            ("<=", x <= y), (">", x > y), (">=", x >= y),
        ][comparison];
        let lookup = |named: &ValueRef| {
            Some(Value::Number(if named.name == "isr" { 2.0 } else { 17.0 }))
        };
        let text = format!("{left} {sign} {right}");
        // Expressions that name no value are refused, and that is another test.
        if let Ok(expression) = Expression::parse(&text, &scope()) {
            let expected = if x.is_finite() && y.is_finite() {
                Truth::from(truth)
            } else {
                Truth::Unknown { missing: vec![] }
            };
            prop_assert_eq!(expression.evaluate(&lookup), expected, "{}", text);
        } else {
            prop_assert!(!text.contains("isr") && !text.contains("ledger"), "{}", text);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[a-z0-9@.<>=!+*/() \"'&|-]{0,40}") {
        let parsed = [
            Expression::parse(&text, &scope()).err(),
            rlab_runbook::Comparison::parse(&text, &of_arms()).err(),
            ValueRef::parse(&text, &scope()).err(),
        ];
        for problem in parsed.into_iter().flatten().flatten() {
            prop_assert!(text.get(problem.span.clone()).is_some(), "{:?}", problem);
        }
    }
}

fn of_arms() -> Scope {
    scope()
        .with_series([("lag", rlab_runbook::Probe::PipelineLag)])
        .with_arms(["plain", "jitter"])
}

#[test]
fn a_comparison_looks_its_values_up_by_arm() {
    let text = "jitter.lag.most@crashes < plain.lag.most@crashes / 2";
    let comparison = rlab_runbook::Comparison::parse(text, &of_arms()).unwrap();
    let named: Vec<String> = comparison
        .values()
        .map(|(arm, value)| format!("{arm} {value}"))
        .collect();
    assert_eq!(named, ["jitter lag.most@crashes", "plain lag.most@crashes"]);
    let lookup = |jitter: f64| {
        move |arm: &str, value: &ValueRef| {
            assert_eq!(value.to_string(), "lag.most@crashes");
            Some(Value::Number(if arm == "jitter" { jitter } else { 100.0 }))
        }
    };
    assert_eq!(comparison.evaluate(&lookup(49.0)), Truth::True);
    assert_eq!(
        comparison.observe(&lookup(51.0)).to_string(),
        "jitter.lag.most@crashes < plain.lag.most@crashes / 2: false \
         (jitter.lag.most@crashes = 51, plain.lag.most@crashes = 100)"
    );
    let without_jitter = |arm: &str, _: &ValueRef| (arm == "plain").then_some(Value::Number(100.0));
    assert!(matches!(
        comparison.evaluate(&without_jitter),
        Truth::Unknown { missing } if missing.len() == 1
    ));
}

#[test]
fn what_stops_a_drill_is_live_and_of_no_phase() {
    let at = |text: &str| Expression::parse(text, &of_arms().at(Position::Stop));
    assert!(at("orders.refused > 100").is_ok());
    assert!(at("lag.last > 1000").is_ok());
    for text in [
        "orders.refused@steady > 1",
        "isr@steady < 2",
        "lookups.refused > 1",
        "ledger.lost > 0",
    ] {
        assert!(at(text).is_err(), "{text}");
    }
}
