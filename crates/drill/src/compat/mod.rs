//! `compat.probe`: asks a lab for everything that a service of AWS does not give and for everything that
//! agents need. The answers are a listing in the journal, and the listing is judged.

mod kafka;
mod mysql;
mod recorded;
mod redis;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use rlab_access::Model;
use rlab_compat::{
    Answer, Asked, How, Kind, LISTING_SCHEMA, Listing, Lists, Need, Restriction, Why, judge, needs,
};
use rlab_evidence::report::ActionReport;
use rlab_runbook::{CompatProbe, Resolved, Server, Step, Target};

use crate::error::DrillError;
use crate::record::ArmRecord;
use crate::stage::Stage;
use crate::undo::UndoLog;

pub(crate) use redis::remove;
pub(crate) use told::verify;

/// Kind of the journal's entry with a listing.
const ENTRY: &str = "compat";
/// The identity of the lab itself, which is no agent.
const RUNNER: &str = "runner";

/// What an answer says, how it was got, and in whose words.
struct Told {
    how: Vec<How>,
    answer: Answer,
    words: String,
}

/// What is asked for: by why, kind and name, with what the list says of it and what it is set to.
struct Question<'a> {
    why: Why,
    kind: Kind,
    name: &'a str,
    restriction: Option<&'a Restriction>,
    value: Option<&'a str>,
}

/// Asks the lab, writes down what it answered and judges it.
pub(crate) async fn carry_out(
    probe: CompatProbe,
    step: &Step,
    stage: &Stage,
    undo: &mut UndoLog,
    record: &mut ArmRecord<'_>,
    phase: &str,
) -> Result<(), DrillError> {
    let at_s = record.now_s();
    let (lists, model) = known()?;
    let needs = needs(&model);
    let target = probe.target;
    let mut unseen = None;
    let (watched, recorded) = match probe.watch {
        None => (false, Vec::new()),
        Some(time) => {
            let users = users(&model);
            match recorded::watch(&stage.site, time.get(), &users, &needs).await {
                Ok(recorded) => (true, recorded),
                Err(why) => {
                    // What was not recorded is no data, and the drill goes on to what can be asked.
                    record.note(ENTRY, serde_json::json!({ "not_recorded": why }))?;
                    unseen = Some(format!("; what agents do was not recorded: {why}"));
                    (false, Vec::new())
                }
            }
        }
    };
    let questions = questions(&lists, &needs, probe);
    let asked = match target.server() {
        Server::Redis => redis::ask(probe, &lists, &questions, stage, undo).await?,
        Server::Kafka => kafka::ask(&questions, &stage.site).await,
        Server::Mysql => mysql::ask(&questions, &stage.site).await,
    };
    let dated = lists.of(target.server()).map(|file| file.dated.clone());
    let listing = Listing {
        schema: LISTING_SCHEMA.to_owned(),
        target,
        denials: probe.denials,
        dated: dated.unwrap_or_default(),
        watched,
        recorded,
        asked: questions.iter().zip(asked).map(answered).collect(),
    };
    let judged = judge(&lists, &needs, &listing).map_err(|why| failed("the listing", why))?;
    record.note(
        ENTRY,
        serde_json::json!({ "phase": phase, "listing": listing }),
    )?;
    for (name, value) in told::values(&judged) {
        match value {
            Some(value) => record.sample(name, Some(phase), value),
            None => record.forget(name),
        }
    }
    record.actions.push(ActionReport {
        at_s,
        until_s: None,
        phase: phase.to_owned(),
        action: step.name().to_owned(),
        target: target.name().to_owned(),
        proof: told::in_words(&judged) + &unseen.unwrap_or_default(),
    });
    Ok(())
}

