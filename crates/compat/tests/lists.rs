//! The data files: that they are read, what they say of what agents need, and which mistakes are refused.

use std::collections::BTreeSet;

use rlab_access::Model;
use rlab_compat::{Kind, Lists, check, differences, needs, not_proven};
use rlab_runbook::{Server, Target};

const ELASTICACHE: &str = include_str!("../data/elasticache.toml");

fn lists() -> Lists {
    Lists::built_in().unwrap()
}

fn model() -> Model {
    Model::built_in().unwrap()
}

/// What is said of a text that differs in one place from the list of ElastiCache.
fn mistakes(find: &str, replace: &str) -> String {
    assert!(ELASTICACHE.contains(find), "{find}");
    let text = ELASTICACHE.replacen(find, replace, 1);
    let refused = Lists::read(&[("elasticache.toml", &text)]).unwrap_err();
    let told = refused.problems().iter();
    told.map(|p| {
        format!(
            "{}: {} {}",
            p.line,
            p.message,
            p.help.clone().unwrap_or_default()
        )
    })
    .collect::<Vec<_>>()
    .join("\n")
}

#[test]
fn each_service_has_its_lists_with_a_date_and_sources_that_say_where_they_are() {
    for target in Target::ALL {
        let lists = lists();
        let file = lists.of(target.server()).unwrap();
        assert_eq!(file.dated.len(), "2026-01-01".len(), "{target}");
        for (name, source) in &file.sources {
            assert!(source.url.starts_with("https://"), "{name}");
        }
        assert!(!not_proven(&lists, target).is_empty(), "{target}");
    }
}

#[test]
fn a_target_that_nobody_knows_is_refused_with_the_right_one() {
    let told = mistakes(
        "most = { elasticache_serverless = 3999 }",
        "most = { elasticache_serverles = 3999 }",
    );
    assert!(
        told.contains("unknown target `elasticache_serverles`"),
        "{told}"
    );
    assert!(
        told.contains("did you mean `elasticache_serverless`?"),
        "{told}"
    );
    let told = mistakes(
        "keys\" = { on = [\"elasticache_serverless\"]",
        "keys\" = { on = [\"elasticash\"]",
    );
    assert!(told.contains("elasticash"), "{told}");
}

#[test]
fn a_target_of_another_server_is_refused() {
    let told = mistakes(
        "keys\" = { on = [\"elasticache_serverless\"]",
        "keys\" = { on = [\"msk\"]",
    );
    assert!(told.contains("`msk` is not redis"), "{told}");
}

#[test]
fn a_source_that_is_not_there_and_a_key_that_means_nothing_are_refused() {
    let told = mistakes("source = \"cluster\", ask", "source = \"clutser\", ask");
    assert!(told.contains("unknown source `clutser`"), "{told}");
    let told = mistakes(
        "ask = [\"KEYS\", \"{key}\"], live",
        "ask = [\"KEYS\", \"{key}\"], lively",
    );
    assert!(told.contains("lively"), "{told}");
}

#[test]
fn a_command_that_is_asked_for_by_another_name_is_refused() {
    let told = mistakes("[\"CLIENT\", \"LIST\"]", "[\"CLIENT\", \"INFO\"]");
    assert!(told.contains("does not ask for `client|list`"), "{told}");
    let told = mistakes("ask = [\"SAVE\"]", "ask = []");
    assert!(told.contains("does not ask for `save`"), "{told}");
}

#[test]
fn nothing_that_agents_need_is_on_a_list() {
    let report = check(&lists(), &needs(&model()), &Target::ALL);
    assert_eq!(report.findings, []);
    assert!(report.looked_at > 30, "{} needs", report.looked_at);
}

