use std::path::Path;

use rlab_document::DocumentErrors;

use super::*;

/// The example, its passwords in files of `dir` and its authority left out.
fn example(dir: &Path) -> String {
    let mut text = include_str!("../../../../../profiles/external.toml").to_owned();
    for server in ["kafka", "mysql", "redis"] {
        let file = dir.join(server);
        std::fs::write(&file, format!("word-of-{server}\n")).unwrap();
        let written = format!("password_file = \"/run/secrets/rlab-{server}\"");
        assert!(
            text.contains(&written),
            "the example no longer says `{written}`"
        );
        text = text.replace(&written, &format!("password_file = \"{}\"", file.display()));
    }
    text
}

fn mistakes(text: &str) -> DocumentErrors {
    match External::parse("mine.toml", text) {
        Err(LabError::Profile(errors)) => errors,
        other => panic!("{other:?}"),
    }
}

/// The one mistake of `text`: its line, and what is said of it.
fn mistake(text: &str) -> (String, String) {
    let errors = mistakes(text);
    let [problem] = errors.problems() else {
        panic!("{errors:?}");
    };
    let line = text.lines().nth(problem.line - 1).unwrap().to_owned();
    let help = problem.help.as_deref().unwrap_or_default();
    (line, format!("{} ({help})", problem.message))
}

#[test]
fn the_example_reads_and_holds_no_password() {
    let dir = tempfile::tempdir().unwrap();
    let profile = External::parse("mine.toml", &example(dir.path())).unwrap();
    assert_eq!(profile.kafka.brokers.len(), 3);
    let password = profile.mysql.login.password().unwrap();
    assert_eq!(password.as_deref(), Some("word-of-mysql"));
    let written = serde_json::to_string(&profile).unwrap();
    assert!(!written.contains("word-of-"), "{written}");
}

#[test]
fn an_unknown_fault_is_refused_with_what_may_have_been_meant() {
    let dir = tempfile::tempdir().unwrap();
    let text = example(dir.path()).replace("allow = []", "allow = [\"connection.cut\"]");
    let (line, said) = mistake(&text);
    assert!(line.starts_with("allow"), "{line}");
    assert!(said.contains("connections.cut"), "{said}");
}

#[test]
fn a_fault_that_nothing_can_carry_out_is_not_allowed_in_vain() {
    let dir = tempfile::tempdir().unwrap();
    let allow = "allow = [\"connections.cut\", \"broker.kill\"]";
    let text = example(dir.path()).replace("allow = []", allow);
    let (_, said) = mistake(&text);
    assert!(said.contains("`broker.kill`"), "{said}");
    assert!(said.contains("out of reach"), "{said}");
}

#[test]
fn a_secret_that_is_not_there_is_told_with_where_it_was_looked_for() {
    let dir = tempfile::tempdir().unwrap();
    let text = example(dir.path());
    let gone = dir.path().join("mysql");
    std::fs::remove_file(&gone).unwrap();
    let (_, said) = mistake(&text);
    assert!(said.contains(&gone.display().to_string()), "{said}");
    std::fs::write(&gone, "\n").unwrap();
    assert!(mistake(&text).1.contains("the password is empty"));
    let file = format!("password_file = \"{}\"", gone.display());
    let text = text.replace(&file, "password_env = \"RLAB_TEST_NOBODY_SETS_THIS\"");
    assert!(mistake(&text).1.contains("RLAB_TEST_NOBODY_SETS_THIS"));
}

#[test]
fn a_login_has_its_password_from_one_place() {
    let dir = tempfile::tempdir().unwrap();
    let file = format!("password_file = \"{}\"", dir.path().join("redis").display());
    let text = example(dir.path());
    for wrong in [format!("{file}, password_env = \"HOME\""), String::new()] {
        let text = text.replace(&format!(", {file}"), &format!(", {wrong}"));
        let text = text.replace(",  }", " }");
        assert!(mistake(&text).1.contains("either"), "{text}");
    }
}

/// The example, logging in by tokens everywhere.
fn by_tokens() -> String {
    let mut text = include_str!("../../../../../profiles/external.toml").to_owned();
    for (server, user, iam) in [
        ("kafka", "user = \"rlab\", ", "region = \"eu-central-1\""),
        ("mysql", "user = \"rlab\", ", "region = \"eu-central-1\""),
        (
            "redis",
            "user = \"default\", ",
            "region = \"eu-central-1\", cache = \"rlab-x\", kind = \"replication_group\"",
        ),
    ] {
        let word = format!("login = {{ {user}password_file = \"/run/secrets/rlab-{server}\" }}");
        assert!(text.contains(&word), "the example no longer says `{word}`");
        let user = if server == "kafka" { "" } else { user };
        text = text.replace(&word, &format!("login = {{ {user}iam = {{ {iam} }} }}"));
    }
    text.replace("[registry]", "[redis.tls]\n\n[registry]")
}

