//! Bad input: a model with mistakes, policies edited by hand, policies that are none.

use rlab_access::{Artifacts, FOLDER, Model, Report, Rule, Severity, check, generate};

const GOOD: &str = include_str!("../../../iam/access.toml");

fn mistake(from: &str, to: &str) -> (usize, String, String) {
    assert!(GOOD.contains(from), "{from}");
    let text = GOOD.replacen(from, to, 1);
    let errors = Model::read("iam/access.toml", &text).unwrap_err();
    let problem = &errors.problems()[0];
    (
        problem.line,
        problem.message.clone(),
        problem.help.clone().unwrap_or_default(),
    )
}

fn line_of(text: &str) -> usize {
    let at = GOOD.find(text).unwrap();
    GOOD[..at].matches('\n').count() + 1
}

#[test]
fn names_that_lead_nowhere_are_told_with_line_and_suggestion() {
    let agent = "agent = \"outbox-relay\"";
    let (line, message, help) = mistake(agent, "agent = \"outbox-rely\"");
    assert_eq!(
        (line, message.as_str()),
        (line_of(agent), "unknown agent `outbox-rely`")
    );
    assert_eq!(help, "did you mean `outbox-relay`?");

    let (_, message, help) = mistake("resource = \"leases\"", "resource = \"lease\"");
    assert_eq!(message, "unknown resource `lease`");
    assert_eq!(help, "did you mean `leases`?");

    let wrong = "operations = [\"select\", \"insert\", \"updat\"]";
    let right = "operations = [\"select\", \"insert\", \"update\"]";
    let (line, message, help) = mistake(right, wrong);
    assert_eq!(
        (line, help.as_str()),
        (line_of(right), "did you mean `update`?")
    );
    assert_eq!(message, "unknown operation `updat` on a mysql-table");

    let (_, message, help) = mistake("\"${prefix}/${task}\"", "\"${prefx}/${task}\"");
    assert_eq!(
        (message.as_str(), help.as_str()),
        ("unknown placeholder `prefx`", "did you mean `prefix`?")
    );
}

#[test]
fn patterns_that_a_system_does_not_have_are_refused() {
    let (_, message, _) = mistake(
        "names = [\"valuation.events.*\"]",
        "names = [\"*.events.main\"]",
    );
    assert_eq!(message, "Kafka knows prefixes and whole names only");
    let (_, message, _) = mistake(
        "names = [\"item\"]",
        "names = [\"it*\"]\nexamples = [\"item\"]",
    );
    assert_eq!(message, "MySQL gives rights on tables by whole names only");
    let (_, message, _) = mistake("examples = [\"rlab_main\"]", "examples = [\"main\"]");
    assert_eq!(message, "`main` is none of `rlab_*`");
    let (_, message, _) = mistake("kind = \"redis-channel\"", "kind = \"redis-chanel\"");
    assert_eq!(message, "unknown value `redis-chanel`");
}

#[test]
fn what_is_granted_twice_or_to_nobody_on_a_server_is_refused() {
    let reads = "resource = \"leases\"\noperations = [\"select\", \"update\"]";
    let (_, message, _) = mistake(reads, "resource = \"relays\"\noperations = [\"select\"]");
    assert_eq!(message, "`select` is granted twice");
    let (_, message, _) = mistake("agent = \"query-service\"", "agent = \"registry\"");
    assert_eq!(message, "`registry` has no user on a server");
}

#[test]
fn every_mistake_is_told_at_once() {
    let text = GOOD
        .replace("agent = \"registry\"", "agent = \"regstry\"")
        .replace("resource = \"leases\"", "resource = \"lease\"");
    let errors = Model::read("iam/access.toml", &text).unwrap_err();
    assert_eq!(errors.problems().len(), 2);
}

fn checked(files: &Artifacts) -> Report {
    check(&Model::built_in().unwrap(), files, FOLDER)
}

fn good() -> Artifacts {
    generate(&Model::built_in().unwrap())
}

/// Good files, one of them with `from` replaced by `to`.
fn edited(file: &str, from: &str, to: &str) -> (Report, usize) {
    let mut files = good();
    let text = files.get_mut(file).unwrap();
    let at = text
        .find(from)
        .unwrap_or_else(|| panic!("{from} in {text}"));
    let line = text[..at].matches('\n').count() + 1;
    *text = text.replacen(from, to, 1);
    (checked(&files), line)
}

fn has(report: &Report, rule: Rule, cell: &str) -> bool {
    let mut all = report.findings.iter();
    all.any(|found| {
        let id = found.place.cell.clone().unwrap_or_default();
        found.rule == rule && id.contains(cell)
    })
}

