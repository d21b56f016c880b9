//! Ctrl-C, once and twice.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rlab_aws::terraform::{Event, Limits, Stage, Stop, TerraformError};
use tokio_util::sync::CancellationToken;

use crate::lab::{Lab, RESOURCES, plan, record, resources};

/// Says yes once, when the second resource is being made.
fn second_start(event: &Event, begun: &AtomicBool) -> bool {
    let started = matches!(event, Event::Apply(w) if w.stage == Stage::Start);
    started && begun.swap(true, Ordering::SeqCst)
}

#[tokio::test]
async fn a_cancelled_apply_keeps_what_is_done_and_the_next_one_completes() {
    let Lab {
        workdir,
        home: _home,
    } = Lab::new(0.3).await;
    let (token, begun) = (CancellationToken::new(), AtomicBool::new(false));
    let made = plan(&workdir).await;
    let intent = record(&workdir);
    let on = |event: Event| {
        if second_start(&event, &begun) {
            token.cancel();
        }
    };
    let stop = Stop::from(token.clone());
    let error = workdir.apply(&made, &intent, &on, &stop).await.unwrap_err();
    assert!(
        matches!(error, TerraformError::Interrupted { killed: false, .. }),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("same command again"));
    let kept = resources(&workdir).await;
    assert!(
        kept.contains(&"net".to_owned()) && kept.len() < RESOURCES.len(),
        "{kept:?}"
    );
    assert!(workdir.found().unwrap().running.is_none());

    let rest = plan(&workdir).await;
    workdir
        .apply(&rest, &intent, &|_| {}, &Stop::default())
        .await
        .unwrap();
    assert_eq!(resources(&workdir).await, RESOURCES);
}

#[tokio::test]
async fn a_second_interrupt_kills_everything_and_destroy_still_clears() {
    let Lab {
        workdir,
        home: _home,
    } = Lab::new(30.0).await;
    let stop = Stop::default();
    let made = plan(&workdir).await;
    let intent = record(&workdir);
    let on = |event: Event| {
        if matches!(
            &event,
            Event::Provision {
                stage: Stage::Start,
                ..
            }
        ) {
            stop.interrupt();
            stop.interrupt();
        }
    };
    let error = workdir.apply(&made, &intent, &on, &stop).await.unwrap_err();
    assert!(
        matches!(error, TerraformError::Interrupted { killed: true, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("by force"));
    let found = workdir.found().unwrap();
    assert!(found.running.is_none() && found.stale_lock().is_some());
    let under_way: Vec<&str> = found.under_way.iter().map(|r| r.address.as_str()).collect();
    assert_eq!(
        under_way,
        ["terraform_data.net"],
        "AWS may hold it without the state knowing"
    );
    assert!(error.hint().unwrap().contains("tags"));
    let destroyed = workdir.destroy(&|_| {}, &Stop::default()).await.unwrap();
    assert!(!workdir.found().unwrap().interrupted());
    intent.remove(&destroyed).unwrap();
}

#[tokio::test]
async fn an_apply_that_takes_too_long_is_stopped_and_says_so() {
    let Lab {
        mut workdir,
        home: _home,
    } = Lab::new(30.0).await;
    let made = plan(&workdir).await;
    workdir.set_limits(Limits {
        apply: Duration::from_millis(500),
        ..Limits::default()
    });
    let intent = record(&workdir);
    let error = workdir
        .apply(&made, &intent, &|_| {}, &Stop::default())
        .await
        .unwrap_err();
    assert!(
        matches!(error, TerraformError::TimedOut { killed: false, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_dropped_apply_is_asked_to_stop() {
    let Lab {
        workdir,
        home: _home,
    } = Lab::new(30.0).await;
    let made = plan(&workdir).await;
    let intent = record(&workdir);
    let begun = CancellationToken::new();
    let on = |event: Event| {
        if matches!(
            &event,
            Event::Provision {
                stage: Stage::Start,
                ..
            }
        ) {
            begun.cancel();
        }
    };
    let stop = Stop::default();
    tokio::select! {
        result = workdir.apply(&made, &intent, &on, &stop) => panic!("ended by itself: {result:?}"),
        () = begun.cancelled() => {}
    }
    workdir.follow(&|_| {}, &Stop::default()).await.unwrap();
    assert_eq!(
        resources(&workdir).await,
        ["net"],
        "the state was written on the way out"
    );
}

#[tokio::test]
async fn a_killed_destroy_is_finished_by_the_next() {
    let Lab {
        workdir,
        home: _home,
    } = Lab::new(0.0).await;
    let made = plan(&workdir).await;
    let intent = record(&workdir);
    workdir
        .apply(&made, &intent, &|_| {}, &Stop::default())
        .await
        .unwrap();
    let (stop, begun) = (Stop::default(), AtomicBool::new(false));
    let on = |event: Event| {
        if second_start(&event, &begun) {
            stop.interrupt();
            stop.interrupt();
        }
    };
    let error = workdir.destroy(&on, &stop).await.unwrap_err();
    assert!(
        matches!(error, TerraformError::Interrupted { killed: true, .. }),
        "{error}"
    );
    assert!(!resources(&workdir).await.is_empty());
    let destroyed = workdir.destroy(&|_| {}, &Stop::default()).await.unwrap();
    intent.remove(&destroyed).unwrap();
}
