//! A drill as it was reported, for the tests of every kind of report.

// No test uses all of it.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::convert::Infallible;

use rlab_evidence::environment::{Artifact, Environment, Machine};
use rlab_evidence::report::{
    ActionReport, ArmReport, LoadReport, PhaseReport, Report, SeriesReport, SeriesSample,
    TableReport, TableRow,
};
use rlab_evidence::{
    ArmEvidence, ControlOutcome, Expectation, LatencyRecorder, Must, Truth, decide,
};
use rlab_ledger::{
    CommandAnswer, Exchange, Fact, Operation, ReadAnswer, Recording, Served, Terms, Upgrade,
    UpgradeOutcome, Window, account,
};
use uuid::Uuid;

pub fn expectation(text: &str, truth: Truth, seen: &[(&str, &str)]) -> Expectation {
    Expectation {
        text: text.into(),
        truth,
        seen: seen
            .iter()
            .map(|(n, v)| ((*n).into(), (*v).into()))
            .collect(),
    }
}

fn pairs(list: &[(&str, &str)]) -> BTreeMap<String, String> {
    list.iter()
        .map(|(n, v)| ((*n).into(), (*v).into()))
        .collect()
}

const UPGRADE: Upgrade = Upgrade {
    outcome: UpgradeOutcome::Success,
    cost: 3,
};

fn command(n: u64) -> Operation {
    Operation {
        key: format!("item-{}", n % 3),
        intended_us: n * 20_000,
        sent_us: n * 20_000,
        answered_us: Some(n * 20_000 + 1_500),
        exchange: Exchange::Command {
            command_id: Uuid::from_u128(u128::from(n)),
            upgrade: UPGRADE,
            answer: CommandAnswer::Acknowledged {
                event_id: Uuid::from_u128(1_000 + u128::from(n)),
                sequence: n / 3 + 1,
            },
        },
    }
}

fn read(n: u64) -> Operation {
    let answer = match n {
        0 => ReadAnswer::NotFound,
        7 => ReadAnswer::Refused { status: 503 },
        _ => ReadAnswer::Found {
            version: n,
            served: Some(if n.is_multiple_of(4) {
                Served::Miss
            } else {
                Served::Hit
            }),
        },
    };
    Operation {
        key: "item-1".into(),
        intended_us: n * 100_000,
        sent_us: n * 100_000,
        answered_us: Some(n * 100_000 + 700),
        exchange: Exchange::Read { answer },
    }
}

fn facts(n: u64, lost: bool) -> Vec<Fact> {
    let (event_id, sequence) = (Uuid::from_u128(1_000 + u128::from(n)), n / 3 + 1);
    let item_id = format!("item-{}", n % 3);
    let mut facts = vec![Fact::Committed {
        command_id: Uuid::from_u128(u128::from(n)),
        event_id,
        item_id: item_id.clone(),
        sequence,
    }];
    if !lost {
        facts.push(Fact::Effect {
            position: n,
            event_id,
            item_id,
            sequence,
            level_delta: 1,
            cost: UPGRADE.cost,
        });
    }
    facts
}

/// The rows that the effects of `facts` add up to.
fn rows(facts: &[Fact]) -> Vec<Fact> {
    let mut rows = BTreeMap::new();
    for fact in facts {
        if let Fact::Effect {
            item_id, sequence, ..
        } = fact
        {
            let (version, count) = rows.entry(item_id.clone()).or_insert((0, 0));
            *version = (*sequence).max(*version);
            *count += 1;
        }
    }
    let row = |(item_id, (version, count))| Fact::ReadModel {
        item_id,
        version,
        level: count,
        spent: count as u64 * u64::from(UPGRADE.cost),
    };
    rows.into_iter().map(row).collect()
}

pub struct Run {
    pub histories: BTreeMap<String, Vec<Operation>>,
    pub snapshot: Vec<Fact>,
}

impl Recording for Run {
    type Error = Infallible;

    fn loads(&self) -> Vec<String> {
        self.histories.keys().cloned().collect()
    }

