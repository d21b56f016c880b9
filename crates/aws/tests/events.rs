//! Every line of terraform's stream becomes an event, whatever it is.

use std::time::Duration;

use proptest::prelude::*;
use rlab_aws::terraform::{Event, MASK, Redactor, Stage};
use serde_json::json;

fn parse(line: &str) -> Event {
    Event::parse(line, &Redactor::default())
}

const PROGRESS: &str = r#"{"@level":"info","@message":"aws_msk_cluster.this: Still creating... [20m10s elapsed]","@module":"terraform.ui","@timestamp":"2026-11-21T10:00:00Z","hook":{"resource":{"addr":"module.kafka.aws_msk_cluster.this[0]","module":"module.kafka","resource":"aws_msk_cluster.this[0]","implied_provider":"aws","resource_type":"aws_msk_cluster","resource_name":"this","resource_key":0},"action":"create","elapsed_seconds":1210},"type":"apply_progress"}"#;
const SUMMARY: &str = r#"{"@level":"info","@message":"Apply complete! Resources: 3 added, 0 changed, 0 destroyed.","type":"change_summary","changes":{"add":3,"change":0,"import":0,"remove":0,"operation":"apply"}}"#;
const DIAGNOSTIC: &str = r#"{"@level":"error","@message":"Error: creating EC2 VPC","type":"diagnostic","diagnostic":{"severity":"error","summary":"creating EC2 VPC: VpcLimitExceeded","detail":"","address":"aws_vpc.this","range":{"filename":"vpc.tf","start":{"line":29,"column":1,"byte":10},"end":{"line":29,"column":9,"byte":19}},"snippet":{}}}"#;
const OUTPUTS: &str = r#"{"@level":"info","@message":"Outputs: 2","type":"outputs","outputs":{"host":{"sensitive":false,"type":"string","value":"db.example"},"password":{"sensitive":true,"type":"string"}}}"#;

#[test]
fn known_messages_are_typed() {
    let Event::Apply(work) = parse(PROGRESS) else {
        panic!("no work");
    };
    assert_eq!(
        work.resource.address,
        "module.kafka.aws_msk_cluster.this[0]"
    );
    assert_eq!(work.resource.kind, "aws_msk_cluster");
    assert_eq!(
        (work.stage, work.elapsed),
        (Stage::Progress, Duration::from_secs(1210))
    );
    assert!(
        matches!(parse(SUMMARY), Event::ChangeSummary(s) if s.add == 3 && s.operation == "apply")
    );
    let Event::Outputs(outputs) = parse(OUTPUTS) else {
        panic!("no outputs");
    };
    assert!(outputs["password"].sensitive && outputs["password"].value.is_none());
    let event = parse(DIAGNOSTIC);
    let error = event.error().unwrap();
    assert_eq!(
        error.to_string(),
        "aws_vpc.this: creating EC2 VPC: VpcLimitExceeded (vpc.tf:29)"
    );
}

#[test]
fn what_is_unknown_or_no_message_is_kept() {
    let newer =
        r#"{"@message":"x","type":"ephemeral_op_start","hook":{"resource":{"addr":"a.b"}}}"#;
    assert!(
        matches!(parse(newer), Event::Other { kind, raw } if kind == "ephemeral_op_start" && raw["@message"] == "x")
    );
    let other_shape = r#"{"type":"change_summary","changes":"many"}"#;
    assert!(matches!(parse(other_shape), Event::Other { kind, .. } if kind == "change_summary"));
    for line in [
        "Successfully configured the backend \"local\"!",
        "",
        "[1,2]",
        "{\"a\":1}",
        "{\"type\":",
    ] {
        assert!(
            matches!(parse(line), Event::Text(text) if text == line),
            "{line}"
        );
    }
}

#[test]
fn what_a_plan_marks_as_sensitive_is_masked_wherever_it_appears() {
    let plan = json!({
        "variables": { "pw": { "value": "hunter22" }, "size": { "value": "small" } },
        "configuration": { "root_module": { "variables": { "pw": { "sensitive": true }, "size": {} } } },
        "resource_changes": [{ "change": {
            "before": null, "before_sensitive": false,
            "after": { "users": [{ "name": "app", "password": "swordfish" }], "port": 3306 },
            "after_sensitive": { "users": [{ "password": true }] },
        } }],
    });
    let mut redactor = Redactor::default();
    redactor.learn_plan(&plan);
    let line =
        json!({ "type": "log", "@message": "small app: hunter22 and swordfish" }).to_string();
    let masked = format!("small app: {MASK} and {MASK}");
    assert_eq!(Event::parse(&line, &redactor), Event::Log(masked.clone()));
    assert_eq!(
        Event::parse("small app: hunter22 and swordfish", &redactor),
        Event::Text(masked)
    );
}

proptest! {
    #[test]
    fn no_line_is_lost_and_none_makes_it_fail(line in "[ -~]{0,200}") {
        match parse(&line) {
            Event::Text(text) => prop_assert_eq!(text, line),
            Event::Other { raw, .. } => prop_assert_eq!(raw, serde_json::from_str::<serde_json::Value>(&line).unwrap()),
            _ => prop_assert!(line.contains("\"type\"")),
        }
    }

    #[test]
    fn a_message_cut_anywhere_is_still_an_event(cut in 0..PROGRESS.len()) {
        prop_assert!(matches!(parse(&PROGRESS[..cut]), Event::Text(_)));
    }

    #[test]
    fn no_secret_survives(secrets in prop::collection::vec("[a-z]{4,12}", 1..5), between in "[ A-Z]{0,10}") {
        let mut redactor = Redactor::default();
        secrets.iter().for_each(|s| redactor.learn(&json!(s)));
        let text = redactor.text(&secrets.join(&format!(" {between} ")));
        let rest = text.replace(MASK, "");
        for secret in &secrets {
            prop_assert!(!rest.contains(secret.as_str()), "{} in {}", secret, text);
        }
    }
}
