//! Who is not logged in. What the SDK finds depends on the environment, so each case is a process of its
//! own: this program again, with one test of it.

use std::path::Path;
use std::process::Command;

use rlab_aws::account::{Account, Place};

use crate::Scratch;

/// What connecting says in an environment of `variables` and nothing else.
pub fn connecting(home: &Path, variables: &[(&str, &str)]) -> String {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["--exact", "login::connects", "--ignored", "--nocapture"]);
    program.env_clear().env("HOME", home);
    program.env("AWS_EC2_METADATA_DISABLED", "true");
    let output = program.envs(variables.iter().copied()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
#[ignore = "run by the other tests of this file, in an environment of theirs"]
#[allow(clippy::print_stdout)]
async fn connects() {
    let scratch = Scratch::new();
    let connected = Account::connect(Place::default(), scratch.journal()).await;
    let error = connected.unwrap_err();
    let kind = match error.cause() {
        Some(cause) => format!("{cause:?}"),
        None => format!("{error:?}"),
    };
    println!(
        "kind: {kind}; error: {error}; hint: {}",
        error.hint().unwrap_or_default()
    );
}

#[test]
fn without_a_region_nothing_is_asked() {
    let home = tempfile::tempdir().unwrap();
    let told = connecting(home.path(), &[]);
    assert!(told.contains("kind: NoRegion"), "{told}");
}

#[test]
fn without_credentials_it_is_said_how_to_log_in() {
    let home = tempfile::tempdir().unwrap();
    let told = connecting(home.path(), &[("AWS_REGION", "eu-west-1")]);
    assert!(told.contains("kind: Credentials(Missing)"), "{told}");
    assert!(told.contains("aws sso login"), "{told}");
}

#[test]
fn a_profile_that_does_not_exist_is_named() {
    let home = tempfile::tempdir().unwrap();
    let variables = [("AWS_REGION", "eu-west-1"), ("AWS_PROFILE", "staging")];
    let told = connecting(home.path(), &variables);
    assert!(told.contains("kind: Credentials(Missing)"), "{told}");
    assert!(told.contains("--profile staging"), "{told}");
}

const SSO: &str = "[profile work]\nregion = eu-west-1\nsso_session = corp\nsso_account_id = 123456789012\n\
                   sso_role_name = Admin\n[sso-session corp]\nsso_region = eu-west-1\n\
                   sso_start_url = https://example.awsapps.com/start\n";

#[test]
fn a_session_that_was_never_begun_or_is_over_is_begun_with_aws_sso_login() {
    let home = tempfile::tempdir().unwrap();
    let aws = home.path().join(".aws");
    std::fs::create_dir_all(aws.join("sso/cache")).unwrap();
    std::fs::write(aws.join("config"), SSO).unwrap();
    let connect = || connecting(home.path(), &[("AWS_PROFILE", "work")]);
    let never = connect();
    assert!(never.contains("kind: Credentials(SsoExpired)"), "{never}");
    assert!(never.contains("aws sso login --profile work"), "{never}");
    // The cache's file is named after the session, by SHA-1.
    let cached = aws.join("sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json");
    let token = r#"{"accessToken":"t","expiresAt":"2020-01-01T00:00:00Z","region":"eu-west-1","startUrl":"https://example.awsapps.com/start"}"#;
    std::fs::write(cached, token).unwrap();
    let over = connect();
    assert!(over.contains("kind: Credentials(SsoExpired)"), "{over}");
    assert!(
        over.contains("permission set Admin of account 123456789012"),
        "{over}"
    );
}
