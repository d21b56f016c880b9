//! Policies looked over, compared and asked, one idea each.

use std::collections::BTreeMap;

use rlab_access::{Actions, Decision, Policy, Rule, Subset, lint, simulate, subset};
use serde_json::{Value, json};

const TOPIC: &str = "arn:aws:kafka:eu-central-1:123456789012:topic/c/u/valuation.events.main";
const CLUSTER: &str = "arn:aws:kafka:eu-central-1:123456789012:cluster/c/u";

fn policy(statements: Value) -> Policy {
    serde_json::from_value(json!({ "Version": "2012-10-17", "Statement": statements })).unwrap()
}

fn rules(statements: Value) -> Vec<Rule> {
    let text = serde_json::to_string_pretty(&policy(statements)).unwrap();
    lint(&Actions::built_in(), "p.json", &text)
        .iter()
        .map(|found| found.rule)
        .collect()
}

fn allow(action: &str, resource: &str) -> Value {
    json!({ "Effect": "Allow", "Action": action, "Resource": resource })
}

#[test]
fn an_unknown_action_is_told_with_the_nearest() {
    let text =
        serde_json::to_string_pretty(&policy(json!([allow("kafka-cluster:ReadDatas", TOPIC)])));
    let found = lint(&Actions::built_in(), "p.json", &text.unwrap());
    assert_eq!(found[0].rule, Rule::UnknownAction);
    assert_eq!(found[0].next, "did you mean `kafka-cluster:ReadData`?");
    assert_eq!(found[0].place.line, Some(5));
}

#[test]
fn a_resource_of_another_type_is_wrong() {
    assert_eq!(
        rules(json!([allow("kafka-cluster:Connect", TOPIC)])),
        [Rule::WrongResource; 2]
    );
    assert_eq!(
        rules(json!([allow("rds:DescribeEvents", CLUSTER)])),
        [Rule::WrongResource]
    );
    assert_eq!(rules(json!([allow("kafka-cluster:Connect", CLUSTER)])), []);
}

#[test]
fn wildcards_without_need_are_told() {
    assert_eq!(
        rules(json!([allow("kafka-cluster:Connect", "*")])),
        [Rule::NeedlessWildcard]
    );
    assert_eq!(
        rules(json!([allow("kafka-cluster:*", CLUSTER)])),
        [Rule::NeedlessWildcard]
    );
    assert_eq!(rules(json!([allow("rds:DescribeEvents", "*")])), []);
}

#[test]
fn an_action_without_its_companions_is_told() {
    let write = allow("kafka-cluster:WriteData", TOPIC);
    assert_eq!(rules(json!([write.clone()])), [Rule::MissingCompanion; 2]);
    let describe = allow("kafka-cluster:DescribeTopic", TOPIC);
    let connect = allow("kafka-cluster:Connect", CLUSTER);
    assert_eq!(rules(json!([write, describe, connect])), []);
}

#[test]
fn what_is_said_by_what_is_not_meant_is_told() {
    let negated = json!([{ "Effect": "Allow", "NotAction": "iam:*", "Resource": "*" }]);
    assert_eq!(rules(negated), [Rule::Negated]);
}

#[test]
fn a_deny_beats_an_allow_and_nothing_is_allowed_by_itself() {
    let both = policy(json!([
        allow("s3:*", "*"),
        { "Sid": "No", "Effect": "Deny", "Action": "s3:Put?bject", "Resource": "*" },
    ]));
    let nothing = BTreeMap::new();
    let ask = |action: &str| simulate(&both, action, "arn:aws:s3:::b/k", &nothing);
    assert_eq!(ask("S3:GetObject"), Decision::Allowed);
    assert_eq!(ask("s3:PutObject"), Decision::DeniedBy("No".to_owned()));
    assert_eq!(ask("kms:Decrypt"), Decision::Denied);
}

#[test]
fn a_condition_decides_when_it_is_understood_and_is_unknown_when_not() {
    let ask = |operator: &str, context: &BTreeMap<_, _>| {
        let one = policy(json!([{
            "Sid": "C", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*",
            "Condition": { operator: { "kms:ViaService": "s3.x" } },
        }]));
        simulate(&one, "kms:Decrypt", "arn", context)
    };
    let keys = BTreeMap::from([("kms:ViaService".to_owned(), "s3.x".to_owned())]);
    let given = BTreeMap::from([("StringEquals".to_owned(), keys)]);
    assert_eq!(ask("StringEquals", &given), Decision::Allowed);
    assert_eq!(ask("StringEquals", &BTreeMap::new()), Decision::Denied);
    assert_eq!(
        ask("StringNotEquals", &given),
        Decision::Unknown("C".to_owned())
    );
}

fn compare(one: Value, other: Value) -> Subset {
    subset(
        &policy(one),
        &policy(other),
        &["s3:PutObject".to_owned()],
        &["arn:aws:s3:::b/k".to_owned()],
    )
}

#[test]
fn a_union_of_narrow_statements_covers_a_wide_one_only_together() {
    let wide = json!([{ "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::b/*" }]);
    let get = allow("s3:GetObject", "arn:aws:s3:::b/*");
    let put = allow("s3:Put*", "arn:aws:s3:::?/*");
    assert_eq!(
        compare(wide.clone(), json!([get.clone(), put])),
        Subset::Yes
    );
    let Subset::No(witness) = compare(wide, json!([get])) else {
        panic!("not refuted");
    };
    assert_eq!(
        (witness.action.as_str(), witness.resource.as_str()),
        ("s3:PutObject", "arn:aws:s3:::b/k")
    );
}

#[test]
fn a_deny_of_the_reference_is_a_witness_and_an_own_deny_makes_a_subset() {
    let all = allow("s3:*", "*");
    let deny = json!({ "Effect": "Deny", "Action": "s3:PutObject", "Resource": "*" });
    assert!(matches!(
        compare(json!([all.clone()]), json!([all.clone(), deny.clone()])),
        Subset::No(_)
    ));
    assert_eq!(
        compare(json!([all.clone(), deny.clone()]), json!([all, deny])),
        Subset::Yes
    );
}

#[test]
fn what_cannot_be_decided_is_unknown_and_its_statement_is_named() {
    let variable = json!([{ "Sid": "Own", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}/*" }]);
    let narrow = json!([allow("s3:GetObject", "arn:aws:s3:::b/me/*")]);
    let Subset::Unknown { statements, why } = compare(variable.clone(), narrow) else {
        panic!("decided");
    };
    assert_eq!(statements, [0]);
    assert!(why.contains("Own"), "{why}");
    // Whoever the variable stands for, this is within the bucket.
    assert_eq!(
        compare(variable, json!([allow("s3:GetObject", "arn:aws:s3:::b/*")])),
        Subset::Yes
    );
    let negated = json!([{ "Effect": "Allow", "NotAction": "s3:GetObject", "Resource": "*" }]);
    assert!(matches!(
        compare(negated, json!([allow("s3:*", "*")])),
        Subset::Unknown { .. }
    ));
}

#[test]
fn a_condition_that_both_have_is_no_obstacle() {
    let conditional = json!([{
        "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
        "Condition": { "StringEquals": { "k": "v" } },
    }]);
    assert_eq!(
        compare(conditional.clone(), conditional.clone()),
        Subset::Yes
    );
    assert_eq!(
        compare(conditional.clone(), json!([allow("s3:*", "*")])),
        Subset::Yes
    );
    assert!(matches!(
        compare(json!([allow("s3:GetObject", "*")]), conditional),
        Subset::Unknown { .. }
    ));
}
