//! The load against small servers on real sockets.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::Path as Segment;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use rlab_evidence::JsonlReader;
use rlab_ledger::{CommandAnswer, Exchange, Operation, ReadAnswer, Served};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

fn load(address: SocketAddr, count: u64, history: PathBuf) -> Load {
    Load {
        asks: Asks::Commands(Arc::new(move || Some(address))),
        count: Some(count),
        lasting: false,
        rate_per_s: 2_000.0,
        keys: 7,
        seed: 1,
        key_prefix: "t".into(),
        timeout: Duration::from_secs(20),
        max_in_flight: 64,
        epoch: Instant::now(),
        history,
    }
}

/// A server that answers the n-th command, counted from 0, as told.
async fn server<F, A>(answer: F) -> SocketAddr
where
    F: Fn(u64, Value) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Response> + Send,
{
    let asked = Arc::new(AtomicU64::new(0));
    let handler = move |Json(command): Json<Value>| answer(asked.fetch_add(1, Relaxed), command);
    serve(Router::new().route("/commands", post(handler))).await
}

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn acknowledge(n: u64, command: &Value) -> Response {
    let body = json!({
        "command_id": command["command_id"],
        "event_id": uuid::Uuid::from_u128(u128::from(n) + 1),
        "item_id": command["item_id"],
        "sequence": n + 1,
    });
    (StatusCode::CREATED, Json(body)).into_response()
}

fn answer(operation: &Operation) -> &CommandAnswer {
    match &operation.exchange {
        Exchange::Command { answer, .. } => answer,
        _ => panic!("{operation:?}"),
    }
}

fn recorded(path: &Path) -> Vec<Operation> {
    let mut reader = JsonlReader::open(path).unwrap();
    let operations = reader.by_ref().map(Result::unwrap).collect();
    assert!(!reader.truncated());
    operations
}

#[tokio::test]
async fn every_command_is_recorded_once_with_the_answer_it_got() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("history.jsonl.zst");
    let address = server(|n, command| async move {
        match n % 5 {
            0 => acknowledge(n, &command),
            1 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            2 => std::future::pending().await,
            3 => {
                let cut: [Result<Bytes, std::io::Error>; 2] =
                    [Ok("{".into()), Err(std::io::ErrorKind::BrokenPipe.into())];
                (
                    StatusCode::CREATED,
                    Body::from_stream(futures::stream::iter(cut)),
                )
                    .into_response()
            }
            _ => acknowledge(n, &json!({"command_id": uuid::Uuid::nil()})),
        }
    })
    .await;
    let mut load = load(address, 100, path.clone());
    load.timeout = Duration::from_secs(2);
    let summary = load.start().unwrap().join().await.unwrap();

    let counts = summary.progress;
    assert_eq!((counts.sent, summary.recorded), (100, 100));
    assert_eq!(
        (counts.answered, counts.refused, counts.unknown),
        (20, 20, 60)
    );
    let operations = recorded(&path);
    let ids: HashSet<_> = operations
        .iter()
        .map(|operation| match operation.exchange {
            Exchange::Command { command_id, .. } => command_id,
            _ => panic!("{operation:?}"),
        })
        .collect();
    assert_eq!(ids.len(), 100);
    let mut why: Vec<String> = operations
        .iter()
        .filter_map(|operation| match answer(operation) {
            CommandAnswer::Unknown { why } => {
                assert_eq!(operation.answered_us, None);
                Some(why.split(':').next().unwrap().to_owned())
            }
            CommandAnswer::Refused { status } => {
                assert_eq!((*status, operation.answered_us.is_some()), (503, true));
                None
            }
            CommandAnswer::Acknowledged { .. } => {
                assert!(operation.answered_us > Some(operation.sent_us));
                None
            }
        })
        .collect();
    why.sort();
    why.dedup();
    assert_eq!(
        why,
        [
            "acknowledgement of another command",
            "connection lost",
            "timed out"
        ]
    );
}

