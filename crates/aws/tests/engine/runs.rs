//! Runs that nobody disturbs.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use rlab_aws::intent::Intent;
use rlab_aws::progress::{Durations, Eta, Remaining};
use rlab_aws::terraform::{
    Action, Backend, Event, Stage, Stop, Terraform, TerraformError, Workdir,
};
use serde::Deserialize;

use crate::lab::{Lab, PASSWORD, RESOURCES, Seen, plan, record, resources};

#[derive(Deserialize)]
struct Outputs {
    size: String,
    password: String,
}

#[tokio::test]
async fn a_lab_is_planned_applied_read_and_removed() {
    let Lab { workdir, home } = Lab::new(0.05).await;
    let stop = Stop::default();
    let made = plan(&workdir).await;
    assert!(made.differs);
    assert_eq!(made.count(Action::Create), 6);
    let seen = Seen::default();
    let intent = record(&workdir);
    let applied = workdir
        .apply(&made, &intent, &|e| seen.note(e), &stop)
        .await
        .unwrap();
    assert_eq!((applied.summary.add, applied.summary.remove), (6, 0));
    let complete = |e: &&Event| matches!(e, Event::Apply(w) if w.stage == Stage::Complete);
    assert_eq!(seen.all().iter().filter(complete).count(), 6);
    assert_eq!(resources(&workdir).await, RESOURCES);
    assert!(!workdir.differs(&stop).await.unwrap());
    let outputs: Outputs = workdir.outputs(&stop).await.unwrap();
    assert_eq!(
        (outputs.size.as_str(), outputs.password.as_str()),
        ("small", PASSWORD)
    );

    let destroyed = workdir.destroy(&|_| {}, &stop).await.unwrap();
    assert_eq!(destroyed.summary.remove, 6);
    intent.remove(&destroyed).unwrap();
    assert_eq!(Intent::find(workdir.dir()).unwrap(), None);
    assert!(resources(&workdir).await.is_empty());
    let checkout: Vec<_> = std::fs::read_dir(home.path().join("root"))
        .unwrap()
        .collect();
    assert_eq!(checkout.len(), 1, "only main.tf: {checkout:?}");
}

#[tokio::test]
async fn no_password_is_seen_and_files_are_for_their_owner() {
    let Lab {
        workdir,
        home: _home,
    } = Lab::new(0.0).await;
    let seen = Seen::default();
    let stop = Stop::default();
    let made = workdir.plan(&|e| seen.note(e), &stop).await.unwrap();
    workdir
        .apply(&made, &record(&workdir), &|e| seen.note(e), &stop)
        .await
        .unwrap();
    let said = format!("{:?} {made:?} {}", seen.all(), made.shown());
    assert!(said.len() > 1_000 && !said.contains(PASSWORD));
    assert!(
        made.raw.to_string().contains(PASSWORD),
        "the mask has something to hide"
    );
    let mode = |p: &std::path::Path| p.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(workdir.dir()), 0o700);
    assert_eq!(mode(&workdir.dir().join("terraform.tfvars.json")), 0o600);
    for run in std::fs::read_dir(workdir.dir().join("runs"))
        .unwrap()
        .flatten()
    {
        assert_eq!(mode(&run.path()), 0o600);
        let text = std::fs::read_to_string(run.path()).unwrap();
        assert!(!text.contains(PASSWORD), "{:?}", run.path());
    }
    drop(made);
    let plans = std::fs::read_dir(workdir.dir().join("plans")).unwrap();
    assert_eq!(
        plans.count(),
        0,
        "a plan holds passwords and goes with its owner"
    );
}

#[tokio::test]
async fn the_estimate_follows_the_real_graph_to_its_end() {
    let Lab {
        workdir,
        home: _home,
    } = Lab::new(0.0).await;
    let made = plan(&workdir).await;
    let four_in_a_row = r#"
        schema = "rlab/aws-durations/v1"
        dated = 2026-01-01
        [unlisted]
        create = [1, 2]
        destroy = [1, 2]
        [types]
    "#;
    let durations = Durations::parse(four_in_a_row).unwrap();
    let mut eta = Eta::of_apply(&made, &durations);
    let Remaining::Between(span) = eta.remaining(Duration::ZERO) else {
        panic!("not a span");
    };
    assert_eq!((span.low.as_secs(), span.high.as_secs()), (240, 480));
    let seen = Seen::default();
    let intent = record(&workdir);
    workdir
        .apply(&made, &intent, &|e| seen.note(e), &Stop::default())
        .await
        .unwrap();
    for event in seen.all() {
        eta.observe(&event, Duration::from_secs(1));
    }
    assert_eq!(
        (eta.done(), eta.remaining(Duration::from_secs(1))),
        ((6, 6), Remaining::Nothing)
    );
}

