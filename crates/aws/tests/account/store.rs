//! Buckets: what is stored comes back whole or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};

use rlab_aws::account::{Account, AccountError};
use serde_json::json;

use crate::stub::{Answer, Asked};
use crate::{Scratch, direct};

/// An object and the SHA-256 that it was stored with.
type Objects = Arc<Mutex<BTreeMap<String, (Vec<u8>, Option<String>)>>>;

struct Bucket {
    account: Account,
    scratch: Scratch,
    objects: Objects,
    order: Arc<Mutex<Vec<String>>>,
}

impl Bucket {
    /// A bucket in memory; `harm` has its way with each object that is handed out.
    async fn open(harm: fn(&mut Vec<u8>)) -> Self {
        let objects = Objects::default();
        let order = Arc::new(Mutex::new(Vec::new()));
        let (held, put) = (Arc::clone(&objects), Arc::clone(&order));
        let (account, scratch) = direct(move |asked| answer(&held, &put, harm, asked)).await;
        Self {
            account,
            scratch,
            objects,
            order,
        }
    }

    fn hold(&self, key: &str, text: &str) {
        let object = (text.as_bytes().to_vec(), None);
        self.objects.lock().unwrap().insert(key.to_owned(), object);
    }

    async fn refused(&self, prefix: &str) -> AccountError {
        let to = self.scratch.0.path().join("fetched");
        let error = self.account.fetch("b", prefix, &to).await.unwrap_err();
        let left: Vec<_> = fs::read_dir(self.scratch.0.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "only the journal is there: {left:?}");
        error
    }
}

fn answer(
    objects: &Objects,
    order: &Mutex<Vec<String>>,
    harm: fn(&mut Vec<u8>),
    asked: &Asked,
) -> Answer {
    let mut objects = objects.lock().unwrap();
    let (method, path) = asked.action.split_once(' ').unwrap();
    let key = path.strip_prefix("/b").unwrap().trim_start_matches('/');
    match (method, key) {
        ("GET", "") => {
            let prefix = asked
                .query
                .split('&')
                .find_map(|p| p.strip_prefix("prefix="));
            let prefix = prefix.unwrap_or_default().replace("%2F", "/");
            let listed = objects.iter().filter(|(key, _)| key.starts_with(&prefix));
            let listed = listed.map(|(key, (bytes, _))| {
                let size = bytes.len();
                format!("<Contents><Key>{key}</Key><Size>{size}</Size></Contents>")
            });
            let listed: String = listed.collect();
            Answer::xml(&format!(
                "<ListBucketResult><IsTruncated>false</IsTruncated>{listed}</ListBucketResult>"
            ))
        }
        ("GET", key) => {
            let (mut bytes, sum) = objects[key].clone();
            harm(&mut bytes);
            let answer = Answer::status(200, bytes);
            match sum {
                Some(sum) => answer.with("x-amz-checksum-sha256", sum),
                None => answer,
            }
        }
        ("PUT", key) => {
            let sum = asked.headers.get("x-amz-checksum-sha256").unwrap();
            let sum = sum.to_str().unwrap().to_owned();
            order.lock().unwrap().push(key.to_owned());
            objects.insert(key.to_owned(), (asked.body.to_vec(), Some(sum)));
            Answer::status(200, "")
        }
        _ => Answer::status(405, ""),
    }
}

fn nothing(_: &mut Vec<u8>) {}

fn run(below: &Scratch) -> std::path::PathBuf {
    let dir = below.0.path().join("run");
    fs::create_dir_all(dir.join("measurements")).unwrap();
    fs::write(dir.join("measurements/isr.csv"), "at,isr\n").unwrap();
    fs::write(dir.join("SHA256SUMS"), "sums").unwrap();
    fs::write(dir.join("verdict.json"), "{}").unwrap();
    fs::write(dir.join("empty"), "").unwrap();
    dir
}

#[tokio::test]
async fn a_directory_that_was_stored_comes_back_and_its_seal_was_stored_last() {
    let bucket = Bucket::open(nothing).await;
    let dir = run(&bucket.scratch);
    let account = &bucket.account;
    let stored = account
        .put_dir("b", "runs/1", &dir, "SHA256SUMS")
        .await
        .unwrap();
    assert_eq!((stored.files, stored.bytes), (4, 13));
    let order = bucket.order.lock().unwrap().clone();
    assert_eq!(order.last().map(String::as_str), Some("runs/1/SHA256SUMS"));
    bucket.hold("runs/10/verdict.json", "another run's");
    let to = bucket.scratch.0.path().join("fetched");
    let fetched = account.fetch("b", "runs/1", &to).await.unwrap();
    assert_eq!((fetched.files, fetched.bytes), (4, 13));
    assert!(fetched.unchecked.is_empty());
    for file in [
        "measurements/isr.csv",
        "SHA256SUMS",
        "verdict.json",
        "empty",
    ] {
        assert_eq!(
            fs::read(to.join(file)).unwrap(),
            fs::read(dir.join(file)).unwrap()
        );
    }
}

