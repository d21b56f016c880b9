//! Runs terraform's long verbs and tells how far they are.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use rlab_aws::intent::Recorded;
use rlab_aws::progress::{Durations, Eta, Graph};
use rlab_aws::terraform::{Applied, Destroyed, Event, Plan, Stage, Stop, TerraformError, Workdir};

use crate::event::{CloudEvent, OnCloud};

/// Carries out `plan`, telling how far it is.
///
/// # Errors
/// As [`Workdir::apply`].
pub(crate) async fn apply(
    pace: Pace,
    workdir: &Workdir,
    plan: &Plan,
    intent: &Recorded,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<Applied, TerraformError> {
    let teller = Teller::new(pace, Eta::of_apply(plan, &Durations::built_in()), on);
    workdir
        .apply(plan, intent, &|event| teller.tell(&event), stop)
        .await
}

/// Removes everything, telling how far it is.
///
/// # Errors
/// As [`Workdir::destroy`].
pub(crate) async fn destroy(
    pace: Pace,
    workdir: &Workdir,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<Destroyed, TerraformError> {
    let left = workdir.resources(stop).await?;
    // Keys in an address may hold dots; types begin alike.
    let kind = |address: &String| {
        let is_type = |part: &&str| part.starts_with("aws_") || part.starts_with("terraform_");
        address
            .rsplit('.')
            .find(is_type)
            .unwrap_or_default()
            .to_owned()
    };
    let left = left.iter().map(|address| (address.clone(), kind(address)));
    let eta = Eta::of_destroy(left, &Graph::default(), &Durations::built_in());
    let teller = Teller::new(pace, eta, on);
    workdir.destroy(&|event| teller.tell(&event), stop).await
}

/// Waits for a terraform whose starter died.
///
/// # Errors
/// As [`Workdir::follow`].
pub(crate) async fn follow(
    workdir: &Workdir,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<(), TerraformError> {
    let eta = Eta::new(&[], Graph::default(), &Durations::built_in());
    let teller = Teller::new(Pace::Unknown, eta, on);
    workdir.follow(&|event| teller.tell(&event), stop).await
}

/// Whether it is known how long things usually take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// As AWS does.
    Aws,
    /// Nobody knows.
    Unknown,
}

struct Teller<'a> {
    pace: Pace,
    on: OnCloud<'a>,
    started: Instant,
    state: Mutex<State>,
}

struct State {
    eta: Eta,
    /// What is being worked on, and since when.
    open: BTreeMap<String, Instant>,
}

impl<'a> Teller<'a> {
    fn new(pace: Pace, eta: Eta, on: OnCloud<'a>) -> Self {
        let open = BTreeMap::new();
        Self {
            pace,
            on,
            started: Instant::now(),
            state: Mutex::new(State { eta, open }),
        }
    }

    fn tell(&self, event: &Event) {
        let Event::Apply(work) = event else {
            if let Event::Diagnostic(told) = event {
                tracing::debug!(summary = told.summary, "terraform");
            }
            return;
        };
        let elapsed = self.started.elapsed();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.eta.observe(event, elapsed);
        let address = work.resource.address.clone();
        match work.stage {
            Stage::Start | Stage::Progress => {
                state.open.entry(address).or_insert_with(Instant::now);
            }
            Stage::Complete | Stage::Errored => {
                state.open.remove(&address);
            }
        }
        let mut waiting: Vec<_> = state.open.iter().collect();
        waiting.sort_by_key(|(_, since)| **since);
        let waiting_for = waiting
            .into_iter()
            .map(|(address, _)| address.clone())
            .collect();
        let (done, of) = state.eta.done();
        let left = (self.pace == Pace::Aws).then(|| state.eta.remaining(elapsed));
        drop(state);
        (self.on)(CloudEvent::Working {
            done,
            of,
            waiting_for,
            elapsed,
            left,
        });
    }
}
