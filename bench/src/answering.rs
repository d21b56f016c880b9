//! A server that acknowledges every command at once, in a process of its own so that its processor
//! time is not the generator's.

use std::io::BufRead;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::tool::BenchError;

/// The server, as its parent sees it. Dropped, it ends.
pub struct Answering {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Answering {
    /// Starts this program once more, with the subcommand that calls [`answer`].
    pub fn start() -> Result<Self, BenchError> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("answer")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            std::io::BufReader::new(stdout).read_line(&mut line)?;
        }
        let address = line
            .trim()
            .parse()
            .map_err(BenchError::of("its own server"))?;
        Ok(Self { child, address })
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        // Its standard input closes, and that ends it.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[derive(Deserialize)]
struct Asked {
    command_id: Uuid,
}

#[derive(Serialize)]
struct Told {
    command_id: Uuid,
    event_id: Uuid,
    sequence: u64,
}

/// Serves until standard input closes; the address is its first line.
pub async fn answer() -> Result<(), BenchError> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let router = Router::new().route(
        "/commands",
        post(|Json(asked): Json<Asked>| async move {
            let told = Told {
                command_id: asked.command_id,
                event_id: asked.command_id,
                sequence: 1,
            };
            (StatusCode::CREATED, Json(told))
        }),
    );
    let closed =
        tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
    tokio::select! {
        served = std::future::IntoFuture::into_future(axum::serve(listener, router)) => Ok(served?),
        _ = closed => Ok(()),
    }
}