/// What a pass of `drill` does not prove of the services that it holds the lab against.
pub(crate) fn not_proven(drill: &Resolved) -> Vec<String> {
    let cases = drill.cases.keys().filter_map(|case| drill.in_case(case));
    let all: Vec<Resolved> = cases.chain([drill.clone()]).collect();
    let phases = all.iter().flat_map(|drill| &drill.phases);
    let steps = phases.flat_map(|phase| &phase.steps);
    let targets = steps.filter_map(|step| match step {
        Step::CompatProbe(probe) => Some(probe.target),
        _ => None,
    });
    let targets: BTreeSet<Target> = targets.collect();
    let lists = Lists::built_in().ok().filter(|_| !targets.is_empty());
    let lists = lists.as_ref();
    let told = targets.into_iter();
    told.filter_map(|target| Some(rlab_compat::not_proven(lists?, target)))
        .flatten()
        .collect()
}

/// The lists and the model of this program.
fn known() -> Result<(Lists, Model), DrillError> {
    let lists = Lists::built_in().map_err(|why| failed("the lists", why))?;
    let model = Model::built_in().map_err(|why| failed("the permission model", why))?;
    Ok((lists, model))
}

/// Agents by their user.
fn users(model: &Model) -> BTreeMap<String, String> {
    let agents = model.file().agents.iter();
    agents
        .filter(|(name, _)| *name != RUNNER)
        .filter_map(|(name, agent)| Some((agent.user.clone()?, name.clone())))
        .collect()
}

/// Everything that the listing has to have an answer about.
fn questions<'a>(lists: &'a Lists, needs: &'a [Need], probe: CompatProbe) -> Vec<Question<'a>> {
    let restricted = lists.restricted(probe.target);
    let restricted = restricted.map(|(kind, name, restriction)| Question {
        why: Why::Restricted,
        kind,
        name,
        restriction: Some(restriction),
        value: restriction.value.as_deref(),
    });
    let needed = needs.iter();
    let needed = needed.filter(|need| need.server == probe.target.server());
    let needed = needed.map(|need| Question {
        why: Why::Needed,
        kind: need.kind,
        name: &need.name,
        restriction: None,
        value: need.value.as_deref(),
    });
    restricted.chain(needed).collect()
}

fn answered((question, told): (&Question<'_>, Told)) -> Asked {
    Asked {
        why: question.why,
        kind: question.kind,
        name: question.name.to_owned(),
        how: told.how,
        answer: told.answer,
        told: told.words,
    }
}

fn failed(what: &'static str, why: impl ToString) -> DrillError {
    DrillError::Measure {
        what,
        why: why.to_string(),
    }
}

impl Told {
    fn new(how: How, answer: Answer, words: impl Into<String>) -> Self {
        Self {
            how: vec![how],
            answer,
            words: words.into(),
        }
    }

    /// Nobody could be asked.
    fn unknown(words: impl Into<String>) -> Self {
        Self {
            how: Vec::new(),
            answer: Answer::Unknown,
            words: words.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use rlab_runbook::Denials;

    use super::*;

    #[test]
    fn a_listing_of_all_questions_is_one_that_the_judge_takes() {
        let (lists, model) = known().unwrap();
        let needs = needs(&model);
        for target in Target::ALL {
            let probe = CompatProbe {
                target,
                denials: Denials::None,
                watch: None,
            };
            let questions = questions(&lists, &needs, probe);
            let answers = questions.iter().map(|_| Told::unknown("nobody was asked"));
            let listing = Listing {
                schema: LISTING_SCHEMA.to_owned(),
                target,
                denials: Denials::None,
                dated: lists.of(target.server()).unwrap().dated.clone(),
                watched: false,
                recorded: Vec::new(),
                asked: questions.iter().zip(answers).map(answered).collect(),
            };
            let judged = judge(&lists, &needs, &listing).unwrap();
            assert_eq!(judged.probed, questions.len());
            assert!(judged.slipped.is_empty() && !judged.unknown.is_empty());
        }
    }

    #[test]
    fn agents_are_known_by_their_users_and_the_runner_is_none() {
        let users = users(&known().unwrap().1);
        assert_eq!(users["consumer_service"], "consumer-service");
        assert!(!users.contains_key("rlab_admin"));
    }
}
