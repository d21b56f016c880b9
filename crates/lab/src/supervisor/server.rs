//! Answers requests on the supervisor's socket.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use super::Lab;
use super::node::{NodeRequest, Reply};
use crate::protocol::{Request, Response};

/// Longest request line, bytes.
const LINE_LIMIT: u64 = 1 << 20;

/// Serves until it is aborted.
pub async fn serve(listener: UnixListener, lab: Arc<Lab>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let lab = Arc::clone(&lab);
                tokio::spawn(async move {
                    if let Err(error) = converse(stream, &lab).await {
                        tracing::debug!(%error, "a client went away");
                    }
                });
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn converse(stream: UnixStream, lab: &Lab) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut reader = BufReader::new(read.take(LINE_LIMIT));
    let mut line = String::new();
    while reader.read_line(&mut line).await? > 0 {
        let Some(response) = answer(lab, &line).await else {
            return Ok(());
        };
        let mut bytes = serde_json::to_vec(&response)?;
        bytes.push(b'\n');
        write.write_all(&bytes).await?;
        line.clear();
        reader.get_mut().set_limit(LINE_LIMIT);
    }
    Ok(())
}

/// `None` for what is never answered.
async fn answer(lab: &Lab, line: &str) -> Option<Response> {
    let request = match serde_json::from_str(line) {
        Ok(request) => request,
        Err(error) => return Some(refused(format!("request not understood: {error}"))),
    };
    let harmless = matches!(
        request,
        Request::Status | Request::Events { .. } | Request::Shutdown
    );
    if lab.ending.is_cancelled() && !harmless {
        return Some(refused("the lab is going down".to_owned()));
    }
    Some(match request {
        Request::Status => Response::Status {
            status: Box::new(lab.status()),
        },
        Request::Events { after } => Response::Events {
            events: lab.events.after(after),
        },
        Request::StartAll { wanted } => {
            lab.start_all(wanted).await;
            Response::Done
        }
        Request::Node { node, verb } => done(&node, lab.ask(&node, NodeRequest::Verb(verb)).await),
        Request::ArmCrash { node, budget } => {
            done(&node, lab.ask(&node, NodeRequest::Arm(budget)).await)
        }
        Request::DisarmCrash { node } => done(&node, lab.ask(&node, NodeRequest::Disarm).await),
        Request::Configure {
            node,
            settings,
            namespace,
        } => {
            let request = NodeRequest::Configure(settings, namespace);
            done(&node, lab.ask(&node, request).await)
        }
        Request::Failover { of, to, dry_run } => match lab.fail_over(of, to, dry_run).await {
            Ok(failover) => Response::FailedOver { failover },
            Err(why) => refused(format!("failover of {}: {why}", of.endpoint())),
        },
        Request::Cut { kind } => match lab.cut(&kind) {
            true => Response::Done,
            false => refused(format!(
                "the lab has no node of the kind `{kind}` with clients"
            )),
        },
        Request::Shutdown => {
            lab.ending.cancel();
            Response::Done
        }
        Request::CrashPoint {
            node,
            pid,
            point,
            detail,
        } => {
            let _ = lab
                .ask(&node, NodeRequest::CrashPoint { pid, point, detail })
                .await;
            return None;
        }
    })
}

fn done(node: &str, reply: Reply) -> Response {
    match reply {
        Ok(()) => Response::Done,
        Err(why) => refused(format!("{node}: {why}")),
    }
}

fn refused(message: String) -> Response {
    let hint = Some("see the state of every node: rlab-ops status".to_owned());
    Response::Refused { message, hint }
}
