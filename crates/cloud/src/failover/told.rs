//! What AWS told of a failover, as a drill records it.

use std::time::Duration;

use jiff::Timestamp;
use rlab_aws::account::{AccountError, Asked, Chain, Followed, Link};
use rlab_drill::{ControlError, FailedOver, Seen};

use super::guard::refused;

/// AWS was not asked, so that nothing was changed.
pub(super) fn unasked(error: AccountError) -> ControlError {
    ControlError::Failed {
        hint: error.hint(),
        why: error.to_string(),
    }
}

/// AWS was asked for a failover, and answered with an error: it refused, or nobody knows whether it began.
pub(super) fn unanswered(error: AccountError) -> ControlError {
    let status = error.call().and_then(|call| call.status);
    match status.is_some_and(|status| (400..500).contains(&status)) {
        true => {
            let next = error.hint();
            let next = next.unwrap_or_else(|| {
                "see what AWS says of it in its console, then repeat the drill".to_owned()
            });
            refused(error.to_string(), next)
        }
        false => ControlError::Failed {
            hint: Some("see in AWS's console whether it began, before you repeat it".to_owned()),
            why: format!("it is not known whether it began: {error}"),
        },
    }
}

/// What is known of a failover by its events.
pub(super) fn by_events(
    what: &str,
    asked: &Asked,
    chain: &Chain,
    followed: Result<Followed, AccountError>,
) -> FailedOver {
    let mut seen = vec![began(what, asked)];
    let (links, unproven) = match followed {
        Ok(Followed::Whole(links)) => (links, None),
        Ok(Followed::Abandoned { links, by }) => {
            let why = format!("AWS abandoned it at {}: {}", by.event.at, by.event.message);
            (links, Some(why))
        }
        Ok(Followed::Broken { links, waited }) => (links, Some(waited.to_string())),
        // It was begun: what cannot be asked about it is unknown, and no error of the drill.
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let away = match unproven {
        None => away(chain, &links),
        Some(_) => None,
    };
    seen.extend(links.into_iter().map(seen_of));
    FailedOver {
        away,
        seen,
        unproven,
    }
}

/// The call itself, on the client's clock.
pub(super) fn began(what: &str, asked: &Asked) -> Seen {
    let request = asked.request_id.as_deref().unwrap_or("without an id");
    Seen {
        what: format!("{what} asked for at {}, request {request}", asked.at),
        at: None,
        heard_at: None,
    }
}

/// Something that AWS told, on both clocks.
pub(super) fn heard(what: String, at: Option<Timestamp>, heard_at: Timestamp) -> Seen {
    Seen {
        what,
        at,
        heard_at: Some(heard_at),
    }
}

fn seen_of(link: Link) -> Seen {
    let what = format!("{}: {}", link.event.source, link.event.message);
    heard(what, Some(link.event.at), link.heard_at)
}

/// From the first link to the one that leads clients elsewhere, on AWS's clock.
fn away(chain: &Chain, links: &[Link]) -> Option<Duration> {
    let (first, last) = (links.first()?, links.get(chain.leads_elsewhere)?);
    let away = last.event.at.duration_since(first.event.at);
    Duration::try_from(away).ok()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use rlab_aws::account::{Event, Failovers, Waited};

    use super::*;

    fn link(second: i64, message: &str) -> Link {
        let at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second);
        Link {
            heard_at: at + SignedDuration::from_secs(60),
            event: Event {
                at,
                source: "db".to_owned(),
                message: message.to_owned(),
            },
        }
    }

    fn asked() -> Asked {
        Asked {
            at: Timestamp::UNIX_EPOCH,
            request_id: Some("4711".to_owned()),
        }
    }

    fn told(followed: Followed) -> FailedOver {
        let chain = &Failovers::built_in().instance;
        by_events("RebootDBInstance of db", &asked(), chain, Ok(followed))
    }

    #[test]
    fn a_whole_chain_is_proof_with_both_clocks_and_the_time_away_is_aws_s() {
        let done = told(Followed::Whole(vec![
            link(10, "Multi-AZ instance failover started."),
            link(75, "Multi-AZ failover to standby complete"),
            link(80, "Multi-AZ instance failover completed."),
        ]));
        assert_eq!(done.unproven, None);
        assert_eq!(done.away, Some(Duration::from_secs(65)));
        let words: Vec<String> = done.seen.iter().map(Seen::to_string).collect();
        assert!(words[0].contains("request 4711"), "{words:?}");
        assert_eq!(
            words[1],
            "db: Multi-AZ instance failover started. at 1970-01-01T00:00:10Z, heard of at \
             1970-01-01T00:01:10Z"
        );
    }

    #[test]
    fn a_failover_that_aws_abandons_is_told_as_such_and_proves_nothing() {
        let words = "Abandoning user requested failover since a failover recently occurred";
        let done = told(Followed::Abandoned {
            links: Vec::new(),
            by: link(3, words),
        });
        let why = done.unproven.unwrap();
        assert!(why.starts_with("AWS abandoned it at 1970-01-01"), "{why}");
        assert!(why.ends_with(words), "{why}");
        assert_eq!(done.away, None);
    }

    #[test]
    fn an_event_that_never_comes_leaves_it_unproven_with_what_was_waited_for() {
        let started = link(10, "Multi-AZ instance failover started.");
        let done = told(Followed::Broken {
            waited: Waited {
                what: "event \"Multi-AZ failover to standby complete…\"".to_owned(),
                id: "db".to_owned(),
                waited: Duration::from_secs(600),
                seen: vec![started.event.clone()],
                unanswered: None,
            },
            links: vec![started],
        });
        let why = done.unproven.unwrap();
        assert!(
            why.contains("standby complete…\" of db within 600 s"),
            "{why}"
        );
        assert_eq!(done.seen.len(), 2);
    }
}