#[tokio::test]
async fn a_reset_connection_and_a_closed_port_are_unknown_and_not_tried_again() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let accepted = Arc::new(AtomicU64::new(0));
    let count = accepted.clone();
    let resetting = tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Relaxed);
            // Closing with bytes unread makes the kernel answer with a reset.
            socket.read_exact(&mut [0; 16]).await.unwrap();
        }
    });
    let reset = load(address, 10, dir.path().join("reset"));
    let summary = reset.start().unwrap().join().await.unwrap();
    assert_eq!((summary.progress.unknown, summary.recorded), (10, 10));
    assert_eq!(accepted.load(Relaxed), 10, "one attempt each");

    resetting.abort();
    assert!(resetting.await.unwrap_err().is_cancelled());
    let path = dir.path().join("refused");
    let refused = load(address, 5, path.clone());
    let summary = refused.start().unwrap().join().await.unwrap();
    assert_eq!(summary.progress.unknown, 5);
    for operation in recorded(&path) {
        let CommandAnswer::Unknown { why } = answer(&operation) else {
            panic!("{operation:?}");
        };
        assert!(why.starts_with("cannot connect: "), "{why}");
    }
}

#[tokio::test]
async fn a_stalled_server_shows_in_the_latency_of_commands_that_had_to_wait() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("history.jsonl.zst");
    let stall = Duration::from_millis(300);
    let address = server(move |n, command| async move {
        if n == 0 {
            tokio::time::sleep(stall).await;
        }
        acknowledge(n, &command)
    })
    .await;
    let mut load = load(address, 20, path.clone());
    load.max_in_flight = 1;
    let summary = load.start().unwrap().join().await.unwrap();
    assert_eq!(summary.progress.answered, 20);
    assert!(summary.progress.at_bound >= 1);
    let operations = recorded(&path);
    let first = operations[0].intended_us;
    for (n, operation) in operations.iter().enumerate() {
        let schedule = n as u64 * 500;
        assert_eq!(
            operation.intended_us - first,
            schedule,
            "the schedule never slips"
        );
        let felt = operation.corrected_latency_us().unwrap();
        assert!(felt + schedule >= 300_000, "{n}: {felt} µs");
    }
}

#[tokio::test]
async fn commands_follow_the_address_as_it_moves() {
    let dir = tempfile::tempdir().unwrap();
    let one = server(|n, command| async move { acknowledge(n, &command) }).await;
    let other = server(|_, _| async { StatusCode::IM_A_TEAPOT.into_response() }).await;
    let asked = AtomicU64::new(0);
    let mut load = load(one, 30, dir.path().join("history"));
    load.asks = Asks::Commands(Arc::new(move || match asked.fetch_add(1, Relaxed) {
        0..10 => Some(one),
        10..20 => Some(other),
        _ => None,
    }));
    let counts = load.start().unwrap().join().await.unwrap().progress;
    assert_eq!(
        (counts.answered, counts.refused, counts.unknown),
        (10, 10, 10)
    );
}

