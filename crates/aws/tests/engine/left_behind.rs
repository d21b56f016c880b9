//! What the next process finds of one that lives, or died.

use rlab_aws::terraform::{Cause, Event, Stage, Stop, TerraformError};

use crate::lab::{Lab, RESOURCES, open, plan, record};

#[tokio::test]
async fn a_second_process_is_told_who_works_and_can_watch() {
    let Lab { workdir, home } = Lab::new(0.3).await;
    let other = open(home.path()).await;
    let made = plan(&workdir).await;
    let intent = record(&workdir);
    let (begun, first) = tokio::sync::oneshot::channel();
    let begun = std::sync::Mutex::new(Some(begun));
    let on = |event: Event| {
        if matches!(&event, Event::Apply(w) if w.stage == Stage::Start)
            && let Some(begun) = begun.lock().unwrap().take()
        {
            begun.send(()).unwrap();
        }
    };
    let stop = Stop::default();
    let apply = workdir.apply(&made, &intent, &on, &stop);
    let watch = async {
        first.await.unwrap();
        let error = other.plan(&|_| {}, &Stop::default()).await.unwrap_err();
        let TerraformError::Busy { pid, verb } = &error else {
            panic!("{error}");
        };
        let running = other.found().unwrap().running.unwrap();
        assert_eq!((pid, verb.as_str()), (&running.pid, "apply"));
        assert!(error.hint().unwrap().contains(&pid.to_string()));
        let seen = crate::lab::Seen::default();
        other
            .follow(&|e| seen.note(e), &Stop::default())
            .await
            .unwrap();
        seen.all()
    };
    let (applied, watched) = tokio::join!(apply, watch);
    applied.unwrap();
    let complete = |e: &&Event| matches!(e, Event::Apply(w) if w.stage == Stage::Complete);
    assert_eq!(watched.iter().filter(complete).count(), RESOURCES.len());
}

#[tokio::test]
async fn a_lock_held_by_somebody_else_is_told_with_who_and_how_to_unlock() {
    let Lab { workdir, home } = Lab::new(0.3).await;
    // Another directory on the same state: as if on another machine.
    let mut theirs = rlab_aws::terraform::Workdir::open(
        rlab_aws::terraform::Terraform::find().await.unwrap(),
        workdir.root(),
        &home.path().join("elsewhere"),
        rlab_aws::terraform::Backend::Remote {
            kind: "local".into(),
            settings: [(
                "path".into(),
                home.path().join("lab/terraform.tfstate").to_str().into(),
            )]
            .into_iter()
            .collect(),
        },
    )
    .unwrap();
    theirs.set_env("TF_CLI_CONFIG_FILE", "/dev/null");
    let variables = std::fs::read(workdir.dir().join("terraform.tfvars.json")).unwrap();
    theirs
        .set_variables(&serde_json::from_slice(&variables).unwrap(), &["password"])
        .unwrap();
    theirs.set_limits(rlab_aws::terraform::Limits {
        lock_s: 0,
        ..Default::default()
    });
    theirs.init(&|_| {}, &Stop::default()).await.unwrap();
    let made = plan(&workdir).await;
    let intent = record(&workdir);
    let (begun, first) = tokio::sync::oneshot::channel();
    let begun = std::sync::Mutex::new(Some(begun));
    let on = |event: Event| {
        if matches!(&event, Event::Apply(w) if w.stage == Stage::Start)
            && let Some(begun) = begun.lock().unwrap().take()
        {
            begun.send(()).unwrap();
        }
    };
    let stop = Stop::default();
    let apply = workdir.apply(&made, &intent, &on, &stop);
    let refused = async {
        first.await.unwrap();
        theirs.plan(&|_| {}, &Stop::default()).await.unwrap_err()
    };
    let (applied, error) = tokio::join!(apply, refused);
    applied.unwrap();
    let Some(Cause::Locked(Some(lock))) = error.causes().first() else {
        panic!("{error}");
    };
    assert!(
        lock.who.contains('@') && lock.operation_word() == "apply",
        "{lock:?}"
    );
    let hint = error.hint().unwrap();
    assert!(
        hint.contains(&format!("force-unlock {}", lock.id)),
        "{hint}"
    );
}

#[tokio::test]
async fn a_saved_plan_that_was_overtaken_is_not_applied() {
    let Lab {
        workdir,
        home: _home,
    } = Lab::new(0.0).await;
    let (first, second) = (plan(&workdir).await, plan(&workdir).await);
    let intent = record(&workdir);
    let stop = Stop::default();
    workdir
        .apply(&first, &intent, &|_| {}, &stop)
        .await
        .unwrap();
    let error = workdir
        .apply(&second, &intent, &|_| {}, &stop)
        .await
        .unwrap_err();
    assert_eq!(error.causes(), [&Cause::StalePlan], "{error}");
}
