//! What happens in a run: loads, phases with their steps, series, conditions that stop it.

use std::num::NonZeroU32;

use indexmap::IndexMap;
use rlab_document::one_of;

use super::Resolver;
use crate::action::{Action, BrokerOf, CompatProbe, Failover, FailoverOf, Primary, Step};
use crate::expression::{Expression, Position};
use crate::format::{Connect, Keys, Load, Phase, Produce};
use crate::resolved::{
    ResolvedConnect, ResolvedLoad, ResolvedPhase, ResolvedProduce, ResolvedSeries, Until,
};

impl Resolver<'_, '_> {
    pub(super) fn loads(&mut self) -> Option<IndexMap<String, ResolvedLoad>> {
        let loads: Vec<_> = self
            .text()
            .load
            .iter()
            .map(|(name, load)| Some((name.clone(), self.load(name, load)?)))
            .collect();
        loads.into_iter().collect()
    }

    fn load(&mut self, name: &str, load: &Load) -> Option<ResolvedLoad> {
        let at = format!("/load/{name}");
        let count = self.optional(&format!("{at}/count"), load.count.as_ref());
        let rate = self.argument(&format!("{at}/rate"), &load.rate);
        let keys = self.keys(&format!("{at}/keys"), &load.keys);
        let produce = match &load.kafka_produce {
            None => Some(None),
            Some(produce) => self
                .produce(&format!("{at}/kafka.produce"), produce)
                .map(Some),
        };
        let connect = match &load.kafka_connect {
            None => Some(None),
            Some(connect) => self
                .connect(&format!("{at}/kafka.connect"), connect)
                .map(Some),
        };
        Some(ResolvedLoad {
            kind: load.kind(),
            from: load.from.clone(),
            to: load.to.clone(),
            count: count?,
            rate: rate?,
            keys: keys?,
            produce: produce?,
            connect: connect?,
        })
    }

    fn connect(&mut self, at: &str, connect: &Connect) -> Option<ResolvedConnect> {
        let retry = self.argument(&format!("{at}/retry"), &connect.retry);
        let within = self.argument(&format!("{at}/within"), &connect.within);
        Some(ResolvedConnect {
            retry: retry?,
            within: within?,
        })
    }

    fn produce(&mut self, at: &str, produce: &Produce) -> Option<ResolvedProduce> {
        let acks = self.argument(&format!("{at}/acks"), &produce.acks);
        let retries = self.optional(&format!("{at}/retries"), produce.retries.as_ref());
        let min_isr = self.optional(&format!("{at}/min_isr"), produce.min_isr.as_ref());
        let unclean = self.optional(&format!("{at}/unclean"), produce.unclean.as_ref());
        let brokers = self.text().needs.kafka.brokers;
        if let Some(too_many) = min_isr.flatten().filter(|least| *least > brokers) {
            let message = format!("{too_many} in-sync replicas can never be");
            let help = format!("`needs.kafka.brokers` is {brokers}");
            self.findings
                .value(&format!("{at}/min_isr"), &message, Some(help));
        }
        Some(ResolvedProduce {
            topic: produce.topic.clone(),
            acks: acks?,
            retries: retries?,
            min_isr: min_isr?,
            unclean: unclean?.unwrap_or(false),
        })
    }

    /// The number of aggregates, that of another load if its name is given.
    fn keys(&mut self, at: &str, keys: &Keys) -> Option<NonZeroU32> {
        let name = match keys {
            Keys::Number(number) => return self.argument(at, number),
            Keys::Of(name) => name,
        };
        let loads = &self.text().load;
        if let Some(Keys::Number(number)) = loads.get(name).map(|other| &other.keys) {
            return self.argument(&format!("/load/{name}/keys"), number);
        }
        let numbered = loads
            .iter()
            .filter(|(_, load)| matches!(load.keys, Keys::Number(_)))
            .map(|(name, _)| name.as_str());
        let help = one_of("loads with keys", name, numbered);
        let message = format!("no load `{name}` with a number of keys");
        self.findings.value(at, &message, help);
        None
    }

