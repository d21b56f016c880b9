//! Everything that the permission model speaks of, tried on the servers by whom it speaks of.

mod answer;
mod kafka;
mod mysql;
mod redis;
mod rights;

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use rlab_access::{Cell, FOLDER, Model, Rule, System, generate, matrix, prove};
use rlab_contract::agent_config::Namespace;
use rlab_evidence::report::ActionReport;
use rlab_lab::LabError;
use rlab_lab::servers::Site;
use rlab_runbook::{Rights, Step, Value, ValueRef};
use serde::Deserialize;
use serde_json::json;

use crate::error::DrillError;
use crate::record::ArmRecord;
use crate::stage::Stage;
use crate::undo::{Undo, UndoLog};

use answer::{Answer, Answered};

pub(crate) use rights::restore;

/// What the model calls the namespace of its examples.
const EXAMPLE: &str = "main";
/// Kind of the journal's entry with every answer.
pub(crate) const ENTRY: &str = "access";
/// Cells that a report names; the journal has all.
const NAMED: usize = 5;

/// Where it is tried.
struct Room<'a> {
    site: &'a Site,
    namespace: &'a Namespace,
}

impl Room<'_> {
    /// What is called `example` in the model's namespace, in that of the run.
    fn name(&self, example: &str) -> String {
        example.replace(EXAMPLE, self.namespace.redis_prefix.trim_end_matches(':'))
    }
}

/// Puts `rights` in force, tries every cell and keeps what came of it.
pub(crate) async fn carry_out(
    rights: Rights,
    step: &Step,
    stage: &Stage,
    namespace: &Namespace,
    undo: &mut UndoLog,
    record: &mut ArmRecord<'_>,
    phase: &str,
) -> Result<(), DrillError> {
    let site = &stage.site;
    let room = Room { site, namespace };
    let failed = |source: LabError| DrillError::Step {
        step: step.describe(),
        source,
    };
    if rights != Rights::AsGenerated {
        undo.record(Undo::RestoreRights)?;
    }
    let at_s = record.now_s();
    rights::put_in_force(rights, &room).await.map_err(failed)?;
    let before = rights::in_force(rights, &room).await.map_err(failed)?;
    let begun = Instant::now();
    let answers = ask(&room).await?;
    let took = begun.elapsed();
    // Rights that changed meanwhile would make the answers those to another question.
    let in_force = before && rights::in_force(rights, &room).await.map_err(failed)?;
    let told = Told::of(&answers);
    for (name, value) in told.values(in_force) {
        record.sample(name, Some(phase), value);
    }
    let entry = json!({
        "phase": phase, "rights": rights, "in_force": in_force, "answers": answers,
    });
    record.note(ENTRY, entry)?;
    record.actions.push(ActionReport {
        at_s,
        until_s: None,
        phase: phase.to_owned(),
        action: step.name().to_owned(),
        target: rights.name().to_owned(),
        proof: format!(
            "{}; {told}; took {:.1} s",
            match in_force {
                true => "the servers list these rights",
                false => "the servers list other rights",
            },
            took.as_secs_f64()
        ),
    });
    Ok(())
}

/// Whether the values of `sampled` are what the answers in the journal's entry `data` come to.
///
/// # Errors
/// A text naming the first value that is not.
pub(crate) fn recount(
    data: &serde_json::Value,
    sampled: &HashMap<ValueRef, Value>,
) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Entry {
        phase: String,
        in_force: bool,
        answers: Vec<Answered>,
    }
    let entry = Entry::deserialize(data).map_err(|e| e.to_string())?;
    for (name, counted) in Told::of(&entry.answers).values(entry.in_force) {
        let value = ValueRef {
            name: name.to_owned(),
            phase: Some(entry.phase.clone()),
        };
        let kept = sampled.get(&value);
        if kept != Some(&counted) {
            return Err(format!(
                "its answers make {name} {counted:?}, and it was kept as {kept:?}"
            ));
        }
    }
    Ok(())
}

/// The answer to every cell of the model.
async fn ask(room: &Room<'_>) -> Result<Vec<Answered>, DrillError> {
    let model = Model::built_in().map_err(|e| DrillError::Measure {
        what: "the permission model",
        why: e.to_string(),
    })?;
    let mut of_users: BTreeMap<(System, String), Vec<Cell>> = BTreeMap::new();
    for cell in matrix(&model) {
        let whose = (cell.system, cell.user.clone());
        of_users.entry(whose).or_default().push(cell);
    }
    let mut answers = Vec::new();
    for ((system, user), cells) in of_users {
        answers.extend(match system {
            System::Iam => continue,
            System::Kafka => kafka::ask(room, &user, cells).await,
            System::Mysql => mysql::ask(room, &user, cells).await,
            System::Redis => redis::ask(room, &user, cells).await,
        });
    }
    answers.extend(simulated(&model));
    Ok(answers)
}