/// Agents and the runner need no command whose calling nobody wrote down, since that could not be probed.
#[test]
fn every_command_that_is_needed_can_be_asked_for() {
    let lists = lists();
    let asks = &lists.of(Server::Redis).unwrap().ask;
    let needs = needs(&model());
    let commands = needs.iter().filter(|need| need.kind == Kind::Command);
    let missing: Vec<&str> = commands
        .map(|need| need.name.as_str())
        .filter(|name| !asks.contains_key(*name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_command_of_the_model_that_is_put_on_a_list_turns_the_gate_red_and_is_named() {
    let (lists, needs) = (lists(), needs(&model()));
    let target = Target::ElasticacheServerless;
    let mut tried = 0;
    for need in needs.iter().filter(|need| need.kind == Kind::Command) {
        let changed = lists.changed(Server::Redis, |file| {
            let like = file.command["keys"].clone();
            file.command.insert(need.name.clone(), like);
        });
        let report = check(&changed, &needs, &[target]);
        let named: Vec<&str> = report.findings.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(named, [need.name.as_str()]);
        assert!(report.is_broken());
        let by: BTreeSet<String> = report.findings[0].by.iter().cloned().collect();
        assert_eq!(by, need.by);
        assert!(report.findings[0].places[0].starts_with("iam/access.toml:"));
        tried += 1;
    }
    assert!(tried > 5, "{tried} commands");
}

#[test]
fn what_only_others_report_is_found_and_shows_nothing() {
    let (lists, needs) = (lists(), needs(&model()));
    let changed = lists.changed(Server::Redis, |file| {
        let mut like = file.command["keys"].clone();
        like.source = "scripts".to_owned();
        file.command.insert("eval".to_owned(), like);
    });
    let report = check(&changed, &needs, &[Target::ElasticacheServerless]);
    assert_eq!(report.findings.len(), 1);
    assert!(!report.is_broken());
}

#[test]
fn what_is_not_among_all_that_a_target_gives_is_named() {
    let lists = lists();
    let mut needs = needs(&model());
    let mut setting = needs[0].clone();
    (setting.server, setting.kind) = (Server::Kafka, Kind::TopicSetting);
    setting.name = "segment.jitter.ms".to_owned();
    let mut size = setting.clone();
    (size.name, size.value) = ("max.message.bytes".to_owned(), Some("8388608".to_owned()));
    needs.extend([setting, size.clone()]);
    let found = |needs: &[_]| {
        let report = check(&lists, needs, &[Target::Msk, Target::MskServerless]);
        let findings = report.findings.into_iter();
        findings.map(|f| (f.target, f.name)).collect::<Vec<_>>()
    };
    let jitter = (Target::MskServerless, "segment.jitter.ms".to_owned());
    assert_eq!(found(&needs), std::slice::from_ref(&jitter));
    size.value = Some("8388609".to_owned());
    needs.push(size);
    let too_large = (Target::MskServerless, "max.message.bytes".to_owned());
    assert_eq!(found(&needs), [jitter, too_large]);
}

#[test]
fn the_table_names_the_drills_and_agents_that_a_difference_touches() {
    let lists = lists().changed(Server::Redis, |file| {
        let like = file.command["keys"].clone();
        file.command.insert("unlink".to_owned(), like);
    });
    let comparison = differences(&lists, &needs(&model())).unwrap();
    let row = |name: &str| {
        let mut rows = comparison.differences.iter();
        rows.find(|row| row.name == name).unwrap()
    };
    assert!(row("test_failover").drills.contains(&"E-045".to_owned()));
    assert!(row("reboot_broker").drills.contains(&"E-045".to_owned()));
    assert_eq!(row("unlink").agents, ["runner"]);
    assert_eq!(row("cross_slot").agents, [""; 0]);
    assert!(row("keys").probed && row("keys").confirmed);
    assert!(
        comparison
            .differences
            .iter()
            .all(|row| row.of_nodes != row.of_sized)
    );
    let all: Vec<&Target> = comparison.not_proven.keys().collect();
    assert_eq!(all.len(), Target::ALL.len());
}
