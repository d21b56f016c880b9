//! Terraform's own provider against the front: applied, planned again without a difference, destroyed.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Output;

use tokio::process::Command;

use crate::Stage;
use crate::backends;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/terraform/main.tf");
/// Exit code of a plan without a difference, with `-detailed-exitcode`.
const NO_DIFFERENCE: Option<i32> = Some(0);

async fn terraform(directory: &Path, front: SocketAddr, arguments: &[&str]) -> Output {
    let mut command = Command::new("terraform");
    command
        .arg(format!("-chdir={}", directory.display()))
        .args(arguments)
        .env("CHECKPOINT_DISABLE", "1")
        .env("TF_IN_AUTOMATION", "1")
        .env("TF_VAR_endpoint", format!("http://{front}"))
        .env("TF_VAR_redis_port", "16379")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .kill_on_drop(true);
    command.output().await.expect("terraform is on the PATH")
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}", text(&output.stdout), text(&output.stderr))
}

#[tokio::test]
#[ignore = "takes minutes; needs terraform, its AWS provider and the emulators"]
async fn a_root_is_applied_planned_without_a_difference_and_destroyed() {
    let scratch = tempfile::tempdir().unwrap();
    std::fs::copy(ROOT, scratch.path().join("main.tf")).unwrap();
    let backends = backends::start(scratch.path()).await;
    let stage = Stage::over(backends.upstreams()).await;
    let run = |arguments: &'static [&'static str]| {
        terraform(scratch.path(), stage.front.address(), arguments)
    };
    let init = run(&["init", "-input=false", "-no-color"]).await;
    assert!(init.status.success(), "{}", said(&init));
    let apply = run(&["apply", "-auto-approve", "-input=false", "-no-color"]).await;
    assert!(apply.status.success(), "{}", said(&apply));

    let asked = stage.control().requests().await.unwrap().requests.len();
    let plan = run(&["plan", "-detailed-exitcode", "-input=false", "-no-color"]).await;
    assert_eq!(plan.status.code(), NO_DIFFERENCE, "{}", said(&plan));
    let log = stage.control().requests().await.unwrap();
    let planned: Vec<_> = log.requests.iter().skip(asked).collect();
    assert!(!planned.is_empty());
    let mutating: Vec<_> = planned.iter().filter(|request| request.mutating).collect();
    assert!(
        mutating.is_empty(),
        "a plan asked for changes: {mutating:?}"
    );

    let destroy = run(&["destroy", "-auto-approve", "-input=false", "-no-color"]).await;
    assert!(destroy.status.success(), "{}", said(&destroy));
    let left = run(&["state", "list"]).await;
    assert_eq!(said(&left).trim(), "");
    backends.stop().await;
}
