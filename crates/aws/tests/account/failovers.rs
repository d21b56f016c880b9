//! Failovers as AWS tells of them: what of its events counts, and what becomes of a chain of them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rlab_aws::account::{Failovers, Followed, Source};

use crate::direct;
use crate::stub::{Answer, Asked};

const CALLED: &str = "Test Failover API called for node group 0001";

fn told(events: &[(Timestamp, &str, &str)]) -> Answer {
    let events = events.iter().map(|(at, source, message)| {
        format!(
            "<Event><SourceIdentifier>{source}</SourceIdentifier><Message>{message}</Message>\
             <Date>{at}</Date></Event>"
        )
    });
    Answer::xml(&format!(
        "<DescribeEventsResponse><DescribeEventsResult><Events>{}</Events></DescribeEventsResult>\
         </DescribeEventsResponse>",
        events.collect::<String>()
    ))
}

fn ago(seconds: i64) -> Timestamp {
    // AWS tells whole milliseconds.
    let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap();
    now - SignedDuration::from_secs(seconds)
}

/// Follows RDS's chain of an instance, where `later` is told from the second question on.
async fn followed(later: &'static [&'static str]) -> Followed {
    let questions = AtomicU32::new(0);
    let (before, after) = (ago(30), ago(1));
    let (account, _scratch) = direct(move |_: &Asked| {
        let mut events = vec![(before, "db", "Multi-AZ instance failover completed.")];
        if questions.fetch_add(1, Ordering::Relaxed) > 0 {
            events.extend(later.iter().map(|message| (after, "db", *message)));
        }
        told(&events)
    })
    .await;
    let watch = account.watch(&[(Source::Database, "db")]).await.unwrap();
    let chain = &Failovers::built_in().instance;
    watch
        .follow(chain, Duration::from_millis(200))
        .await
        .unwrap()
}

#[tokio::test]
async fn every_test_failover_of_the_day_counts_whoever_asked_for_it_on_whatever_group() {
    let (account, _scratch) = direct(|asked: &Asked| {
        assert!(
            !asked.text().contains("SourceIdentifier"),
            "{}",
            asked.text()
        );
        told(&[
            (ago(25 * 3600), "mine", CALLED),
            (ago(23 * 3600), "somebody-elses", CALLED),
            (ago(60), "mine", CALLED),
            (
                ago(50),
                "mine",
                "Failover from primary node a to replica node b completed",
            ),
        ])
    })
    .await;
    let quota = &Failovers::built_in().cache.quota;
    let used = account.tested_failovers(quota).await.unwrap();
    assert_eq!(used.len(), 2);
}

#[tokio::test]
async fn a_chain_is_whole_when_every_event_came_after_the_watch_began() {
    let Followed::Whole(links) = followed(&[
        "Multi-AZ instance failover started.",
        "Multi-AZ failover to standby complete - DNS propagation may take a few minutes.",
        "Multi-AZ instance failover completed.",
    ])
    .await
    else {
        panic!("not whole");
    };
    assert_eq!(links.len(), 3);
    assert!(links.iter().all(|link| link.heard_at > link.event.at));
}

#[tokio::test]
async fn an_event_that_never_comes_breaks_the_chain_and_an_older_one_does_not_stand_for_it() {
    let Followed::Broken { links, waited } = followed(&[
        "Multi-AZ instance failover started.",
        "Multi-AZ failover to standby complete - DNS propagation may take a few minutes.",
    ])
    .await
    else {
        panic!("not broken");
    };
    assert_eq!(links.len(), 2);
    assert_eq!(
        waited.what,
        "event \"Multi-AZ instance failover completed…\""
    );
    assert_eq!(waited.id, "db");
    assert_eq!(waited.seen.len(), 2);
}

#[tokio::test]
async fn what_aws_abandons_is_known_at_once() {
    let words = "Abandoning user requested failover since a failover recently occurred on the \
                 database instance.";
    let Followed::Abandoned { links, by } = followed(&[
        "Abandoning user requested failover since a failover recently occurred on the database instance.",
    ])
    .await
    else {
        panic!("not abandoned");
    };
    assert!(links.is_empty());
    assert_eq!(by.event.message, words);
}

#[tokio::test]
async fn an_alarm_that_rings_is_told_apart_and_the_question_is_in_the_journal() {
    let (account, scratch) = direct(|asked: &Asked| {
        assert_eq!(asked.action, "DescribeAlarms");
        assert!(asked.text().contains("AlarmNames.member.2=rlab-b"));
        let signed = asked
            .headers
            .get("authorization")
            .unwrap()
            .to_str()
            .unwrap();
        assert!(signed.contains("/monitoring/aws4_request"), "{signed}");
        let alarm = |name: &str, state: &str| {
            format!(
                "<member><AlarmName>{name}</AlarmName><StateReason>so</StateReason>\
                 <StateValue>{state}</StateValue></member>"
            )
        };
        Answer::xml(&format!(
            "<DescribeAlarmsResponse><DescribeAlarmsResult><MetricAlarms>{}{}{}</MetricAlarms>\
             </DescribeAlarmsResult></DescribeAlarmsResponse>",
            alarm("rlab-a", "OK"),
            alarm("rlab-b", "ALARM"),
            alarm("somebody-elses", "ALARM"),
        ))
    })
    .await;
    let names = ["rlab-a".to_owned(), "rlab-b".to_owned()];
    let alarms = account.alarms(&names).await.unwrap();
    let rings: Vec<bool> = alarms.iter().map(|alarm| alarm.rings).collect();
    assert_eq!(rings, [false, true]);
    let lines = scratch.lines("DescribeAlarms");
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["status"], 200);
}

#[tokio::test]
async fn alarms_that_may_not_be_seen_are_refused_with_aws_s_code() {
    let (account, _scratch) = direct(|_: &Asked| {
        Answer::status(
            403,
            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error>\
             </ErrorResponse>",
        )
    })
    .await;
    let refused = account.alarms(&["rlab-a".to_owned()]).await.unwrap_err();
    let call = refused.call().unwrap();
    assert_eq!(call.code.as_deref(), Some("AccessDenied"));
    assert_eq!(call.status, Some(403));
}