    fn history(
        &self,
        load: &str,
    ) -> Result<impl Iterator<Item = Result<Operation, Infallible>>, Infallible> {
        Ok(self.histories[load].iter().cloned().map(Ok))
    }

    fn facts(&self) -> Result<impl Iterator<Item = Result<Fact, Infallible>>, Infallible> {
        Ok(self.snapshot.iter().cloned().map(Ok))
    }
}

pub fn run(lost: u64) -> Run {
    let facts = (0..200).flat_map(|n| facts(n, (150..150 + lost).contains(&n)));
    let mut snapshot: Vec<Fact> = facts.collect();
    snapshot.extend(rows(&snapshot));
    let histories = [
        ("gets", (0..20).map(read).collect()),
        ("orders", (0..200).map(command).collect()),
    ];
    Run {
        histories: histories.map(|(name, lines)| (name.into(), lines)).into(),
        snapshot,
    }
}

pub fn arm(name: &str, must: Must, lost: u64) -> ArmReport {
    let windows = [("steady", 0, 2_000_000), ("crashes", 2_000_000, 4_000_000)].map(
        |(name, from_us, to_us)| Window {
            name: name.into(),
            from_us,
            to_us,
        },
    );
    let run = run(lost);
    let terms = Terms {
        windows: &windows,
        stale_bound_us: Some(2_000_000),
        ..Terms::default()
    };
    let Ok(accounting) = account(&run, &terms);
    let loads = run.histories.iter().map(|(name, history)| {
        let mut recorder = LatencyRecorder::new(&windows);
        history
            .iter()
            .for_each(|operation| recorder.record(operation));
        LoadReport {
            name: name.clone(),
            latency: recorder.summary(),
            at_bound: 0,
        }
    });
    let seen = accounting.lost.count.to_string();
    let expected = match must {
        Must::ShowFailure => expectation("ledger.lost > 0", Truth::True, &[("ledger.lost", &seen)]),
        _ => expectation("ledger.lost == 0", Truth::True, &[("ledger.lost", &seen)]),
    };
    ArmReport {
        evidence: ArmEvidence {
            name: name.into(),
            must,
            landed: vec![expectation(
                "crashes@crashes == 5",
                Truth::True,
                &[("crashes@crashes", "5")],
            )],
            traffic: vec![expectation(
                "orders.obligations >= commands / 2",
                Truth::True,
                &[("orders.obligations", "200"), ("commands", "200")],
            )],
            expectations: vec![expected],
            controls: vec![ControlOutcome {
                name: "drop_one_event".into(),
                caught: true,
                detail: "event 3e8 removed | from topic and effects".into(),
            }],
        },
        settings: match must {
            Must::ShowFailure => pairs(&[("command_service.publish", "direct")]),
            _ => BTreeMap::new(),
        },
        phases: vec![
            PhaseReport {
                name: "steady".into(),
                from_s: 0.0,
                to_s: 2.0,
                ended_by: "2s".into(),
            },
            PhaseReport {
                name: "crashes".into(),
                from_s: 2.0,
                to_s: 4.0,
                ended_by: "crashes == 5".into(),
            },
            PhaseReport {
                name: "drain".into(),
                from_s: 4.0,
                to_s: 5.25,
                ended_by: "pipeline.drained".into(),
            },
        ],
        actions: vec![ActionReport {
            at_s: 2.31,
            until_s: Some(2.94),
            phase: "crashes".into(),
            action: "crash".into(),
            target: "command_service at after_commit".into(),
            proof: "pid 4711 ended by SIGKILL, restarted as pid 4713".into(),
        }],
        accounting,
        loads: loads.collect(),
        series: vec![replicas()],
        plot: Vec::new(),
    }
}

/// In-sync replicas every half second: three, and two while one was out.
fn replicas() -> SeriesReport {
    let samples = (0..=10).map(|n| SeriesSample {
        at_s: f64::from(n) / 2.0,
        value: if (5..8).contains(&n) { 2.0 } else { 3.0 },
    });
    SeriesReport {
        name: "replicas".into(),
        what: "in-sync replicas".into(),
        unit: String::new(),
        samples: samples.collect(),
    }
}