#[tokio::test]
async fn nothing_is_applied_that_is_not_on_record() {
    let Lab { workdir, home } = Lab::new(0.0).await;
    let made = plan(&workdir).await;
    let stop = Stop::default();
    let intent = record(&workdir);
    std::fs::remove_file(workdir.dir().join("intent.json")).unwrap();
    let gone = workdir
        .apply(&made, &intent, &|_| {}, &stop)
        .await
        .unwrap_err();
    let root = workdir.root();
    let elsewhere = Intent::new(
        "engine",
        "111122223333",
        "eu-central-1",
        root,
        intent.intent().expires_at,
    );
    let elsewhere = elsewhere.record(home.path()).unwrap();
    let other = workdir
        .apply(&made, &elsewhere, &|_| {}, &stop)
        .await
        .unwrap_err();
    for error in [gone, other] {
        assert!(matches!(error, TerraformError::Unrecorded(_)), "{error}");
    }
    assert!(resources(&workdir).await.is_empty());
}

#[tokio::test]
async fn a_mistake_in_the_configuration_is_told_with_its_place() {
    let Lab { workdir, home } = Lab::new(0.0).await;
    let more = "resource \"terraform_data\" \"wrong\" {\n  input = var.nowhere\n}\n";
    std::fs::write(home.path().join("root/wrong.tf"), more).unwrap();
    let error = workdir.plan(&|_| {}, &Stop::default()).await.unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains("Reference to undeclared input variable"),
        "{said}"
    );
    assert!(said.contains("(wrong.tf:2)"), "{said}");
}

#[tokio::test]
async fn a_root_without_the_backend_is_refused_before_a_state_lands_in_it() {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("root");
    std::fs::create_dir(&root).unwrap();
    let terraform = Terraform::find().await.unwrap();
    let open = |t| Workdir::open(t, &root, &home.path().join("lab"), Backend::Local);
    assert!(matches!(
        open(terraform.clone()),
        Err(TerraformError::NoRoot(_))
    ));
    std::fs::write(
        root.join("main.tf"),
        "resource \"terraform_data\" \"a\" {}\n",
    )
    .unwrap();
    let workdir = open(terraform).unwrap();
    let error = workdir.init(&|_| {}, &Stop::default()).await.unwrap_err();
    assert!(
        matches!(error, TerraformError::WrongBackend { .. }),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("backend \"local\""));
}

#[tokio::test]
async fn an_old_terraform_is_refused_with_what_is_needed() {
    let home = tempfile::tempdir().unwrap();
    let fake = home.path().join("terraform");
    std::fs::write(
        &fake,
        "#!/bin/sh\necho '{\"terraform_version\":\"1.9.8\"}'\n",
    )
    .unwrap();
    std::fs::set_permissions(&fake, std::fs::Permissions::from_mode(0o755)).unwrap();
    let error = Terraform::at(&fake).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("terraform 1.9.8; 1.11.0 or newer"),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("1.11.0"));
}

#[tokio::test]
async fn what_is_missing_is_told_at_once_with_one_policy_for_all_of_it() {
    let Lab { workdir, home } = Lab::new(0.0).await;
    let refuse = |name: &str, words: &str| {
        format!(
            "resource \"terraform_data\" \"{name}\" {{\n  lifecycle {{\n    precondition {{\n      \
             condition     = var.size == \"none\"\n      error_message = \"{words}\"\n    }}\n  }}\n}}\n"
        )
    };
    let refused = [
        refuse(
            "kafka",
            "User: u is not authorized to perform: kafka:CreateCluster on resource: *.",
        ),
        refuse(
            "topic",
            "User: u is not authorized to perform: kafka:CreateCluster on resource: *.",
        ),
        refuse(
            "mysql",
            "User: u is not authorized to perform: rds:CreateDBInstance on resource: arn:aws:rds:eu-west-1:111122223333:db:lab.",
        ),
        refuse(
            "vpc",
            "VpcLimitExceeded: The maximum number of VPCs has been reached.",
        ),
    ];
    std::fs::write(home.path().join("root/refused.tf"), refused.concat()).unwrap();
    let error = workdir.plan(&|_| {}, &Stop::default()).await.unwrap_err();
    let said = error.to_string();
    for line in [4, 12, 20, 28] {
        assert!(said.contains(&format!("(refused.tf:{line})")), "{said}");
    }
    let hint = error.hint().unwrap();
    assert_eq!(
        hint.matches("kafka:CreateCluster").count(),
        1,
        "said once: {hint}"
    );
    assert!(hint.contains("--service-code vpc"), "{hint}");
    let TerraformError::Failed(failed) = error else {
        panic!("{said}");
    };
    let policy = failed.policy().unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let mut actions: Vec<&str> = statements
        .iter()
        .filter_map(|s| s["Action"][0].as_str())
        .collect();
    actions.sort_unstable();
    assert_eq!(actions, ["kafka:CreateCluster", "rds:CreateDBInstance"]);
}
