//! Arms and cases together: each arm goes through every case, and an entry may speak of both.

use rlab_runbook::{Must, Resolved, Runbook, Step, Truth, Value, plan};

const RIGHT: &str = include_str!("../../../runbooks/E-004.yaml");

/// E-004 with a matrix over what was a parameter, and these expectations instead of its own.
fn with_cases(expect: &str) -> String {
    let kills = "  kills: { type: integer, default: 3, min: 1, max: 50 }\n";
    let start = RIGHT.find("  arms:\n    before: [").unwrap();
    let end = RIGHT.find("\ncontrols:").unwrap();
    format!("{}{expect}{}", &RIGHT[..start], &RIGHT[end..])
        .replace(kills, "")
        .replace("load:\n", "cases: { kills: [ 1, 4 ] }\n\nload:\n")
}

fn resolved(expect: &str) -> Resolved {
    let runbook = Runbook::parse("mine.yaml", &with_cases(expect)).unwrap();
    runbook.resolve(&[]).unwrap()
}

fn expected(drill: &Resolved, arm: &str) -> Vec<String> {
    let list = drill.expect.arms.get(arm).map_or(&[][..], Vec::as_slice);
    list.iter().map(ToString::to_string).collect()
}

const EXPECT: &str = "  arms:
    before: [ ledger.lost > 0 ]
  cases:
    - { when: arm == \"before\" && kills > 1, must: show_failure, that: [ ledger.lost >= kills ] }
    - { when: arm == \"after\" && kills == 4, must: hold, that: [ ledger.lost == 0 ] }
";

#[test]
fn a_case_puts_its_values_into_arguments_and_expressions() {
    let four = resolved(EXPECT).in_case("kills_4").unwrap();
    let Step::Crash { times, .. } = &four.phases[1].steps[0] else {
        panic!("another step");
    };
    assert_eq!(times.get(), 4);
    let until = &four.phases[1].until.as_ref().unwrap().condition;
    let crashed = |times: f64| move |_: &_| Some(Value::Number(times));
    assert_eq!(until.evaluate(&crashed(4.0)), Truth::True);
    assert_eq!(until.evaluate(&crashed(1.0)), Truth::False);
}

#[test]
fn an_arm_shows_its_own_and_what_its_case_must_do() {
    let drill = resolved(EXPECT);
    let (one, four) = (
        drill.in_case("kills_1").unwrap(),
        drill.in_case("kills_4").unwrap(),
    );
    assert_eq!(expected(&one, "before"), ["ledger.lost > 0"]);
    assert_eq!(
        expected(&four, "before"),
        ["ledger.lost > 0", "ledger.lost >= kills"]
    );
    assert_eq!(expected(&four, "after"), ["ledger.lost == 0"]);
    assert_eq!(one.arms["before"].must, Must::ShowFailure);
    assert_eq!(four.arms["after"].must, Must::Hold);
    // Nothing is said of it, so nothing is claimed.
    assert_eq!(expected(&one, "after"), Vec::<String>::new());
    assert_eq!(one.arms["after"].must, Must::Measure);
    assert_eq!(one.arms["after"].settings, four.arms["after"].settings);
}

#[test]
fn the_plan_shows_every_case_with_its_arms() {
    let plan = plan(&resolved(EXPECT));
    assert!(plan.arms.is_empty() && plan.load.is_empty());
    let cases: Vec<&str> = plan.cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(cases, ["kills_1", "kills_4"]);
    assert_eq!(
        plan.cases[1].arms[0].phases[1].steps[0].does,
        "crash consumer-service at before_effect, 4 times"
    );
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(json["cases"][1]["values"]["kills"], 4);
}

#[test]
fn an_arm_that_no_case_speaks_of_is_refused() {
    let only_before = "  cases:
    - { when: arm == \"before\", must: show_failure, that: [ ledger.lost > 0 ] }
";
    let errors = Runbook::parse("mine.yaml", &with_cases(only_before)).unwrap_err();
    let messages: Vec<&str> = errors
        .problems()
        .iter()
        .map(|p| p.message.as_str())
        .collect();
    assert_eq!(messages, ["nothing is expected of arm `after`"]);
}

#[test]
fn an_entry_that_contradicts_its_arm_is_refused() {
    let both = EXPECT
        .replace("arm == \\\"after\\\" && ", "")
        .replace("arm == \"after\" && ", "");
    let errors = Runbook::parse("mine.yaml", &with_cases(&both)).unwrap_err();
    let messages: Vec<&str> = errors
        .problems()
        .iter()
        .map(|p| p.message.as_str())
        .collect();
    assert_eq!(
        messages,
        ["the case kills 4 of arm `before` elsewhere must show the failure"]
    );
}