/// What is held against each other.
fn between() -> ArmEvidence {
    ArmEvidence {
        name: "between arms".into(),
        must: Must::Hold,
        landed: Vec::new(),
        traffic: Vec::new(),
        expectations: vec![expectation(
            "direct.ledger.lost > outbox.ledger.lost",
            Truth::True,
            &[("direct.ledger.lost", "7"), ("outbox.ledger.lost", "0")],
        )],
        controls: Vec::new(),
    }
}

/// The same number of commands in each arm, and one value that nobody knows.
fn table() -> TableReport {
    let row = |name: &str, lost: Option<&str>| TableRow {
        name: name.into(),
        cells: vec![Some("200".into()), lost.map(str::to_owned)],
    };
    TableReport {
        head: vec!["ledger.obligations".into(), "ledger.lost@drain".into()],
        rows: vec![row("direct", Some("7")), row("outbox", None)],
    }
}

/// The drill as a matrix of `cases`, one arm each; those in `failed` did not do what they must.
pub fn matrix(cases: usize, failed: &[usize]) -> Report {
    let mut report = report();
    let case = |n: usize| {
        let mut arm = arm(&format!("outbox · acks={n}"), Must::Hold, 0);
        if failed.contains(&n) {
            arm.evidence.expectations[0].truth = Truth::False;
        }
        arm
    };
    report.arms = (0..cases).map(case).collect();
    report.between = (0..cases)
        .map(|n| ArmEvidence {
            name: format!("between arms · acks={n}"),
            ..between()
        })
        .collect();
    let head: Vec<String> = [
        "accepted@alive3",
        "accepted@alive2",
        "accepted@alive1",
        "invisible",
    ]
    .map(str::to_owned)
    .into();
    let row = |n: usize| TableRow {
        name: format!("acks={n}"),
        cells: (0..head.len())
            .map(|column| (column != 2).then(|| (n * 1_000 + column).to_string()))
            .collect(),
    };
    report.table = Some(TableReport {
        rows: (0..cases).map(row).collect(),
        head,
    });
    report
}

pub fn report() -> Report {
    let arms = vec![
        arm("direct", Must::ShowFailure, 7),
        arm("outbox", Must::Hold, 0),
    ];
    let mut evidence: Vec<ArmEvidence> = arms.iter().map(|arm| arm.evidence.clone()).collect();
    evidence.push(between());
    let machine = Machine {
        platform: "linux x86_64".into(),
        cores: Some(2),
        kernel: Some("6.1.0".into()),
        load_average: Some([1.5, 0.75, 0.25]),
        memory_bytes: Some(8 << 30),
        memory_available_bytes: None,
    };
    Report {
        drill: "E-002".into(),
        title: "Direct produce loses events when the service dies after commit".into(),
        hypothesis: "With the outbox no obligation is lost, whenever the service dies.".into(),
        verdict: decide(&evidence),
        run: "20260102T030405Z-01JGJ0000000000000000000000".into(),
        profile: "local".into(),
        proves: Some("process death and broker loss on one host".into()),
        not_proven: vec!["loss of a disk or of a machine.".into()],
        started_at: "2026-01-02T03:04:05Z".parse().unwrap(),
        ended_at: "2026-01-02T03:05:05Z".parse().unwrap(),
        seed: 42,
        parameters: pairs(&[("commands", "200"), ("crashes", "5")]),
        arms,
        between: vec![between()],
        table: Some(table()),
        environment: Environment {
            tool_version: "0.1.0".into(),
            commit: Some("abc1234".into()),
            versions: pairs(&[("kafka", "4.3.1"), ("mysql", "8.0.31")]),
            artifacts: vec![Artifact {
                name: "kafka_2.13".into(),
                version: "4.3.1".into(),
                sha256: "00ff".into(),
            }],
            machine: machine.clone(),
        },
        machine_after: Machine {
            load_average: None,
            ..machine
        },
        check_again: vec!["rlab-ops evidence judge evidence/E-002/latest".into()],
    }
}
