//! A backend that refuses the state at the end of an apply, as S3 does when credentials ran out meanwhile.

use std::sync::{Arc, Mutex};

use rlab_aws::terraform::{Backend, Cause, Stop, Terraform, TerraformError, Workdir};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::lab::{RESOURCES, open_with, plan, record, resources, write_root};

/// Keeps a state for terraform's `http` backend, if it wants to.
#[derive(Default)]
struct Store {
    state: Vec<u8>,
    refuses: bool,
}

async fn serve(store: Arc<Mutex<Store>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/state", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, Arc::clone(&store)));
        }
    });
    address
}

/// One question a connection.
async fn answer(stream: TcpStream, store: Arc<Mutex<Store>>) {
    let mut stream = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    while stream.read_line(&mut head).await.unwrap() > 2 {
        let line = head.lines().next_back().unwrap().to_lowercase();
        if let Some(told) = line.strip_prefix("content-length:") {
            length = told.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    let (status, body) = {
        let mut store = store.lock().unwrap();
        match (head.starts_with("POST"), store.refuses) {
            (true, true) => ("403 Forbidden", Vec::new()),
            (true, false) => {
                store.state = body;
                ("200 OK", Vec::new())
            }
            (false, _) if store.state.is_empty() => ("404 Not Found", Vec::new()),
            (false, _) => ("200 OK", store.state.clone()),
        }
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
}

async fn lab(home: &std::path::Path, store: &Arc<Mutex<Store>>) -> Workdir {
    write_root(&home.join("root"), 0.0);
    let main = home.join("root/main.tf");
    let text = std::fs::read_to_string(&main).unwrap();
    std::fs::write(&main, text.replace("backend \"local\"", "backend \"http\"")).unwrap();
    let settings = json!({ "address": serve(Arc::clone(store)).await, "retry_max": 0 });
    let backend = Backend::Remote {
        kind: "http".into(),
        settings: settings.as_object().unwrap().clone(),
    };
    let workdir = open_with(home, backend).await;
    workdir.init(&|_| {}, &Stop::default()).await.unwrap();
    workdir
}

#[tokio::test]
async fn a_state_that_was_refused_is_taken_out_of_the_checkout_and_stored_before_the_next_plan() {
    let (home, store) = (
        tempfile::tempdir().unwrap(),
        Arc::new(Mutex::new(Store::default())),
    );
    let workdir = lab(home.path(), &store).await;
    let made = plan(&workdir).await;
    let intent = record(&workdir);
    store.lock().unwrap().refuses = true;
    let error = workdir
        .apply(&made, &intent, &|_| {}, &Stop::default())
        .await
        .unwrap_err();
    assert!(error.causes().contains(&&Cause::Unstored), "{error}");
    assert!(error.hint().unwrap().contains("nothing is lost"));
    let checkout = std::fs::read_dir(home.path().join("root")).unwrap();
    assert_eq!(checkout.count(), 1, "only main.tf");
    let found = workdir.found().unwrap();
    assert!(found.interrupted() && found.unstored_state.is_some());
    assert!(
        resources(&workdir).await.is_empty(),
        "the backend knows nothing"
    );

    let refused = workdir.plan(&|_| {}, &Stop::default()).await.unwrap_err();
    assert!(
        matches!(refused, TerraformError::Failed(_)),
        "nothing is decided by an older state"
    );
    store.lock().unwrap().refuses = false;
    assert!(
        !plan(&workdir).await.differs,
        "what was made is known again"
    );
    assert_eq!(resources(&workdir).await, RESOURCES);
    assert_eq!(workdir.found().unwrap().unstored_state, None);
    let destroyed = workdir.destroy(&|_| {}, &Stop::default()).await.unwrap();
    intent.remove(&destroyed).unwrap();
}

#[tokio::test]
async fn a_backend_of_another_kind_than_the_roots_is_refused() {
    let (home, store) = (
        tempfile::tempdir().unwrap(),
        Arc::new(Mutex::new(Store::default())),
    );
    drop(lab(home.path(), &store).await);
    let terraform = Terraform::find().await.unwrap();
    let (root, dir) = (home.path().join("root"), home.path().join("other"));
    let other = Workdir::open(terraform, &root, &dir, Backend::Local).unwrap();
    assert!(other.init(&|_| {}, &Stop::default()).await.is_err());
}