#[test]
fn a_policy_edited_by_hand_is_named_with_its_line_and_the_cells_it_changes() {
    let from = "topic/${kafka_cluster}/valuation.events.*";
    let (report, line) = edited("outbox-relay.json", from, "topic/${kafka_cluster}/*");
    let by_hand = report
        .findings
        .iter()
        .find(|found| found.rule == Rule::EditedByHand)
        .unwrap();
    assert_eq!(by_hand.place.file, "iam/generated/outbox-relay.json");
    assert_eq!(by_hand.place.line, Some(line));
    assert!(has(
        &report,
        Rule::TooWide,
        "iam/outbox-relay/kafka-topic:__consumer_offsets/write"
    ));
    let beyond = report
        .findings
        .iter()
        .find(|found| found.rule == Rule::NotSubset)
        .unwrap();
    assert!(
        beyond.message.contains("kafka-cluster:"),
        "{}",
        beyond.message
    );
    assert_eq!(report.worst(), Some(Severity::Error));
}

#[test]
fn a_deny_that_is_added_and_an_action_that_is_taken_out_are_too_narrow() {
    let (report, _) = edited(
        "query-service.json",
        "\"Effect\": \"Allow\"",
        "\"Effect\": \"Deny\"",
    );
    assert!(
        has(&report, Rule::TooNarrow, "iam/query-service/"),
        "{:#?}",
        report.findings
    );
    let (report, _) = edited(
        "outbox-relay.json",
        "\"kafka-cluster:WriteDataIdempotently\"",
        "\"kafka-cluster:DescribeCluster\"",
    );
    assert!(has(&report, Rule::TooNarrow, "/write_idempotently"));
    assert!(has(&report, Rule::TooWide, "/describe"));
}

#[test]
fn server_files_edited_by_hand_are_caught_too() {
    let (report, _) = edited(
        "kafka-acls.jsonl",
        "\"prefixed\",\"name\":\"valuation.events.\"",
        "\"literal\",\"name\":\"*\"",
    );
    assert!(
        has(&report, Rule::TooWide, "kafka/"),
        "{:#?}",
        report.findings
    );
    let (report, _) = edited(
        "mysql-grants.sql",
        "GRANT INSERT ON",
        "GRANT INSERT, DELETE ON",
    );
    assert!(
        has(&report, Rule::TooWide, "/delete"),
        "{:#?}",
        report.findings
    );
    let (report, _) = edited("redis-users.acl", "-@all", "+@all");
    assert!(has(
        &report,
        Rule::TooWide,
        "redis/consumer-service/redis-server:redis/flushall"
    ));
    let (report, _) = edited("redis-users.acl", "+eval", "+@scripting");
    let malformed = report
        .findings
        .iter()
        .find(|found| found.rule == Rule::MalformedPolicy);
    assert_eq!(malformed.unwrap().place.line, Some(1));
}

#[test]
fn what_is_no_policy_is_told_with_its_place() {
    let (report, _) = edited("registry.json", "\"Statement\": [", "\"Statement\": [,");
    let found = report
        .findings
        .iter()
        .find(|found| found.rule == Rule::MalformedPolicy)
        .unwrap();
    assert_eq!(found.place.line, Some(3));
    assert!(found.message.starts_with("no JSON: "), "{}", found.message);
    let (report, line) = edited(
        "registry.json",
        "\"Effect\": \"Allow\"",
        "\"Effect\": \"Alow\"",
    );
    let found = report
        .findings
        .iter()
        .find(|found| found.rule == Rule::MalformedPolicy)
        .unwrap();
    assert_eq!(found.place.line, Some(line));
    assert_eq!(found.next, "did you mean `Allow`?");
}

#[test]
fn files_that_are_missing_or_too_many_are_named() {
    let mut files = good();
    files.remove("runner.json");
    files.insert("old.json".to_owned(), "{}".to_owned());
    let report = checked(&files);
    let wrong: Vec<_> = report
        .findings
        .iter()
        .filter(|f| f.rule == Rule::WrongFiles)
        .collect();
    let named: Vec<&str> = wrong
        .iter()
        .map(|found| found.place.file.as_str())
        .collect();
    assert_eq!(
        named,
        ["iam/generated/old.json", "iam/generated/runner.json"]
    );
}

#[test]
fn a_condition_that_is_not_understood_is_unknown_and_no_pass() {
    let deny = "{ \"Effect\": \"Deny\", \"Action\": \"*\", \"Resource\": \"*\", \
         \"Condition\": { \"IpAddress\": { \"aws:SourceIp\": \"10.0.0.0/8\" } } },";
    let to = format!("\"Statement\": [{deny}");
    let (report, _) = edited("query-service.json", "\"Statement\": [", &to);
    let cell = "iam/query-service/mysql-user:query_service/connect";
    assert!(
        has(&report, Rule::Undecided, cell),
        "{:#?}",
        report.findings
    );
    let text = good()["query-service.json"].replacen(
        "rds-db:${region}",
        "rds-db:${aws:PrincipalTag/region}",
        1,
    );
    let mut files = good();
    files.insert("query-service.json".to_owned(), text);
    let report = checked(&files);
    assert!(
        has(
            &report,
            Rule::Undecided,
            "iam/query-service/mysql-user:query_service/connect"
        ),
        "{:#?}",
        report.findings
    );
    let undecided = report
        .findings
        .iter()
        .filter(|f| f.rule == Rule::Undecided && f.place.line.is_some());
    assert!(undecided.count() > 0);
}
