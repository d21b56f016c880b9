//! `smoke`: proves in seconds that a lab is fit for drills, and says what it proved.

use std::fmt;
use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::{Client, StatusCode};
use rlab_evidence::{Outcome, Verdict};
use rlab_lab::LabDir;
use rlab_lab::spec::LabSpec;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::DrillError;
use crate::event::DrillEvent;
use crate::stage::Stage;

/// Commands sent through the pipeline, each to an item of its own.
const COMMANDS: usize = 50;
/// Within which all must be over.
const DEADLINE: Duration = Duration::from_secs(20);
/// Within which each must be readable.
const READABLE: Duration = Duration::from_secs(10);

/// What `smoke` found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SmokeReport {
    /// Always `rlab/smoke/v1`.
    pub schema: &'static str,
    /// Lab name.
    pub lab: String,
    /// Held when every check did.
    pub verdict: Verdict,
    /// Each check.
    pub checks: Vec<SmokeCheck>,
    /// How long it took, milliseconds.
    pub took_ms: u64,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SmokeCheck {
    /// What is claimed.
    pub claim: String,
    /// Whether it was seen.
    pub held: bool,
    /// What was seen.
    pub seen: String,
}

impl fmt::Display for SmokeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for check in &self.checks {
            let mark = if check.held { "✔" } else { "✖" };
            writeln!(f, "{mark} {} ({})", check.claim, check.seen)?;
        }
        let seconds = self.took_ms as f64 / 1_000.0;
        write!(
            f,
            "smoke of lab {}: {} in {seconds:.1} s",
            self.lab,
            self.verdict.outcome.word()
        )
    }
}

/// Checks the lab in `dir`.
///
/// # Errors
/// When the lab cannot be talked to, or is not well to begin with.
pub async fn smoke(
    dir: &LabDir,
    tell: &(dyn Fn(DrillEvent) + Send + Sync),
) -> Result<SmokeReport, DrillError> {
    let looking = look(dir, tell);
    let report = tokio::time::timeout(DEADLINE, looking).await;
    report.unwrap_or_else(|_| {
        Err(DrillError::Measure {
            what: "the pipeline",
            why: format!("no end within {} s", DEADLINE.as_secs()),
        })
    })
}

