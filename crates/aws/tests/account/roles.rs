//! Roles that cannot be assumed. Each case is a process of its own with an `~/.aws/config` of its own, whose
//! STS and IAM Identity Center are answers written here.

use tempfile::TempDir;

use crate::login::connecting;
use crate::stub::{Answer, Asked, Stub};

const ROLE: &str = "arn:aws:iam::123456789012:role/lab-operator";
const CALLER: &str = "arn:aws:sts::123456789012:assumed-role/ci/run-7";

/// A profile that gets into [`ROLE`] by the keys of another.
const BY_KEYS: &str = "[profile lab]\nrole_arn = arn:aws:iam::123456789012:role/lab-operator\n\
                       source_profile = base\n[profile base]\naws_access_key_id = AKIABASE\n\
                       aws_secret_access_key = s3cret-of-base\n";

/// What connecting says with this configuration, of which profile `lab` is chosen.
async fn with(config: &str, answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> String {
    let home = home(config);
    let url = format!("http://{}", Stub::start(answer).await.address);
    told(home, &[("AWS_PROFILE", "lab"), ("AWS_ENDPOINT_URL", &url)]).await
}

fn home(config: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    std::fs::write(home.path().join(".aws/config"), config).unwrap();
    home
}

/// The answers are given by this process while the other one asks.
async fn told(home: TempDir, variables: &[(&str, &str)]) -> String {
    let variables = variables.iter().chain(&[("AWS_REGION", "eu-west-1")]);
    let variables: Vec<_> = variables
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let asking = tokio::task::spawn_blocking(move || {
        let variables: Vec<_> = variables.iter().map(|(n, v)| (&**n, &**v)).collect();
        connecting(home.path(), &variables)
    });
    let told = asking.await.unwrap();
    assert!(!told.contains("s3cret"), "{told}");
    told
}

fn refusal(code: &str, message: &str) -> Answer {
    let error = format!(
        "<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let id = "<RequestId>req-1</RequestId>";
    Answer::status(403, format!("<ErrorResponse>{error}{id}</ErrorResponse>"))
        .with("x-amzn-requestid", "req-1")
}

fn nobody_asks(asked: &Asked) -> Answer {
    panic!("{} was asked", asked.action)
}

#[track_caller]
fn says(told: &str, parts: &[&str]) {
    for part in parts {
        assert!(told.contains(part), "`{part}` is missing: {told}");
    }
}

#[tokio::test]
async fn a_refused_role_is_told_with_who_asked_and_what_both_policies_have_to_say() {
    let words =
        format!("User: {CALLER} is not authorized to perform: sts:AssumeRole on resource: {ROLE}");
    let told = with(BY_KEYS, move |_| refusal("AccessDenied", &words)).await;
    let error = format!(
        "error: role {ROLE} was not assumed (profile `lab`, by profile `base`): STS AssumeRole: AccessDenied"
    );
    let trust = format!("the trust policy of {ROLE} has to say");
    let own = format!("a policy of {CALLER}");
    says(&told, &[&error, CALLER, "(request req-1)", &trust, &own]);
    says(
        &told,
        &[r#""Principal":{"AWS":"arn:aws:iam::123456789012:role/ci"}"#],
    );
    says(
        &told,
        &["no such role: aws iam get-role --role-name lab-operator"],
    );
}

#[tokio::test]
async fn a_role_that_an_organization_denies_is_not_promised_for_a_grant() {
    let words = format!(
        "User: {CALLER} is not authorized to perform: sts:AssumeRole on resource: {ROLE} with an \
         explicit deny in a service control policy"
    );
    let told = with(BY_KEYS, move |_| refusal("AccessDenied", &words)).await;
    says(
        &told,
        &[ROLE, "a service control policy; a grant does not help"],
    );
}

#[tokio::test]
async fn a_role_arn_that_is_none_is_shown_with_the_profile_that_has_it() {
    let config = BY_KEYS.replace(ROLE, "lab-operator");
    let words = "lab-operator is invalid";
    let told = with(&config, move |_| refusal("ValidationError", words)).await;
    says(&told, &["role lab-operator was not assumed", words]);
    says(
        &told,
        &["correct role_arn, in [profile lab] of ~/.aws/config"],
    );
}

#[tokio::test]
async fn keys_that_aws_does_not_know_are_those_of_the_source_profile() {
    let words = "The security token included in the request is invalid.";
    let told = with(BY_KEYS, move |_| refusal("InvalidClientTokenId", words)).await;
    says(
        &told,
        &[
            "kind: Credentials(Invalid)",
            ROLE,
            "aws configure list --profile base",
        ],
    );
}

#[tokio::test]
async fn a_source_profile_that_is_not_defined_is_named_with_who_names_it() {
    let config = BY_KEYS.replace("[profile base]", "[profile bsae]");
    let told = with(&config, nobody_asks).await;
    says(
        &told,
        &[ROLE, "the source_profile of `lab`, is not defined"],
    );
    says(
        &told,
        &["define [profile base] in ~/.aws/config", "[profile lab]"],
    );
}

#[tokio::test]
async fn a_role_without_a_source_or_with_itself_behind_it_is_told() {
    let none = BY_KEYS.replace("source_profile = base\n", "");
    let told = with(&none, nobody_asks).await;
    says(
        &told,
        &[
            ROLE,
            "give [profile lab] of ~/.aws/config one source_profile",
        ],
    );
    let circle = format!("{BY_KEYS}role_arn = {ROLE}\nsource_profile = lab\n").replace(
        "aws_access_key_id = AKIABASE\naws_secret_access_key = s3cret-of-base\n",
        "",
    );
    let told = with(&circle, nobody_asks).await;
    says(&told, &[ROLE, "leads in a circle"]);
}

const PEOPLE: &str = "[profile people]\nregion = eu-west-1\nsso_session = corp\nsso_account_id = 123456789012\n\
                      sso_role_name = Admin\n[sso-session corp]\nsso_region = eu-west-1\n\
                      sso_start_url = https://example.awsapps.com/start\n";

#[tokio::test]
async fn a_session_that_is_over_is_begun_with_the_profile_that_has_it_and_not_with_the_roles() {
    let lab = BY_KEYS.split("[profile base]").next().unwrap();
    let config = format!("{}{PEOPLE}", lab.replace("= base", "= people"));
    let told = with(&config, nobody_asks).await;
    says(&told, &["kind: Credentials(SsoExpired)", ROLE]);
    says(&told, &["aws sso login --profile people"]);
}

#[tokio::test]
async fn a_permission_set_that_is_not_assigned_is_told_with_its_account() {
    let config = PEOPLE.replace("[profile people]", "[profile lab]");
    let home = home(&config);
    let cache = home.path().join(".aws/sso/cache");
    std::fs::create_dir_all(&cache).unwrap();
    let token = r#"{"accessToken":"s3cret-token","expiresAt":"2999-01-01T00:00:00Z","region":"eu-west-1","startUrl":"https://example.awsapps.com/start"}"#;
    // The cache's file is named after the session, by SHA-1.
    std::fs::write(
        cache.join("ee0bfd2552fbd840c02cc48b6e823320543c450f.json"),
        token,
    )
    .unwrap();
    let no_access = |_: &Asked| {
        Answer::status(403, r#"{"message":"No access"}"#)
            .with("x-amzn-errortype", "ForbiddenException")
    };
    let url = format!("http://{}", Stub::start(no_access).await.address);
    let told = told(home, &[("AWS_PROFILE", "lab"), ("AWS_ENDPOINT_URL", &url)]).await;
    says(
        &told,
        &["error: permission set Admin of account 123456789012 was not assumed"],
    );
    says(&told, &["has to assign permission set Admin"]);
}

#[tokio::test]
async fn a_refused_token_is_told_with_the_role_that_aws_does_not_name() {
    let home = home("");
    let file = home.path().join("token");
    std::fs::write(&file, "s3cret-token").unwrap();
    let words = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
    let stub = Stub::start(move |_| refusal("AccessDenied", words)).await;
    let url = format!("http://{}", stub.address);
    let variables = [
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("AWS_ROLE_ARN", ROLE),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file.to_str().unwrap()),
    ];
    let told = told(home, &variables).await;
    let error = format!("error: role {ROLE} was not assumed (AWS_ROLE_ARN, by the token");
    let trust = format!("the trust policy of {ROLE} has to say");
    says(&told, &[&error, &trust, "Federated"]);
}
