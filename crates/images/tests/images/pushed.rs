//! Pushing to a real registry.

use std::fs;
use std::sync::Mutex;

use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use rlab_images::{Credentials, Layout, LayoutError, PushError, PushEvent, push};

use crate::registry::{PASSWORD, Registry, credentials};
use crate::support::{hasty, small_layout, unheard};

const MIB: u64 = 1 << 20;

/// Pulls `reference` with nothing but the reference, and compares every byte with the layout.
async fn is_in_the_registry(layout: &Layout, reference: &str) {
    let client = Client::new(ClientConfig {
        protocol: ClientProtocol::Http,
        ..ClientConfig::default()
    });
    let reference: Reference = reference.parse().unwrap();
    let auth = RegistryAuth::Basic("AWS".into(), PASSWORD.into());
    let image = layout.image("small").unwrap();
    let accepted = ["application/vnd.oci.image.manifest.v1+json"];
    let (manifest, digest) = client
        .pull_manifest_raw(&reference, &auth, &accepted)
        .await
        .unwrap();
    assert_eq!(digest, image.digest());
    assert_eq!(manifest, fs::read(layout.path(&image.manifest)).unwrap());
    for blob in image.layers.iter().chain([&image.config]) {
        let mut pulled = Vec::new();
        client
            .pull_blob(&reference, blob.digest.as_str(), &mut pulled)
            .await
            .unwrap();
        assert!(
            pulled == fs::read(layout.path(blob)).unwrap(),
            "{}",
            blob.digest
        );
    }
}

#[tokio::test]
async fn what_was_pushed_is_pulled_by_digest_and_not_sent_twice() {
    let dir = tempfile::tempdir().unwrap();
    let layout = small_layout(dir.path(), 300_000);
    let registry = Registry::start();
    let told = Mutex::new(Vec::new());
    let note = |event| told.lock().unwrap().push(event);
    let repository = registry.repository();
    let login = credentials(PASSWORD);

    let first = push(&layout, "small", &repository, &login, &hasty(), &note)
        .await
        .unwrap();
    let image = layout.image("small").unwrap();
    assert_eq!(first.reference, format!("{repository}@{}", image.digest()));
    assert_eq!((first.blobs_sent, first.bytes_sent), (3, image.bytes()));
    is_in_the_registry(&layout, &first.reference).await;
    let largest = PushEvent::Sending {
        blob: image.layers[1].clone(),
        bytes_done: image.layers[1].bytes,
    };
    assert!(told.lock().unwrap().contains(&largest));

    told.lock().unwrap().clear();
    let second = push(&layout, "small", &repository, &login, &hasty(), &note)
        .await
        .unwrap();
    assert_eq!((second.blobs_sent, second.bytes_sent), (0, 0));
    assert_eq!(second.reference, first.reference);
    let told = told.into_inner().unwrap();
    assert_eq!(told.len(), 3);
    assert!(
        told.iter()
            .all(|event| matches!(event, PushEvent::Present { .. })),
        "{told:?}"
    );
}

#[tokio::test]
async fn wrong_credentials_are_refused_at_once_and_not_shown() {
    let dir = tempfile::tempdir().unwrap();
    let layout = small_layout(dir.path(), 1_000);
    let registry = Registry::start();
    for login in [credentials("very-wrong"), Credentials::Anonymous] {
        let pushed = push(
            &layout,
            "small",
            &registry.repository(),
            &login,
            &hasty(),
            &unheard,
        )
        .await;
        let error = pushed.unwrap_err();
        assert!(
            matches!(error, PushError::Refused { status: 401, .. }),
            "{error}"
        );
        assert!(error.hint().contains("twelve hours"));
        assert!(!format!("{error} {error:?}").contains("very-wrong"));
    }
    assert!(registry.is_empty());
}

#[tokio::test]
async fn a_registry_that_dies_in_the_middle_gets_the_whole_image_when_it_is_back() {
    let dir = tempfile::tempdir().unwrap();
    let layout = small_layout(dir.path(), 48 << 20);
    let registry = Mutex::new(Registry::start());
    let repository = registry.lock().unwrap().repository();
    let (killed_at, retries) = (Mutex::new(None), Mutex::new(Vec::new()));
    let note = |event| match event {
        PushEvent::Sending { bytes_done, .. } if bytes_done >= 8 * MIB => {
            let mut killed_at = killed_at.lock().unwrap();
            if killed_at.is_none() {
                *killed_at = Some(bytes_done);
                registry.lock().unwrap().kill();
            }
        }
        PushEvent::Retrying { attempts, why, .. } => {
            retries.lock().unwrap().push(why);
            if attempts == 2 {
                registry.lock().unwrap().start_again();
            }
        }
        _ => {}
    };
    let pushed = push(
        &layout,
        "small",
        &repository,
        &credentials(PASSWORD),
        &hasty(),
        &note,
    )
    .await;
    let pushed = pushed.unwrap();
    let killed_at = killed_at.into_inner().unwrap().unwrap();
    assert!(killed_at < 40 * MIB, "killed only after {killed_at} bytes");
    assert_eq!(retries.into_inner().unwrap().len(), 2);
    assert_eq!(pushed.blobs_sent, 3);
    is_in_the_registry(&layout, &pushed.reference).await;
}

#[tokio::test]
async fn a_registry_that_stays_away_ends_the_push_after_bounded_attempts() {
    let dir = tempfile::tempdir().unwrap();
    let layout = small_layout(dir.path(), 1_000);
    let mut registry = Registry::start();
    registry.kill();
    let (repository, host) = (registry.repository(), registry.host());
    let retries = Mutex::new(0);
    let note = |event| {
        if matches!(event, PushEvent::Retrying { .. }) {
            *retries.lock().unwrap() += 1;
        }
    };
    let pushed = push(
        &layout,
        "small",
        &repository,
        &credentials(PASSWORD),
        &hasty(),
        &note,
    )
    .await;
    let error = pushed.unwrap_err();
    assert!(
        matches!(&error, PushError::NoNetwork { registry, attempts: 5, .. } if *registry == host),
        "{error}"
    );
    assert_eq!(retries.into_inner().unwrap(), 4);
}

#[tokio::test]
async fn a_blob_that_was_corrupted_is_refused_before_anything_is_sent() {
    let dir = tempfile::tempdir().unwrap();
    let layout = small_layout(dir.path(), 1_000);
    let registry = Registry::start();
    let path = layout.path(&layout.images()[0].layers[1]);
    let mut data = fs::read(&path).unwrap();
    let middle = data.len() / 2;
    data[middle] ^= 1;
    fs::write(&path, data).unwrap();
    let told = Mutex::new(0);
    let note = |_| *told.lock().unwrap() += 1;
    let pushed = push(
        &layout,
        "small",
        &registry.repository(),
        &credentials(PASSWORD),
        &hasty(),
        &note,
    )
    .await;
    let error = pushed.unwrap_err();
    assert!(
        matches!(&error, PushError::Layout(LayoutError::Corrupted { path: at, .. }) if *at == path),
        "{error}"
    );
    assert_eq!(told.into_inner().unwrap(), 0);
    assert!(registry.is_empty());
}
