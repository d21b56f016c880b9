//! Removing by tag: an account of canned answers that changes as it is asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rlab_aws::account::{Account, Cleared, Tagged};
use serde_json::{Value, json};

use crate::stub::{Answer, Asked};
use crate::{Scratch, direct};

const VPC: &str = "arn:aws:ec2:eu-west-1:1:vpc/vpc-1";
const SUBNET: &str = "arn:aws:ec2:eu-west-1:1:subnet/subnet-1";
const KEY: &str = "arn:aws:kms:eu-west-1:1:key/k-1";
const BUCKET: &str = "arn:aws:s3:::somebodys-data";
const GROUP: &str = "arn:aws:ec2:eu-west-1:1:security-group/sg-1";
const BUDGET: &str = "arn:aws:budgets::123456789012:budget/rlab-mine-daily";
const PAGE: &str = "arn:aws:cloudwatch::123456789012:dashboard/rlab-mine";
const SETTINGS: &str = "arn:aws:kafka:eu-west-1:123456789012:configuration/rlab-mine/1";
const ROLE: &str = "arn:aws:iam::1:role/rlab-mine-runner";

/// What stands, by ARN, with the lab that its tag names, and every change that was asked for.
#[derive(Default)]
struct Paper {
    stands: BTreeMap<String, String>,
    changes: Vec<String>,
    /// How often EC2 still refuses to let the VPC go.
    busy: usize,
    /// The subnet does not go, and EC2 does not say that this will pass.
    stuck: bool,
}

impl Paper {
    fn with(arns: &[(&str, &str)]) -> Arc<Mutex<Self>> {
        let stands = arns
            .iter()
            .map(|(arn, lab)| ((*arn).to_owned(), (*lab).to_owned()));
        let stands = stands.collect();
        Arc::new(Mutex::new(Self {
            stands,
            ..Self::default()
        }))
    }

    fn has(&self, ending: &str) -> bool {
        self.stands.keys().any(|arn| arn.ends_with(ending))
    }

    fn remove(&mut self, ending: &str) -> Answer {
        self.changes.push(ending.to_owned());
        self.stands.retain(|arn, _| !arn.ends_with(ending));
        Answer::xml("<ok/>")
    }

    fn answer(&mut self, asked: &Asked) -> Answer {
        let element = |name: &str, id: &str, there: bool| {
            let text = format!("<{name}>{id}</{name}>");
            Answer::xml(&format!("<a>{}</a>", if there { &text } else { "" }))
        };
        match asked.action.as_str() {
            "GetResources" => self.index(&asked.json()),
            "DescribeVpcs" => element("vpcId", "vpc-1", self.has("vpc-1")),
            "DescribeSubnets" => element("subnetId", "subnet-1", self.has("subnet-1")),
            "DescribeSecurityGroups" => element("groupId", "sg-1", self.has("sg-1")),
            "DescribeSecurityGroupRules" => Answer::xml(
                "<a><i><securityGroupRuleId>sgr-1</securityGroupRuleId><isEgress>true</isEgress></i>\
                 <i><securityGroupRuleId>sgr-2</securityGroupRuleId><isEgress>false</isEgress></i></a>",
            ),
            "RevokeSecurityGroupEgress" => self.noted(asked, "egress sgr-1", "sgr-1"),
            "RevokeSecurityGroupIngress" => self.noted(asked, "ingress sgr-2", "sgr-2"),
            "DeleteSecurityGroup" => self.remove("sg-1"),
            "DeleteSubnet" if self.stuck => refused("UnauthorizedOperation"),
            "DeleteSubnet" => self.remove("subnet-1"),
            "DeleteVpc" if self.busy > 0 => {
                self.busy -= 1;
                refused("DependencyViolation")
            }
            "DeleteVpc" => self.remove("vpc-1"),
            "DescribeKey" => {
                let state = if self.has("k-1") {
                    "Enabled"
                } else {
                    "PendingDeletion"
                };
                Answer::json(json!({ "KeyMetadata": { "KeyId": "k-1", "KeyState": state } }))
            }
            "ListAliases" => {
                Answer::json(json!({ "Aliases": [{ "AliasName": "alias/rlab-mine" }] }))
            }
            "DeleteAlias" => self.noted(asked, "alias", "alias/rlab-mine"),
            "ScheduleKeyDeletion" => {
                assert_eq!(asked.json()["PendingWindowInDays"], 7);
                self.remove("k-1");
                Answer::json(json!({ "KeyId": "k-1" }))
            }
            "ListRoles" => Answer::xml(
                "<a><member><RoleName>rlab-mine-runner</RoleName><Arn>arn:aws:iam::1:role/rlab-mine-runner</Arn>\
                 </member><member><RoleName>rlab-mine-2-runner</RoleName>\
                 <Arn>arn:aws:iam::1:role/rlab-mine-2-runner</Arn></member></a>",
            ),
            "ListRoleTags" => {
                let lab = match asked.text().contains("mine-2") {
                    true => "mine-2",
                    false => "mine",
                };
                Answer::xml(&format!("<t><Key>lab</Key><Value>{lab}</Value></t>"))
            }
            "GetRole" if self.has("rlab-mine-runner") => Answer::xml("<a/>"),
            "GetRole" => Answer::status(404, "<E><Error><Code>NoSuchEntity</Code></Error></E>"),
            "ListAttachedRolePolicies" => Answer::xml("<a/>"),
            "ListRolePolicies" => Answer::xml("<a><member>runner</member></a>"),
            "DeleteRolePolicy" => self.noted(asked, "role policy", "runner"),
            "DeleteRole" => self.remove("rlab-mine-runner"),
            "ListTagsForResource" => {
                let asked = asked.json();
                let lab = self.stands.get(asked["ResourceARN"].as_str().unwrap());
                let tags = lab.map(|lab| json!({ "Key": "lab", "Value": lab }));
                Answer::json(json!({ "ResourceTags": tags.as_slice() }))
            }
            "DescribeBudget" if self.has("rlab-mine-daily") => Answer::json(json!({})),
            "DescribeBudget" => Answer::refusal("NotFoundException", "no such budget"),
            "DeleteBudget" => self.remove("budget/rlab-mine-daily"),
            "GetDashboard" if self.has("dashboard/rlab-mine") => Answer::xml("<a/>"),
            "GetDashboard" => {
                Answer::status(404, "<E><Error><Code>ResourceNotFound</Code></Error></E>")
            }
            "DeleteDashboards" => self.remove("dashboard/rlab-mine"),
            "GET /v1/configurations" => {
                let ours = self.has("configuration/rlab-mine/1");
                let ours = ours.then(
                    || json!({ "arn": SETTINGS, "name": "rlab-mine", "description": "lab mine" }),
                );
                let other =
                    json!({ "arn": "arn:other", "name": "rlab-mine", "description": "somebody's" });
                Answer::json(
                    json!({ "configurations": ours.into_iter().chain([other]).collect::<Vec<_>>() }),
                )
            }
            describe if describe.starts_with("GET /v1/configurations/") => {
                match self.has("configuration/rlab-mine/1") {
                    true => Answer::json(json!({ "state": "ACTIVE" })),
                    false => Answer::status(404, "{}"),
                }
            }
            delete if delete.starts_with("DELETE /v1/configurations/") => {
                self.remove("configuration/rlab-mine/1");
                Answer::json(json!({}))
            }
            "HEAD /somebodys-data/" => Answer::status(200, ""),
            other => panic!("{other} was not expected"),
        }
    }

