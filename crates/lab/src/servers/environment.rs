//! What the processes of a lab have of the environment of whoever brought it up.

use std::ffi::OsString;
use std::process::Command;

/// What a server may depend on: no credentials, preloaded libraries or options of whoever happened to bring
/// the lab up.
const ANYBODY: [&str; 7] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "LC_ALL",
    "RUST_LOG",
    "RUST_BACKTRACE",
];

/// Where AWS's own clients look for credentials, and for who gives them.
const CREDENTIALS: [&str; 18] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
];

/// Leaves of our own environment to `command` only what any server may have.
pub(crate) fn clean_environment(command: &mut Command) {
    command.env_clear();
    command.envs(set(&ANYBODY, ours));
}

/// What is set of the variables that say who we are to AWS: for the environment of a process that signs
/// tokens, and for nothing that is kept.
pub(super) fn aws_credentials() -> Vec<(&'static str, OsString)> {
    set(&CREDENTIALS, ours)
}

fn ours(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

fn set(
    names: &[&'static str],
    of: impl Fn(&str) -> Option<OsString>,
) -> Vec<(&'static str, OsString)> {
    let found = |name: &&'static str| Some((*name, of(name)?));
    names.iter().filter_map(found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_any_server_gets_names_nobody_to_aws() {
        assert!(ANYBODY.iter().all(|name| !CREDENTIALS.contains(name)));
        assert!(CREDENTIALS.iter().all(|name| name.starts_with("AWS_")));
        let mut command = Command::new("true");
        command.env("AWS_SECRET_ACCESS_KEY", "a-secret");
        clean_environment(&mut command);
        let names: Vec<_> = command
            .get_envs()
            .map(|(name, _)| name.to_owned())
            .collect();
        assert!(names.contains(&"PATH".into()), "{names:?}");
        assert!(
            !names.contains(&"AWS_SECRET_ACCESS_KEY".into()),
            "{names:?}"
        );
    }

    #[test]
    fn what_signs_gets_what_is_set_and_nothing_else() {
        let task = |name: &str| match name {
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" => Some("/v2/credentials/1".into()),
            "LD_PRELOAD" | "RLAB_SECRET" => Some("of-somebody".into()),
            _ => None,
        };
        let given = set(&CREDENTIALS, task);
        let uri = OsString::from("/v2/credentials/1");
        assert_eq!(given, [("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", uri)]);
    }
}