#[tokio::test]
async fn a_seed_repeats_the_keys_and_a_stop_ends_the_load_with_its_history_whole() {
    let dir = tempfile::tempdir().unwrap();
    let address = server(|n, command| async move { acknowledge(n, &command) }).await;
    let mut keys = Vec::new();
    for name in ["a", "b"] {
        let path = dir.path().join(name);
        let mut load = load(address, 50, path.clone());
        load.max_in_flight = 1;
        load.start().unwrap().join().await.unwrap();
        keys.push(
            recorded(&path)
                .into_iter()
                .map(|o| o.key)
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(keys[0], keys[1]);

    let path = dir.path().join("stopped");
    let handle = load(address, 1_000_000, path.clone()).start().unwrap();
    while handle.progress().answered < 10 {
        tokio::task::yield_now().await;
    }
    assert!(!handle.finished());
    handle.stop();
    let summary = handle.join().await.unwrap();
    assert!(summary.progress.sent < 1_000_000);
    assert_eq!(summary.recorded, summary.progress.sent);
    assert_eq!(recorded(&path).len() as u64, summary.recorded);
}

#[tokio::test]
async fn a_lasting_load_goes_on_beyond_its_count_until_it_was_enough_and_never_ends_before() {
    let dir = tempfile::tempdir().unwrap();
    let address = server(|n, command| async move { acknowledge(n, &command) }).await;
    let lasting = |name: &str| Load {
        lasting: true,
        ..load(address, 50, dir.path().join(name))
    };

    let told_at_once = lasting("at-once").start().unwrap();
    told_at_once.enough();
    assert_eq!(told_at_once.join().await.unwrap().progress.sent, 50);

    let told_late = lasting("late").start().unwrap();
    while told_late.progress().sent < 100 {
        tokio::task::yield_now().await;
    }
    assert!(!told_late.finished());
    told_late.enough();
    let summary = told_late.join().await.unwrap();
    assert_eq!(summary.recorded, summary.progress.sent);
}

#[tokio::test]
async fn a_load_that_could_not_run_or_be_recorded_is_refused_before_it_starts() {
    let dir = tempfile::tempdir().unwrap();
    let address: SocketAddr = "127.0.0.1:9".parse().unwrap();
    let path = dir.path().join("history");
    for change in [
        (|load| load.rate_per_s = 0.0) as fn(&mut Load),
        |load| load.rate_per_s = f64::NAN,
        |load| load.keys = 0,
        |load| load.max_in_flight = 0,
    ] {
        let mut load = load(address, 1, path.clone());
        change(&mut load);
        assert!(matches!(load.start(), Err(LoadError::Setting { .. })));
    }
    assert!(!path.exists(), "nothing half-done");
    let missing = load(address, 1, dir.path().join("no/such/dir"));
    assert!(matches!(missing.start(), Err(LoadError::History(_))));
}

/// Shows an item's number as its version; has none of every third and is out of order for 7.
async fn items() -> SocketAddr {
    let handler = |Segment(key): Segment<String>| async move {
        let number: u64 = key.rsplit('-').next().unwrap().parse().unwrap();
        if number == 7 {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        if number.is_multiple_of(3) {
            return StatusCode::NOT_FOUND.into_response();
        }
        let cache = if number.is_multiple_of(2) {
            "hit"
        } else {
            "miss"
        };
        let body = json!({ "item_id": key, "version": number, "level": 1 });
        ([("x-cache", cache)], Json(body)).into_response()
    };
    serve(Router::new().route("/items/{id}/summary", get(handler))).await
}

#[tokio::test]
async fn reads_record_the_version_shown_and_where_it_came_from_until_they_are_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("reads");
    let address = items().await;
    let load = Load {
        asks: Asks::Items(Arc::new(move || Some(address))),
        count: None,
        keys: 9,
        ..load(address, 0, path.clone())
    };
    let handle = load.start().unwrap();
    while handle.progress().sent < 200 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(!handle.finished());
    handle.stop();
    let summary = handle.join().await.unwrap();
    assert_eq!(summary.recorded, summary.progress.sent);
    let mut seen = HashSet::new();
    for operation in recorded(&path) {
        let Exchange::Read { answer } = operation.exchange else {
            panic!("{operation:?}");
        };
        let number: u64 = operation.key.strip_prefix("t-").unwrap().parse().unwrap();
        seen.insert(number);
        let expected = match number {
            7 => ReadAnswer::Refused { status: 503 },
            0 | 3 | 6 => ReadAnswer::NotFound,
            version => ReadAnswer::Found {
                version,
                served: Some(if version.is_multiple_of(2) {
                    Served::Hit
                } else {
                    Served::Miss
                }),
            },
        };
        assert_eq!(answer, expected);
    }
    assert_eq!(seen.len(), 9);
}

#[tokio::test]
async fn connections_are_kept_and_no_more_are_opened_than_questions_are_under_way() {
    let dir = tempfile::tempdir().unwrap();
    let address = server(|n, command| async move { acknowledge(n, &command) }).await;
    let opened = Arc::new(AtomicU64::new(0));
    let count = opened.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let front = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Relaxed);
            let mut server = tokio::net::TcpStream::connect(address).await.unwrap();
            tokio::spawn(
                async move { tokio::io::copy_bidirectional(&mut client, &mut server).await },
            );
        }
    });
    let mut load = load(front, 300, dir.path().join("history"));
    load.max_in_flight = 3;
    let summary = load.start().unwrap().join().await.unwrap();
    assert_eq!(summary.progress.answered, 300);
    assert!(
        opened.load(Relaxed) <= 3,
        "{} connections",
        opened.load(Relaxed)
    );
}

