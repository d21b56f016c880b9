//! A lab whose state is lost, cleared by its tag at the rehearsed API. Ignored unless asked for, as it needs
//! terraform, its AWS provider and the emulators (see `emulators.rs`).

use std::path::{Path, PathBuf};
use std::process::Output;

use rlab_aws::account::State;
use tokio::process::Command;

use crate::{Stage, backends};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/account/labs.tf");
/// Exit code of a plan without a difference, with `-detailed-exitcode`.
const NO_DIFFERENCE: Option<i32> = Some(0);

/// One application of the root.
struct Applied {
    dir: PathBuf,
    variables: Vec<String>,
}

impl Applied {
    async fn new(scratch: &Path, endpoint: &str, name: &str, tags: &str, block: u8) -> Self {
        let dir = scratch.join(name);
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::copy(ROOT, dir.join("main.tf")).unwrap();
        let variables = [
            format!("-var=endpoint={endpoint}"),
            format!("-var=name={name}"),
            format!("-var=tags={tags}"),
            format!("-var=block={block}"),
        ];
        let applied = Self {
            dir,
            variables: variables.into(),
        };
        let init = applied.terraform(&["init"], false).await;
        assert!(init.status.success(), "{}", said(&init));
        let apply = applied.terraform(&["apply", "-auto-approve"], true).await;
        assert!(apply.status.success(), "{}", said(&apply));
        applied
    }

    async fn terraform(&self, verb: &[&str], with_variables: bool) -> Output {
        let mut command = Command::new("terraform");
        command
            .arg(format!("-chdir={}", self.dir.display()))
            .args(verb)
            .args(["-input=false", "-no-color"])
            .env("CHECKPOINT_DISABLE", "1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .kill_on_drop(true);
        if with_variables {
            command.args(&self.variables);
        }
        command.output().await.expect("terraform is on the PATH")
    }

    async fn assert_untouched(&self) {
        let plan = self.terraform(&["plan", "-detailed-exitcode"], true).await;
        assert_eq!(plan.status.code(), NO_DIFFERENCE, "{}", said(&plan));
    }
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}", text(&output.stdout), text(&output.stderr))
}

#[tokio::test]
#[ignore = "needs terraform, its AWS provider and the emulators"]
async fn a_lab_without_a_state_is_cleared_by_its_tag_and_nothing_else_is_touched() {
    let scratch = tempfile::tempdir().unwrap();
    let backends = backends::start(scratch.path()).await;
    let stage = Stage::over(backends.upstreams()).await;
    let url = stage.front.url();
    let apply = |name, tags, block| Applied::new(scratch.path(), &url, name, tags, block);
    let lost = apply("mine", "{lab=\"mine\"}", 40).await;
    // A name that begins alike, and nobody's.
    let other = apply("mine-2", "{lab=\"mine-2\"}", 41).await;
    let untagged = apply("nobodys", "{}", 42).await;
    std::fs::remove_file(lost.dir.join("terraform.tfstate")).unwrap();

    let account = stage.connect().await.unwrap();
    let shown = account.of_lab("mine").await.unwrap();
    for kind in [
        "vpc",
        "security-group",
        "secret",
        "log-group",
        "namespace",
        "role",
        "budget",
        "dashboard",
    ] {
        assert!(
            shown.iter().any(|found| found.kind == kind),
            "{kind}: {shown:?}"
        );
    }
    let cleared = account.remove("mine", &shown, &|_| {}).await.unwrap();
    let there: Vec<_> = cleared
        .left
        .iter()
        .filter(|left| !matches!(left.state, State::Scheduled { .. }))
        .collect();
    assert!(there.is_empty(), "{there:#?}");
    assert!(cleared.removed >= 15, "{cleared:?}");
    other.assert_untouched().await;
    untagged.assert_untouched().await;
    // Nothing of the names that the next lab wants to have is taken.
    apply("mine", "{lab=\"mine\"}", 40).await;
    backends.stop().await;
}