/// What the generated policies say, by our own evaluation: no server here decides by IAM.
fn simulated(model: &Model) -> Vec<Answered> {
    let report = prove(model, &generate(model), FOLDER);
    let mut wrong: BTreeMap<String, Rule> = BTreeMap::new();
    for finding in report.findings {
        if let Some(cell) = finding.place.cell {
            wrong.insert(cell, finding.rule);
        }
    }
    let cells = matrix(model).into_iter();
    let of_iam = cells.filter(|cell| cell.system == System::Iam);
    let answered = of_iam.map(|cell| {
        let answer = match wrong.get(&cell.id()) {
            None if cell.allowed => Answer::Allowed,
            None => Answer::Denied,
            Some(Rule::TooWide) => Answer::Allowed,
            Some(Rule::TooNarrow) => Answer::Denied,
            Some(_) => Answer::Unknown("the simulation cannot decide it".to_owned()),
        };
        Answered::of(&cell, answer)
    });
    answered.collect()
}

/// The answers, counted and the wrong ones named.
struct Told<'a> {
    cells: usize,
    allowed: usize,
    allowed_wrongly: Vec<&'a Answered>,
    denied_wrongly: Vec<&'a Answered>,
    unknown: Vec<&'a Answered>,
}

impl<'a> Told<'a> {
    fn of(answers: &'a [Answered]) -> Self {
        let those = |wanted: &dyn Fn(&Answered) -> bool| -> Vec<&'a Answered> {
            answers.iter().filter(|answered| wanted(answered)).collect()
        };
        let unknown = those(&|a| matches!(a.answer, Answer::Unknown(_)));
        Self {
            cells: answers.len() - unknown.len(),
            allowed: those(&|a| a.answer == Answer::Allowed).len(),
            allowed_wrongly: those(&|a| a.answer == Answer::Allowed && !a.may),
            denied_wrongly: those(&|a| a.answer == Answer::Denied && a.may),
            unknown,
        }
    }

    /// What expectations may speak of.
    fn values(&self, in_force: bool) -> impl Iterator<Item = (&'static str, Value)> {
        let counts = [
            ("access.cells", self.cells),
            ("access.allowed", self.allowed),
            ("access.allowed_wrongly", self.allowed_wrongly.len()),
            ("access.denied_wrongly", self.denied_wrongly.len()),
            ("access.unknown", self.unknown.len()),
        ];
        let counts = counts.map(|(name, count)| (name, Value::Number(count as f64)));
        let in_force = ("access.rights_in_force", Value::Bool(in_force));
        counts.into_iter().chain([in_force])
    }
}

impl std::fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} cells answered, {} with yes",
            self.cells, self.allowed
        )?;
        let kinds = [
            ("allowed wrongly", &self.allowed_wrongly),
            ("denied wrongly", &self.denied_wrongly),
            ("not told", &self.unknown),
        ];
        for (kind, cells) in kinds {
            let names = cells
                .iter()
                .take(NAMED)
                .map(|answered| answered.cell.as_str());
            let names: Vec<&str> = names.collect();
            let more = match cells.len() > NAMED {
                true => format!(" and {} more", cells.len() - NAMED),
                false => String::new(),
            };
            if !names.is_empty() {
                write!(f, "; {kind}: {}{more}", names.join(", "))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_answer_is_counted_and_named_and_one_that_told_nothing_is_neither_right_nor_wrong() {
        let of = |cell: &str, may, answer| Answered {
            cell: cell.to_owned(),
            may,
            answer,
        };
        let answers = [
            of("a", true, Answer::Allowed),
            of("b", false, Answer::Allowed),
            of("c", true, Answer::Denied),
            of("d", false, Answer::Denied),
            of("e", false, Answer::Unknown("away".to_owned())),
        ];
        let told = Told::of(&answers);
        assert_eq!((told.cells, told.allowed), (4, 2));
        assert_eq!(
            told.to_string(),
            "4 cells answered, 2 with yes; allowed wrongly: b; denied wrongly: c; not told: e"
        );
    }

    #[test]
    fn counts_that_the_answers_do_not_come_to_are_refused() {
        let mut data = json!({ "phase": "tried", "in_force": true, "answers": [
            { "cell": "a", "may": true, "answer": "allowed" },
            { "cell": "b", "may": false, "answer": "denied" },
            { "cell": "c", "may": false, "answer": { "unknown": "away" } },
        ] });
        let answers: Vec<Answered> = serde_json::from_value(data["answers"].clone()).unwrap();
        let told = Told::of(&answers);
        let sampled = told.values(true).map(|(name, value)| {
            let phase = Some("tried".to_owned());
            let name = name.to_owned();
            (ValueRef { name, phase }, value)
        });
        let sampled: HashMap<ValueRef, Value> = sampled.collect();
        assert_eq!(recount(&data, &sampled), Ok(()));
        data["answers"][1]["answer"] = json!("allowed");
        let refused = recount(&data, &sampled).unwrap_err();
        assert!(refused.contains("access.allowed "), "{refused}");
        data["answers"].as_array_mut().unwrap().remove(1);
        let refused = recount(&data, &sampled).unwrap_err();
        assert!(refused.contains("access.cells"), "{refused}");
    }

    #[test]
    fn every_cell_of_iam_is_simulated_and_as_the_model_says() {
        let model = Model::built_in().unwrap();
        let answers = simulated(&model);
        let of_iam = matrix(&model);
        let of_iam = of_iam.iter().filter(|cell| cell.system == System::Iam);
        assert_eq!(answers.len(), of_iam.count());
        let told = Told::of(&answers);
        assert!(told.allowed > 0 && told.allowed < told.cells);
        assert_eq!(told.allowed_wrongly.len() + told.denied_wrongly.len(), 0);
    }
}
