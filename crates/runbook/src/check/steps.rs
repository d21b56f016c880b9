//! Phases: that each ends, and that its actions go to what is there.

use std::num::NonZeroU32;

use rlab_document::one_of;

use super::{Findings, needs_agent, needs_instance};
use crate::action::{Action, BrokerOf, FailoverOf, Primary};
use crate::agents::Agent;

pub(super) fn check(findings: &mut Findings<'_>) {
    for (index, phase) in findings.document.value.phases.iter().enumerate() {
        let at = format!("/phases/{index}");
        if phase.until.is_none() && phase.least.is_none() {
            let help = "give it `for`, or `until` and `within`".to_owned();
            findings.value(&format!("{at}/name"), "the phase never ends", Some(help));
        }
        if phase.until.is_some() != phase.within.is_some() {
            let (there, missing) = match phase.until {
                Some(_) => ("until", "`until` without `within`"),
                None => ("within", "`within` without `until`"),
            };
            findings.key(&format!("{at}/{there}"), missing, None);
        }
        for (step, action) in phase.steps.iter().enumerate() {
            self::step(findings, &format!("{at}/do/{step}"), action);
        }
    }
}

fn step(findings: &mut Findings<'_>, at: &str, action: &Action) {
    match action {
        Action::Crash(crash) => {
            let at = format!("{at}/crash");
            needs_instance(findings, &at, crash.agent, crash.instance);
            let points = crash.agent.crash_points();
            if !points.contains(&crash.point.as_str()) {
                let message = format!("{} has no crash point `{}`", crash.agent, crash.point);
                let help = one_of("crash points", &crash.point, points.iter().copied());
                findings.value(&format!("{at}/point"), &message, help);
            }
        }
        Action::AgentKill(whom) => {
            let at = format!("{at}/agent.kill");
            needs_instance(findings, &at, whom.agent, whom.instance);
        }
        Action::AgentStart(whom) => {
            let at = format!("{at}/agent.start");
            needs_instance(findings, &at, whom.agent, whom.instance);
        }
        Action::BrokerKill(number) => broker(findings, &format!("{at}/broker.kill"), *number),
        Action::BrokerStart(number) => broker(findings, &format!("{at}/broker.start"), *number),
        Action::BrokerPause(pause) => {
            for (index, number) in pause.brokers.iter().enumerate() {
                broker(
                    findings,
                    &format!("{at}/broker.pause/brokers/{index}"),
                    *number,
                );
            }
        }
        Action::ConnectionsCut(_) | Action::AccessProbe(_) | Action::CompatProbe(_) => {}
        Action::CacheFill(_) => {
            needs_agent(findings, &format!("{at}/cache.fill"), Agent::QueryService);
        }
        Action::Failover(of) => failover(findings, &format!("{at}/failover"), *of),
    }
}

fn broker(findings: &mut Findings<'_>, at: &str, broker: NonZeroU32) {
    let brokers = findings.document.value.needs.kafka.brokers;
    if broker > brokers {
        let message = format!("there is no broker {broker}");
        let help = Some(format!("`needs.kafka.brokers` is {brokers}"));
        findings.value(at, &message, help);
    }
}

/// Somebody must be there to take over.
fn failover(findings: &mut Findings<'_>, at: &str, of: FailoverOf) {
    let needs = &findings.document.value.needs;
    let (there, message, help) = match of {
        FailoverOf::Primary(Primary::Mysql) => (
            needs.mysql.is_some(),
            "nobody takes over from MySQL's primary",
            "add `mysql: { standby: shared_storage }` to `needs`",
        ),
        FailoverOf::Primary(Primary::Redis) => (
            needs.redis.is_some(),
            "nobody takes over from Redis's primary",
            "add `redis: { replicas: 1 }` to `needs`",
        ),
        FailoverOf::Broker(BrokerOf { .. }) => (
            needs.zones.is_some_and(|zones| zones.get() > 1),
            "without zones no broker is in another one",
            "add `zones: 3` to `needs`",
        ),
    };
    if !there {
        findings.value(at, message, Some(help.to_owned()));
    }
}