    fn noted(&mut self, asked: &Asked, what: &str, names: &str) -> Answer {
        let text = asked.text().replace("%2F", "/");
        assert!(text.contains(names), "{what}: {text}");
        self.changes.push(what.to_owned());
        Answer::xml("<ok/>")
    }

    fn index(&self, asked: &Value) -> Answer {
        let lab = asked["TagFilters"][0]["Values"][0].as_str().unwrap();
        let index = |arn: &str| !["budgets", "cloudwatch", "iam", "kafka"].contains(&service(arn));
        let ours = self.stands.iter().filter(|(arn, _)| index(arn));
        let ours = ours.filter(|(_, told)| *told == lab);
        let list: Vec<_> = ours
            .map(|(arn, _)| json!({ "ResourceARN": arn, "Tags": [] }))
            .collect();
        Answer::json(json!({ "PaginationToken": "", "ResourceTagMappingList": list }))
    }
}

fn service(arn: &str) -> &str {
    arn.split(':').nth(2).unwrap()
}

fn refused(code: &str) -> Answer {
    let body = format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors></Response>"
    );
    Answer::status(400, body)
}

async fn account(paper: &Arc<Mutex<Paper>>) -> (Account, Scratch) {
    let paper = Arc::clone(paper);
    direct(move |asked| paper.lock().unwrap().answer(asked)).await
}

async fn clear(account: &Account, shown: &[Tagged]) -> Cleared {
    account.remove("mine", shown, &|_| {}).await.unwrap()
}

fn changes(paper: &Arc<Mutex<Paper>>) -> Vec<String> {
    paper.lock().unwrap().changes.clone()
}

fn left(cleared: &Cleared) -> Vec<(&str, &str)> {
    let told = cleared.left.iter().map(|left| {
        let why = left.why.as_deref().unwrap_or_default();
        (left.found.arn.as_str(), why)
    });
    told.collect()
}

#[tokio::test]
async fn what_stands_on_something_goes_first_with_its_parts_and_a_key_last() {
    let paper = Paper::with(&[
        (VPC, "mine"),
        (SUBNET, "mine"),
        (GROUP, "mine"),
        (KEY, "mine"),
        (ROLE, "mine"),
    ]);
    let (account, _scratch) = account(&paper).await;
    let shown = account.of_lab("mine").await.unwrap();
    assert_eq!(shown.len(), 5, "{shown:?}");
    let cleared = clear(&account, &shown).await;
    assert_eq!(cleared.removed, 5, "{cleared:?}");
    // The key is what goes by itself.
    let scheduled: Vec<_> = cleared.left.iter().map(|l| l.found.arn.as_str()).collect();
    assert_eq!(scheduled, [KEY]);
    let done = changes(&paper);
    let at = |what: &str| done.iter().position(|change| change == what).unwrap();
    assert!(at("egress sgr-1") < at("sg-1") && at("ingress sgr-2") < at("sg-1"));
    assert!(at("role policy") < at("rlab-mine-runner"));
    assert!(at("sg-1") < at("subnet-1") && at("subnet-1") < at("vpc-1"));
    assert!(at("vpc-1") < at("alias") && at("alias") < at("k-1"));
}