    pub(super) fn phases(&mut self) -> Option<Vec<ResolvedPhase>> {
        let phases: Vec<_> = self
            .text()
            .phases
            .iter()
            .enumerate()
            .map(|(index, phase)| self.phase(index, phase))
            .collect();
        phases.into_iter().collect()
    }

    fn phase(&mut self, index: usize, phase: &Phase) -> Option<ResolvedPhase> {
        let at = format!("/phases/{index}");
        let least = self.optional(&format!("{at}/for"), phase.least.as_ref());
        let within = phase
            .within
            .as_ref()
            .map(|arg| self.argument(&format!("{at}/within"), arg));
        let condition = phase.until.as_ref().map(|text| {
            let scope = self.scope.at(Position::Until(index));
            self.expression(&format!("{at}/until"), text, &scope)
        });
        let steps: Vec<Option<Step>> = phase
            .steps
            .iter()
            .enumerate()
            .map(|(step, action)| self.step(&format!("{at}/do/{step}"), action))
            .collect();
        let until = match (condition, within) {
            (Some(condition), Some(within)) => Some(Until {
                condition: condition?,
                within: within?,
            }),
            _ => None,
        };
        Some(ResolvedPhase {
            name: phase.name.clone(),
            least: least?,
            until,
            steps: steps.into_iter().collect::<Option<_>>()?,
        })
    }

    fn step(&mut self, at: &str, action: &Action) -> Option<Step> {
        Some(match action {
            Action::Crash(crash) => Step::Crash {
                agent: crash.agent,
                instance: crash.instance,
                point: crash.point.clone(),
                times: self.argument(&format!("{at}/crash/times"), &crash.times)?,
            },
            Action::AgentKill(whom) => Step::AgentKill {
                agent: whom.agent,
                instance: whom.instance,
            },
            Action::AgentStart(whom) => Step::AgentStart {
                agent: whom.agent,
                instance: whom.instance,
            },
            Action::BrokerKill(broker) => Step::BrokerKill { broker: *broker },
            Action::BrokerStart(broker) => Step::BrokerStart { broker: *broker },
            Action::BrokerPause(pause) => Step::BrokerPause {
                brokers: pause.brokers.clone(),
                lasts: self.argument(&format!("{at}/broker.pause/for"), &pause.lasts)?,
            },
            Action::CacheFill(fill) => Step::CacheFill {
                within: self.argument(&format!("{at}/cache.fill/within"), &fill.within)?,
            },
            Action::ConnectionsCut(server) => Step::ConnectionsCut(*server),
            Action::AccessProbe(probe) => Step::AccessProbe(
                self.argument(&format!("{at}/access.probe/rights"), &probe.rights)?,
            ),
            Action::CompatProbe(probe) => {
                let at = format!("{at}/compat.probe");
                let target = self.argument(&format!("{at}/target"), &probe.target);
                let denials = self.argument(&format!("{at}/denials"), &probe.denials);
                let watch = self.optional(&format!("{at}/watch"), probe.watch.as_ref());
                Step::CompatProbe(CompatProbe {
                    target: target?,
                    denials: denials?,
                    watch: watch?,
                })
            }
            Action::Failover(of) => Step::Failover(match of {
                FailoverOf::Primary(Primary::Mysql) => Failover::Mysql,
                FailoverOf::Primary(Primary::Redis) => Failover::Redis,
                FailoverOf::Broker(BrokerOf { .. }) => Failover::BrokerInZoneOfOldPrimary,
            }),
        })
    }

    pub(super) fn series(&mut self) -> Option<Vec<ResolvedSeries>> {
        let series: Vec<_> = self
            .text()
            .observe
            .iter()
            .map(|(name, series)| {
                Some(ResolvedSeries {
                    name: name.clone(),
                    probe: series.probe,
                    every: self.argument(&format!("/observe/{name}/every"), &series.every)?,
                })
            })
            .collect();
        series.into_iter().collect()
    }

    pub(super) fn stops(&mut self) -> Vec<Expression> {
        let scope = self.scope.at(Position::Stop);
        self.list("/stop", &self.text().stop, &scope)
    }
}
