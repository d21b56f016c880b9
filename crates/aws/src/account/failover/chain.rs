//! A failover's events, link by link, as they come.

use std::collections::HashSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::Chain;
use crate::account::connected::Account;
use crate::account::error::AccountError;
use crate::account::event::{Awaited, Event, Source, Waited};
use crate::account::patience::Patience;

/// How far back events are read before a failover is asked for. What is told of it later and was not
/// among them is new, whatever AWS's clock says.
const PAST: SignedDuration = SignedDuration::from_hours(1);

/// Watches for what is told of some sources from now on.
#[derive(Debug)]
pub struct Watch {
    account: Account,
    sources: Vec<Awaited>,
    known: HashSet<Event>,
}

/// An event of a chain, on both clocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// What AWS told.
    pub event: Event,
    /// When it was first seen here.
    pub heard_at: Timestamp,
}

/// What became of a chain.
#[derive(Debug)]
pub enum Followed {
    /// Every link came.
    Whole(Vec<Link>),
    /// AWS gave up.
    Abandoned {
        /// What came before.
        links: Vec<Link>,
        /// AWS's words.
        by: Link,
    },
    /// A link did not come in time: whether it happened is not known.
    Broken {
        /// What came.
        links: Vec<Link>,
        /// What was waited for.
        waited: Waited,
    },
}

impl Account {
    /// Begins to watch `sources`, the one that stands for them all first.
    ///
    /// # Errors
    /// When AWS refuses.
    pub async fn watch(&self, sources: &[(Source, &str)]) -> Result<Watch, AccountError> {
        let after = Timestamp::now() - PAST;
        let sources = sources.iter().map(|(source, id)| Awaited {
            source: *source,
            id: (*id).to_owned(),
            after,
            what: "event".to_owned(),
        });
        let mut watch = Watch {
            account: self.clone(),
            sources: sources.collect(),
            known: HashSet::new(),
        };
        watch.known = watch.told().await?.into_iter().collect();
        Ok(watch)
    }
}

impl Watch {
    /// Waits for every link of `chain`, up to `limit`.
    ///
    /// # Errors
    /// When AWS refuses to tell.
    pub async fn follow(self, chain: &Chain, limit: Duration) -> Result<Followed, AccountError> {
        let patience = Patience::new(limit, self.account.bounds().pace);
        let mut heard: Vec<Link> = Vec::new();
        loop {
            let unanswered = match self.told().await {
                Ok(events) => {
                    self.hear(&mut heard, events);
                    None
                }
                Err(error) if error.passes() => Some(error.to_string()),
                Err(error) => return Err(error),
            };
            let (links, missing) = matched(chain, &heard);
            let gives_up = |link: &&Link| begins(&link.event, &chain.abandoned);
            if let Some(by) = heard.iter().find(gives_up) {
                let by = by.clone();
                return Ok(Followed::Abandoned { links, by });
            }
            let Some(missing) = missing else {
                return Ok(Followed::Whole(links));
            };
            if !patience.lasts().await {
                let waited = Waited {
                    what: format!("event \"{missing}…\""),
                    id: self.sources.first().map_or("", |s| &s.id).to_owned(),
                    waited: patience.waited(),
                    seen: heard.into_iter().map(|link| link.event).collect(),
                    unanswered,
                };
                return Ok(Followed::Broken { links, waited });
            }
        }
    }

    /// Keeps what is new, by AWS's time.
    fn hear(&self, heard: &mut Vec<Link>, events: Vec<Event>) {
        let heard_at = Timestamp::now();
        for event in events {
            let old = self.known.contains(&event) || heard.iter().any(|link| link.event == event);
            if !old {
                heard.push(Link { event, heard_at });
            }
        }
        heard.sort_by_key(|link| link.event.at);
    }

    async fn told(&self) -> Result<Vec<Event>, AccountError> {
        let mut told = Vec::new();
        for source in &self.sources {
            told.extend(self.account.events(source).await?);
        }
        Ok(told)
    }
}

/// The links of `chain` among what was heard, and the first wording of the first that is missing.
fn matched<'a>(chain: &'a Chain, heard: &[Link]) -> (Vec<Link>, Option<&'a str>) {
    let mut links: Vec<Link> = Vec::new();
    for wordings in &chain.chain {
        let not_before = match chain.in_order {
            true => links.last().map(|link| link.event.at),
            false => None,
        };
        let late_enough = |link: &&Link| not_before.is_none_or(|at| link.event.at >= at);
        let found = heard
            .iter()
            .filter(late_enough)
            .find(|l| begins(&l.event, wordings));
        match found {
            Some(link) => links.push(link.clone()),
            None => return (links, wordings.first().map(String::as_str)),
        }
    }
    (links, None)
}

fn begins(event: &Event, wordings: &[String]) -> bool {
    wordings
        .iter()
        .any(|wording| event.message.starts_with(wording.as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::Failovers;
    use super::*;

    fn link(second: i64, message: &str) -> Link {
        let at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second);
        let event = Event {
            at,
            source: "rg".to_owned(),
            message: message.to_owned(),
        };
        Link {
            event,
            heard_at: at,
        }
    }

    const CALLED: &str = "Test Failover API called for node group 0001";
    const FAILED_OVER: &str = "Failover from primary node rg-001 to replica node rg-002 completed";
    const RECOVERING: &str = "Recovering cache nodes 0001";
    const RECOVERED: &str = "Finished recovery for cache nodes 0001";

    #[test]
    fn every_link_of_a_chain_is_told_in_its_order_and_in_older_words_too() {
        let chain = &Failovers::built_in().cache.chain;
        let older = "Failover from master node rg-001 to replica node rg-002 completed";
        for words in [FAILED_OVER, older] {
            let heard = [
                link(1, CALLED),
                link(2, words),
                link(2, RECOVERING),
                link(9, RECOVERED),
            ];
            let (links, missing) = matched(chain, &heard);
            assert_eq!(missing, None, "{words}");
            assert_eq!(links, heard);
        }
    }

    #[test]
    fn the_first_link_that_is_missing_is_named_and_what_came_after_it_does_not_stand_for_it() {
        let chain = &Failovers::built_in().cache.chain;
        let heard = [link(1, CALLED), link(2, RECOVERING), link(9, RECOVERED)];
        let (links, missing) = matched(chain, &heard);
        assert_eq!(missing, Some("Failover from primary node"));
        assert_eq!(links, heard[..1]);
    }

    #[test]
    fn a_link_from_before_the_one_in_front_of_it_is_of_another_failover() {
        let chain = &Failovers::built_in().cache.chain;
        let heard = [
            link(1, FAILED_OVER),
            link(2, CALLED),
            link(3, RECOVERING),
            link(9, RECOVERED),
        ];
        assert_eq!(matched(chain, &heard).1, Some("Failover from primary node"));
    }

    #[test]
    fn rds_may_tell_its_events_in_any_order() {
        let chain = &Failovers::built_in().instance;
        let heard = [
            link(
                1,
                "Multi-AZ failover to standby complete - DNS propagation may take a few minutes.",
            ),
            link(2, "Multi-AZ instance failover started."),
            link(3, "Multi-AZ instance failover completed."),
        ];
        assert_eq!(matched(chain, &heard).1, None);
    }
}