#[tokio::test]
async fn a_connection_that_closed_while_idle_costs_no_command() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let accepted = Arc::new(AtomicU64::new(0));
    let count = accepted.clone();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Relaxed);
            // Answers once and hangs up without having said that it would.
            tokio::spawn(answer_once(socket));
        }
    });
    let path = dir.path().join("history");
    let mut load = load(address, 20, path.clone());
    load.rate_per_s = 100.0;
    let summary = load.start().unwrap().join().await.unwrap();
    assert_eq!(summary.progress.answered, 20, "{:?}", recorded(&path));
    assert_eq!(accepted.load(Relaxed), 20);
}

async fn answer_once(mut socket: tokio::net::TcpStream) {
    let mut request = Vec::new();
    let command: Value = loop {
        let mut part = [0; 1_024];
        let read = socket.read(&mut part).await.unwrap();
        request.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&request);
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
        if let Some(command) = body.and_then(|body| serde_json::from_str(&body).ok()) {
            break command;
        }
    };
    let body = json!({
        "command_id": command["command_id"],
        "event_id": uuid::Uuid::nil(),
        "item_id": command["item_id"],
        "sequence": 1,
    })
    .to_string();
    let head = format!(
        "HTTP/1.1 201 Created\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all((head + &body).as_bytes()).await.unwrap();
}

/// Answers whoever connects as a broker answers ApiVersions, until `cut` changes.
async fn broker(cut: tokio::sync::watch::Receiver<u32>) -> std::net::SocketAddrV4 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let SocketAddr::V4(address) = listener.local_addr().unwrap() else {
        panic!("bound to an address of the fourth version");
    };
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut cut = cut.clone();
            cut.mark_unchanged();
            tokio::spawn(async move {
                let mut asked = [0; 14];
                socket.read_exact(&mut asked).await.unwrap();
                let answer = [0, 0, 0, 6, 0, 0, 0, 1, 0, 0];
                socket.write_all(&answer).await.unwrap();
                let _ = cut.changed().await;
            });
        }
    });
    address
}

#[tokio::test]
async fn clients_that_are_cut_are_counted_connect_again_and_leave_every_attempt_on_record() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("history");
    let (cut, cuts) = tokio::sync::watch::channel(0);
    let clients = Connections {
        brokers: vec![broker(cuts.clone()).await, broker(cuts).await],
        retry: rlab_runbook::Retry::Immediate,
        within: Duration::from_secs(20),
    };
    let load = Load {
        asks: Asks::Connections(clients),
        ..load("127.0.0.1:1".parse().unwrap(), 0, path.clone())
    };
    let epoch = load.epoch;
    let handle = load.start().unwrap();
    let told = |value: &str, since_us| handle.of_connections(value, since_us);
    while told("connected", 0) != Some(7.0) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!((told("lost", 0), told("outage_ms", 0)), (Some(0.0), None));
    let since_us = u64::try_from(epoch.elapsed().as_micros()).unwrap();
    cut.send_replace(1);
    while told("outage_ms", since_us).is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(told("lost", since_us), Some(7.0));
    handle.stop();
    let summary = handle.join().await.unwrap();
    assert_eq!((summary.recorded, summary.progress.answered), (14, 14));
    let keys: HashSet<String> = recorded(&path).into_iter().map(|o| o.key).collect();
    assert_eq!(keys.len(), 7);
}
