//! What a load asks, as HTTP, and what the answers mean.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, StatusCode, Uri};
use rand::RngExt;
use rand::rngs::StdRng;
use rlab_ledger::{CommandAnswer, Exchange, ReadAnswer, Served, Upgrade, UpgradeOutcome};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::client::{Answer, Silence};

/// Where query-service shows an item: before and after its id.
const ITEM: (&str, &str) = ("/items/", "/summary");
const COMMANDS: &str = "/commands";
const X_CACHE: &str = "x-cache";

/// What is asked about one aggregate.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Question {
    /// That it be changed.
    Command { command_id: Uuid, upgrade: Upgrade },
    /// What it is.
    Read,
}

#[derive(Debug, Serialize)]
struct Command<'a> {
    command_id: Uuid,
    item_id: &'a str,
    kind: &'static str,
    outcome: UpgradeOutcome,
    cost: u32,
}

#[derive(Debug, Deserialize)]
struct Acknowledgement {
    command_id: Uuid,
    event_id: Uuid,
    sequence: u64,
}

#[derive(Debug, Deserialize)]
struct Item {
    version: u64,
}

impl Question {
    /// A command with fresh id and random content.
    pub fn command(random: &mut StdRng) -> Self {
        let outcome = match random.random_range(0..100) {
            0..45 => UpgradeOutcome::Success,
            45..85 => UpgradeOutcome::Keep,
            85..99 => UpgradeOutcome::Drop,
            _ => UpgradeOutcome::Destroy,
        };
        Self::Command {
            command_id: Uuid::now_v7(),
            upgrade: Upgrade {
                outcome,
                cost: random.random_range(1..=1_000),
            },
        }
    }

    /// The question about `key` as a request, without its host.
    pub fn request(&self, key: &str) -> Result<Request<Full<Bytes>>, Silence> {
        let wrong = |error: &dyn std::error::Error| Silence::Unreadable(error.to_string());
        let (method, uri, body) = match self {
            Self::Command {
                command_id,
                upgrade,
            } => {
                let command = Command {
                    command_id: *command_id,
                    item_id: key,
                    kind: "upgrade",
                    outcome: upgrade.outcome,
                    cost: upgrade.cost,
                };
                let body = serde_json::to_vec(&command).map_err(|e| wrong(&e))?;
                (Method::POST, Uri::from_static(COMMANDS), body)
            }
            Self::Read => {
                let path = format!("{}{key}{}", ITEM.0, ITEM.1);
                let uri = Uri::try_from(path).map_err(|e| wrong(&e))?;
                (Method::GET, uri, Vec::new())
            }
        };
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(CONTENT_TYPE, json);
        Ok(request)
    }

    /// The whole exchange, once it is over.
    pub fn told(&self, answer: Result<Answer, Silence>) -> Exchange {
        match *self {
            Self::Command {
                command_id,
                upgrade,
            } => Exchange::Command {
                command_id,
                upgrade,
                answer: answer
                    .and_then(|answer| of_command(command_id, &answer))
                    .unwrap_or_else(|why| CommandAnswer::Unknown {
                        why: why.to_string(),
                    }),
            },
            Self::Read => Exchange::Read {
                answer: answer
                    .and_then(|answer| of_read(&answer))
                    .unwrap_or_else(|why| ReadAnswer::Unknown {
                        why: why.to_string(),
                    }),
            },
        }
    }
}

fn of_command(command_id: Uuid, answer: &Answer) -> Result<CommandAnswer, Silence> {
    if answer.status != StatusCode::OK && answer.status != StatusCode::CREATED {
        let status = answer.status.as_u16();
        return Ok(CommandAnswer::Refused { status });
    }
    let told: Acknowledgement = read(&answer.body)?;
    if told.command_id != command_id {
        return Err(Silence::OtherCommand(told.command_id));
    }
    Ok(CommandAnswer::Acknowledged {
        event_id: told.event_id,
        sequence: told.sequence,
    })
}

/// What query-service says of an item.
pub(crate) fn of_read(answer: &Answer) -> Result<ReadAnswer, Silence> {
    match answer.status {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => return Ok(ReadAnswer::NotFound),
        status => {
            let status = status.as_u16();
            return Ok(ReadAnswer::Refused { status });
        }
    }
    let item: Item = read(&answer.body)?;
    let served = answer.headers.get(X_CACHE).map(HeaderValue::as_bytes);
    Ok(ReadAnswer::Found {
        version: item.version,
        served: match served {
            Some(b"hit") => Some(Served::Hit),
            Some(b"miss") => Some(Served::Miss),
            _ => None,
        },
    })
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Silence> {
    serde_json::from_slice(body).map_err(|error| Silence::Unreadable(error.to_string()))
}