#[tokio::test]
async fn a_key_that_leads_elsewhere_is_refused_before_anything_is_fetched() {
    for key in [
        "runs/1/../../../tmp/evil",
        "runs/1//etc/passwd",
        "runs/1/a/./b",
    ] {
        let bucket = Bucket::open(nothing).await;
        bucket.hold("runs/1/a", "fine");
        bucket.hold(key, "evil");
        let error = bucket.refused("runs/1").await;
        let told = matches!(&error, AccountError::UnsafeKey { key: told, .. } if told == key);
        assert!(told, "{error}");
        let asked = bucket.scratch.lines("GetObject");
        assert!(asked.is_empty(), "{asked:?}");
    }
}

#[tokio::test]
async fn what_arrives_changed_is_not_kept() {
    let bucket = Bucket::open(|bytes| {
        if let Some(byte) = bytes.first_mut() {
            *byte ^= 1;
        }
    })
    .await;
    let (dir, elsewhere) = (Scratch::new(), &bucket.account);
    elsewhere
        .put_file("b", "runs/1/a", &run(&dir).join("verdict.json"))
        .await
        .unwrap();
    let error = bucket.refused("runs/1").await;
    assert!(matches!(error, AccountError::Damaged { .. }), "{error}");
    // As often as a call is tried.
    assert_eq!(bucket.scratch.lines("GetObject").len(), 3);
}

#[tokio::test]
async fn what_arrives_short_is_not_kept_though_nobody_knows_its_checksum() {
    let bucket = Bucket::open(|bytes| bytes.truncate(2)).await;
    bucket.hold("runs/1/a", "whole");
    let error = bucket.refused("runs/1").await;
    assert!(error.to_string().contains("2 bytes of 5"), "{error}");
}

#[tokio::test]
async fn files_without_a_checksum_are_named() {
    let bucket = Bucket::open(nothing).await;
    bucket.hold("runs/1/a", "whole");
    let to = bucket.scratch.0.path().join("fetched");
    let fetched = bucket.account.fetch("b", "/runs/1/", &to).await.unwrap();
    assert_eq!(fetched.unchecked, [std::path::PathBuf::from("a")]);
    let again = bucket.account.fetch("b", "runs/1", &to).await.unwrap_err();
    assert!(
        matches!(again, AccountError::Io { .. }),
        "what is there is not overwritten: {again}"
    );
}

#[tokio::test]
async fn nothing_under_a_prefix_is_not_a_success() {
    let bucket = Bucket::open(nothing).await;
    let error = bucket.refused("runs/1").await;
    assert!(
        matches!(error, AccountError::NothingStored { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_link_is_not_stored() {
    let bucket = Bucket::open(nothing).await;
    let dir = run(&bucket.scratch);
    std::os::unix::fs::symlink("/etc/passwd", dir.join("link")).unwrap();
    let stored = bucket.account.put_dir("b", "r", &dir, "SHA256SUMS").await;
    assert!(matches!(stored, Err(AccountError::Unfit { .. })));
    assert!(bucket.objects.lock().unwrap().is_empty());
}

async fn head(status: u16, region: Option<&'static str>) -> Result<bool, AccountError> {
    let (account, _scratch) = direct(move |asked| {
        assert_eq!(asked.action, "HEAD /b/");
        assert_eq!(asked.headers["x-amz-expected-bucket-owner"], crate::ACCOUNT);
        let answer = Answer::status(status, "");
        match region {
            Some(region) => answer.with("x-amz-bucket-region", region),
            None => answer,
        }
    })
    .await;
    let found = account.step("find the state").state_bucket("b").await;
    found.map(|bucket| bucket.is_some())
}

#[tokio::test]
async fn a_bucket_is_ours_or_not_there_or_it_is_said_why_it_cannot_be_used() {
    assert!(head(200, Some("eu-west-1")).await.unwrap());
    assert!(!head(404, None).await.unwrap());
    let elsewhere = head(301, Some("us-east-1")).await.unwrap_err();
    assert_eq!(
        elsewhere.to_string(),
        "bucket b is in region us-east-1, not in eu-west-1"
    );
    let refused = head(403, Some("eu-west-1")).await.unwrap_err();
    assert!(matches!(refused, AccountError::BucketRefused { .. }));
    assert_eq!(refused.step(), Some("find the state"));
    let policy = refused.policy().unwrap();
    let statement = json!({
        "Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::b"]
    });
    assert_eq!(policy["Statement"][0], statement);
}
