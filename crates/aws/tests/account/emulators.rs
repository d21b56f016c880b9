//! The same against real emulators. Ignored unless asked for:
//! `cargo test -p rlab-aws --test account -- --ignored emulators`.

use std::fs;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use rlab_aws::account::{Limit, Need, Room, State, Tagged};

use crate::{ACCOUNT, REGION, SECRET, Stage, backends};

async fn sdk(stage: &Stage) -> SdkConfig {
    let keys = Credentials::new(ACCOUNT, SECRET, None, None, "test");
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(stage.front.url())
        .credentials_provider(keys)
        .load()
        .await
}

#[tokio::test]
#[ignore = "installs the emulators from the Python package index"]
async fn what_is_made_is_found_stored_fetched_and_seen_to_go() {
    let scratch = tempfile::tempdir().unwrap();
    let backends = backends::start(scratch.path()).await;
    let stage = Stage::over(backends.upstreams()).await;
    let account = stage.connect().await.unwrap();
    let sdk = sdk(&stage).await;

    let s3 = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true);
    let s3 = aws_sdk_s3::Client::from_conf(s3.build());
    assert_eq!(account.state_bucket("rlab-state").await.unwrap(), None);
    let here = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::from(REGION))
        .build();
    let create = s3.create_bucket().bucket("rlab-state");
    create
        .create_bucket_configuration(here)
        .send()
        .await
        .unwrap();
    assert!(account.state_bucket("rlab-state").await.unwrap().is_some());
    let run = scratch.path().join("run");
    fs::create_dir_all(run.join("measurements")).unwrap();
    fs::write(run.join("measurements/a b.csv"), "x".repeat(3 << 20)).unwrap();
    fs::write(run.join("SHA256SUMS"), "sums").unwrap();
    let stored = account
        .put_dir("rlab-state", "runs/1", &run, "SHA256SUMS")
        .await
        .unwrap();
    let to = scratch.path().join("fetched");
    let fetched = account.fetch("rlab-state", "runs/1", &to).await.unwrap();
    assert_eq!((fetched.files, fetched.bytes), (stored.files, stored.bytes));
    assert_eq!(fs::read(to.join("SHA256SUMS")).unwrap(), b"sums");

    let kms = aws_sdk_kms::Client::new(&sdk);
    let tag = aws_sdk_kms::types::Tag::builder()
        .tag_key("lab")
        .tag_value("mine");
    let key = kms
        .create_key()
        .tags(tag.build().unwrap())
        .send()
        .await
        .unwrap();
    let key = key.key_metadata().unwrap().arn().unwrap().to_owned();
    let tag = aws_sdk_secretsmanager::types::Tag::builder()
        .key("lab")
        .value("mine");
    let secrets = aws_sdk_secretsmanager::Client::new(&sdk);
    let made = secrets
        .create_secret()
        .name("rlab-mine")
        .secret_string("{}");
    let made = made.tags(tag.build()).send().await.unwrap();
    let secret = made.arn().unwrap().to_owned();
    account.put_secret(&secret, "{\"a\":1}").await.unwrap();
    let value = secrets
        .get_secret_value()
        .secret_id(&secret)
        .send()
        .await
        .unwrap();
    assert_eq!(value.secret_string(), Some("{\"a\":1}"));

    let found = account.tagged("mine").await.unwrap();
    assert!(found.iter().any(|tagged| tagged.arn == key), "{found:?}");
    assert!(found.iter().any(|tagged| tagged.arn == secret), "{found:?}");
    let seen = account.still_there(found).await;
    let there = |state: &State| matches!(state, State::There { .. });
    assert!(
        seen.iter().all(|residual| there(&residual.state)),
        "{seen:?}"
    );
    kms.schedule_key_deletion()
        .key_id(&key)
        .pending_window_in_days(7)
        .send()
        .await
        .unwrap();
    let key = Tagged {
        arn: key,
        service: "kms".to_owned(),
        kind: "key".to_owned(),
    };
    let seen = account.still_there(vec![key]).await;
    let scheduled = matches!(&seen[0].state, State::Scheduled { until: Some(_), .. });
    assert!(scheduled, "{seen:?}");

    let login = account.registry_login().await.unwrap();
    assert_eq!(login.user, "AWS");
    assert!(!format!("{login:?}").contains(login.password()));
    let limit = Limit::CacheNodes;
    let rooms = account.quotas(&[Need { limit, count: 2.0 }]).await.unwrap();
    assert_ne!(rooms[0].room, Room::Short);
    backends.stop().await;
}