#[test]
fn a_login_by_token_names_region_and_cache_and_no_password() {
    let profile = External::parse("mine.toml", &by_tokens()).unwrap();
    assert_eq!(profile.mysql.login.password(), Ok(None));
    let kafka = profile.kafka.login.unwrap();
    let region = "eu-central-1".to_owned();
    assert_eq!(kafka, TheirLogin::by_iam(None, KafkaIam { region }));
    assert_eq!(
        profile.redis.login.unwrap().iam.unwrap().kind,
        TheirCache::ReplicationGroup
    );
}

#[test]
fn a_token_is_not_shown_without_tls() {
    let text = by_tokens().replace("[redis.tls]\n", "");
    let (line, said) = mistake(&text);
    assert!(line.starts_with("login = { user = \"default\""), "{line}");
    assert!(said.contains("lets in whoever holds it"), "{said}");
    assert!(said.contains("tls = {}"), "{said}");
}

#[test]
fn a_user_is_named_wherever_one_is_asked_for_and_not_where_tokens_name_none() {
    let text = by_tokens().replacen("user = \"rlab\", ", "", 1);
    let (line, said) = mistake(&text);
    assert!(line.starts_with("login = { iam"), "{line}");
    assert!(said.contains("without a `user`"), "{said}");
    let text = by_tokens().replacen("login = { iam", "login = { user = \"u\", iam", 1);
    let (line, said) = mistake(&text);
    assert!(line.contains("user = \"u\""), "{line}");
    assert!(said.contains("owner of the credentials"), "{said}");
    let dir = tempfile::tempdir().unwrap();
    let text = example(dir.path()).replacen("user = \"rlab\", ", "", 1);
    assert!(mistake(&text).1.contains("without a `user`"));
}

#[test]
fn a_token_in_place_of_a_password_is_not_beside_one() {
    let both = "iam = { region = \"eu-central-1\" }, password_env = \"PATH\" }";
    let text = by_tokens().replacen("iam = { region = \"eu-central-1\" } }", both, 1);
    assert!(mistake(&text).1.contains("either"), "{text}");
}

#[test]
fn what_a_token_for_another_server_is_signed_for_is_refused() {
    let region = "iam = { region = \"eu-central-1\" }";
    let more = "iam = { region = \"eu-central-1\", cache = \"rlab-x\" }";
    let (_, said) = mistake(&by_tokens().replacen(region, more, 1));
    assert!(said.contains("cache"), "{said}");
    let text = by_tokens().replace(", cache = \"rlab-x\", kind = \"replication_group\"", "");
    for error in mistakes(&text).problems() {
        assert!(error.message.contains("cache") || error.message.contains("kind"));
    }
    let (_, said) = mistake(&by_tokens().replace("replication_group", "cluster"));
    assert!(said.contains("serverless"), "{said}");
}

#[test]
fn every_mistake_is_told_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let text = example(dir.path())
        .replace("mysql.example.net:3306", "mysql.example.net")
        .replace("kafka-2.example.net:9093", "kafka-1.example.net:9093")
        .replace(
            "[registry]",
            "[registry]\naddress = \"registry.example.net:8081\"",
        )
        .replace(
            "[agents.query-service]\nzone = \"here\"",
            "[agents.query-service]\nzone = \"there\"",
        );
    let errors = mistakes(&text);
    let said: Vec<&str> = errors
        .problems()
        .iter()
        .map(|p| p.message.as_str())
        .collect();
    let wanted = [
        "is not an address",
        "is named twice",
        "either somebody's",
        "unknown zone",
    ];
    for part in wanted {
        assert!(said.iter().any(|s| s.contains(part)), "{part}: {said:?}");
    }
    assert_eq!(said.len(), wanted.len(), "{said:?}");
}

#[test]
fn an_authority_is_one_certificate_that_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("ca.pem");
    let text = example(dir.path()).replace(
        "tls = {}",
        &format!("tls = {{ ca = \"{}\" }}", ca.display()),
    );
    let named = text.matches(&ca.display().to_string()).count();
    assert_eq!(mistakes(&text).problems().len(), named);
    std::fs::write(&ca, "no certificate").unwrap();
    assert!(
        mistakes(&text).problems()[0]
            .message
            .contains("there are 0")
    );
}