#[tokio::test]
async fn what_is_in_use_is_asked_again_until_it_goes() {
    let paper = Paper::with(&[(VPC, "mine")]);
    paper.lock().unwrap().busy = 3;
    let (account, _scratch) = account(&paper).await;
    let shown = account.of_lab("mine").await.unwrap();
    let cleared = clear(&account, &shown).await;
    assert_eq!(changes(&paper), ["vpc-1"]);
    assert_eq!(paper.lock().unwrap().busy, 0);
    assert!(cleared.removed >= 1, "{cleared:?}");
}

#[tokio::test]
async fn what_is_refused_is_left_with_the_reason_and_does_not_keep_the_rest() {
    let paper = Paper::with(&[(SUBNET, "mine"), (KEY, "mine")]);
    paper.lock().unwrap().stuck = true;
    let (account, _scratch) = account(&paper).await;
    let shown = account.of_lab("mine").await.unwrap();
    let cleared = clear(&account, &shown).await;
    let told = left(&cleared);
    let subnet = told.iter().find(|(arn, _)| *arn == SUBNET).unwrap();
    assert!(subnet.1.contains("UnauthorizedOperation"), "{told:?}");
    assert!(changes(&paper).contains(&"k-1".to_owned()));
}

#[tokio::test]
async fn another_labs_and_what_was_not_shown_and_data_are_never_touched() {
    let paper = Paper::with(&[(VPC, "other"), (SUBNET, "mine"), (BUCKET, "mine")]);
    let (account, _scratch) = account(&paper).await;
    let mut shown = account.of_lab("mine").await.unwrap();
    assert!(shown.iter().all(|found| found.arn != VPC), "{shown:?}");
    // Somebody adds it after the list was shown.
    shown.retain(|found| found.arn != SUBNET);
    let cleared = clear(&account, &shown).await;
    assert_eq!(changes(&paper), [] as [&str; 0]);
    let told = left(&cleared);
    let why = |arn| told.iter().find(|(told, _)| *told == arn).unwrap().1;
    assert!(why(SUBNET).contains("was not there"), "{told:?}");
    assert!(why(BUCKET).contains("not removed by its tag"), "{told:?}");
}

#[tokio::test]
async fn what_is_in_no_index_is_found_by_its_name_and_another_labs_budget_stays() {
    let paper = Paper::with(&[(BUDGET, "mine"), (PAGE, ""), (SETTINGS, "")]);
    let (account, _scratch) = account(&paper).await;
    let shown = account.of_lab("mine").await.unwrap();
    let arns: Vec<_> = shown.iter().map(|found| found.arn.as_str()).collect();
    for arn in [BUDGET, PAGE, SETTINGS] {
        assert!(arns.contains(&arn), "{arns:?}");
    }
    clear(&account, &shown).await;
    let mut done = changes(&paper);
    done.retain(|change| !change.contains("role"));
    done.sort();
    let all = [
        "budget/rlab-mine-daily",
        "configuration/rlab-mine/1",
        "dashboard/rlab-mine",
    ];
    assert_eq!(done, all);

    paper.lock().unwrap().stands = [(BUDGET.to_owned(), "other".to_owned())].into();
    let shown = account.of_lab("mine").await.unwrap();
    assert!(shown.iter().all(|found| found.arn != BUDGET), "{shown:?}");
}

#[tokio::test]
async fn every_call_without_a_client_is_signed_and_in_the_journal_with_its_error() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let (account, scratch) = direct(move |asked| {
        let signature = asked.headers.get("authorization").unwrap();
        noted
            .lock()
            .unwrap()
            .push(signature.to_str().unwrap().to_owned());
        match asked.action.as_str() {
            "GetResources" => Answer::json(json!({ "ResourceTagMappingList": [] })),
            _ => Answer::status(
                403,
                "<E><Error><Code>AccessDenied</Code><Message>User: arn:aws:iam::1:user/ann is not \
                 authorized to perform: iam:ListRoles on resource: *</Message></Error></E>",
            ),
        }
    })
    .await;
    let error = account.of_lab("mine").await.unwrap_err();
    assert!(
        error
            .policy()
            .unwrap()
            .to_string()
            .contains("iam:ListRoles")
    );
    let signed = seen.lock().unwrap().pop().unwrap();
    assert!(signed.contains("/us-east-1/iam/aws4_request"), "{signed}");
    let lines = scratch.lines("ListRoles");
    assert_eq!(lines.len(), 1, "a refusal is not tried again");
    assert_eq!(lines[0]["error"], "AccessDenied");
    assert_eq!(lines[0]["service"], "IAM");
}