async fn look(
    dir: &LabDir,
    tell: &(dyn Fn(DrillEvent) + Send + Sync),
) -> Result<SmokeReport, DrillError> {
    let begun = Instant::now();
    let stage = Stage::open(dir, "smoke").await?;
    stage.answers().await?;
    let nodes = stage.site.spec.nodes.iter().filter(|n| !n.is_spare());
    let nodes = nodes.count();
    let mut checks = vec![check("every node answers", true, format!("{nodes} nodes"))];
    tell(DrillEvent::Note(
        "asks the brokers for their in-sync replicas".to_owned(),
    ));
    checks.push(replicas(&stage).await?);
    tell(DrillEvent::Note(format!(
        "sends {COMMANDS} commands and follows each to its effect"
    )));
    checks.extend(through_the_pipeline(&stage.site.spec).await?);
    let failed: Vec<String> = checks
        .iter()
        .filter(|c| !c.held)
        .map(|c| format!("{}: {}", c.claim, c.seen))
        .collect();
    Ok(SmokeReport {
        schema: "rlab/smoke/v1",
        lab: dir.name().to_owned(),
        verdict: Verdict {
            outcome: if failed.is_empty() {
                Outcome::Held
            } else {
                Outcome::Deviated
            },
            reasons: failed,
        },
        checks,
        took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

fn check(claim: &str, held: bool, seen: String) -> SmokeCheck {
    SmokeCheck {
        claim: claim.to_owned(),
        held,
        seen,
    }
}

async fn replicas(stage: &Stage) -> Result<SmokeCheck, DrillError> {
    let (isr, wanted) = stage.in_sync().await;
    let isr = isr.ok_or_else(|| DrillError::Measure {
        what: "in-sync replicas",
        why: "no broker told".to_owned(),
    })?;
    let claim = "every partition has all its replicas in sync";
    Ok(check(
        claim,
        isr == wanted,
        format!("{isr} of {wanted} in sync"),
    ))
}

struct Doors {
    http: Client,
    commands: String,
    items: String,
}

/// What one command went through.
struct Passage {
    accepted: Duration,
    readable: Duration,
}

async fn through_the_pipeline(spec: &LabSpec) -> Result<Vec<SmokeCheck>, DrillError> {
    let doors = Doors::of(spec)?;
    let run = Uuid::now_v7().simple().to_string();
    let sent: Vec<Value> = (0..COMMANDS).map(|n| command(&run, n)).collect();
    let results = join_all(sent.iter().map(|body| doors.pass(body))).await;
    let mut accepted = Vec::new();
    let mut readable = Vec::new();
    let mut first_error = None;
    for result in results {
        match result {
            Ok(passage) => {
                accepted.push(passage.accepted);
                readable.push(passage.readable);
            }
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    let passed = readable.len();
    let times = match first_error {
        Some(error) => format!("{passed} of {COMMANDS}; {error}"),
        None => format!(
            "{COMMANDS} of {COMMANDS}; accepted after {}, readable after {}",
            middle_and_most(accepted),
            middle_and_most(readable)
        ),
    };
    Ok(vec![
        check(
            "every command reaches the read model",
            passed == COMMANDS,
            times,
        ),
        doors.repeat(&sent[0]).await,
        doors.unknown_item(&run).await,
    ])
}

fn command(run: &str, number: usize) -> Value {
    json!({
        "command_id": Uuid::now_v7(),
        "item_id": format!("smoke-{run}-{number}"),
        "kind": "upgrade",
        "outcome": "success",
        "cost": 7,
    })
}

fn middle_and_most(mut times: Vec<Duration>) -> String {
    times.sort();
    let ms = |d: Option<&Duration>| d.map_or(0, Duration::as_millis);
    format!(
        "{} ms (median), {} ms (slowest)",
        ms(times.get(times.len() / 2)),
        ms(times.last())
    )
}

impl Doors {
    fn of(spec: &LabSpec) -> Result<Self, DrillError> {
        let url = |name: &str| {
            let node = spec.node(name).ok_or_else(|| DrillError::Needs {
                drill: "smoke".to_owned(),
                missing: format!("the agent {name}"),
            })?;
            Ok::<_, DrillError>(format!("http://{}", node.front_address(0)))
        };
        let http = Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(5))
            .build();
        Ok(Self {
            http: http.map_err(|e| DrillError::Measure {
                what: "http",
                why: e.to_string(),
            })?,
            commands: format!("{}/commands", url("command-service")?),
            items: format!("{}/items", url("query-service")?),
        })
    }

    /// Sends a command and waits until its effect can be read.
    async fn pass(&self, body: &Value) -> Result<Passage, String> {
        let begun = Instant::now();
        let (status, answer) = self.send(body).await?;
        if status != StatusCode::CREATED {
            return Err(format!("a command was answered {status}"));
        }
        let accepted = begun.elapsed();
        let sequence = answer["sequence"]
            .as_u64()
            .ok_or("an answer without a sequence")?;
        let item = body["item_id"].as_str().unwrap_or_default();
        while begun.elapsed() < READABLE {
            let (status, document) = self.read(item).await?;
            if status.is_success() && document["version"].as_u64() >= Some(sequence) {
                return Ok(Passage {
                    accepted,
                    readable: begun.elapsed(),
                });
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(format!(
            "an effect was not readable within {} s",
            READABLE.as_secs()
        ))
    }

    async fn repeat(&self, body: &Value) -> SmokeCheck {
        let claim = "a repeated command changes nothing";
        match self.send(body).await {
            Ok((status, answer)) => check(
                claim,
                status == StatusCode::OK && answer["sequence"] == 1,
                format!("answered {status}, sequence {}", answer["sequence"]),
            ),
            Err(error) => check(claim, false, error),
        }
    }

    async fn unknown_item(&self, run: &str) -> SmokeCheck {
        let claim = "an unknown item is not found";
        match self.read(&format!("smoke-{run}-none")).await {
            Ok((status, _)) => check(
                claim,
                status == StatusCode::NOT_FOUND,
                format!("answered {status}"),
            ),
            Err(error) => check(claim, false, error),
        }
    }

    async fn send(&self, body: &Value) -> Result<(StatusCode, Value), String> {
        let answer = self.http.post(&self.commands).json(body).send().await;
        let answer = answer.map_err(|e| e.to_string())?;
        let status = answer.status();
        Ok((status, answer.json().await.unwrap_or_default()))
    }

    async fn read(&self, item: &str) -> Result<(StatusCode, Value), String> {
        let answer = self
            .http
            .get(format!("{}/{item}/summary", self.items))
            .send()
            .await;
        let answer = answer.map_err(|e| e.to_string())?;
        let status = answer.status();
        Ok((status, answer.json().await.unwrap_or_default()))
    }
}
