//! The statements of the store, on a real MySQL.

use std::collections::HashSet;
use std::time::Duration;

use futures::future::join_all;
use rlab_lab::pipeline::own_namespace;
use rlab_lab::servers::Site;
use rlab_store::coupon::{self, Claim};
use rlab_store::effect::{self, Effect};
use rlab_store::outbox::{self, Acknowledged, Wanted};
use rlab_store::relay_lease::{self, Lease, SHARDS};
use rlab_store::synthetic::{self, SyntheticEvent};
use rlab_store::{MySqlPool, connect, read_model, relay};
use uuid::Uuid;

use crate::clients::runtime;
use crate::scene::Scene;

const TTL: Duration = Duration::from_secs(60);

/// One lab for all of it; its own relay and consumer are stopped, so that nobody else writes.
#[test]
fn the_store_keeps_its_promises_on_a_real_mysql() {
    let scene = Scene::fresh();
    for agent in ["outbox-relay", "consumer-service"] {
        scene.rlab(&["node", "stop", agent]).succeeded();
    }
    let site = Site::load(scene.dir()).unwrap();
    runtime().block_on(async {
        let pool = pool(&site);
        no_more_coupons_are_issued_than_there_are(&pool).await;
        an_event_takes_effect_once_whatever_day_it_carries(&pool).await;
        two_consumers_with_the_same_events_apply_them_once(&pool).await;
        shards_have_one_holder_each_and_a_lost_one_settles_nothing(&pool).await;
        rows_are_read_oldest_first_per_shard_without_those_in_flight(&pool).await;
    });
    scene.ends_clean();
}

fn pool(site: &Site) -> MySqlPool {
    let address = site.address("mysql").unwrap();
    let password = &site.secrets.mysql["rlab_admin"];
    let database = own_namespace().database;
    connect::open_pool(
        connect::options_by_name(
            (address.host(), address.port()),
            "rlab_admin",
            password,
            Some(&database),
        ),
        16,
    )
}

async fn no_more_coupons_are_issued_than_there_are(pool: &MySqlPool) {
    coupon::offer(pool, "ten", 10).await.unwrap();
    let claims = (0..60).map(async |n| {
        let claimant = format!("claimant-{}", n % 40);
        coupon::claim(pool, "ten", &claimant).await.unwrap()
    });
    let outcomes = join_all(claims).await;
    let count = |wanted| outcomes.iter().filter(|o| **o == wanted).count();
    assert_eq!(count(Claim::Issued), 10);
    assert_eq!(
        count(Claim::Issued) + count(Claim::Repeat) + count(Claim::SoldOut),
        60
    );
    assert_eq!(
        coupon::claim(pool, "none", "x").await.unwrap(),
        Claim::Unknown
    );
}

fn effect(item: &str, sequence: u64, occurred_at_us: i64) -> Effect {
    Effect {
        event_id: Uuid::new_v4(),
        item_id: item.into(),
        sequence,
        occurred_at_us,
        level_delta: 1,
        cost: 5,
        summary: "{}".into(),
    }
}

async fn level(pool: &MySqlPool, item: &str) -> i64 {
    read_model::find(pool, item).await.unwrap().unwrap().level
}

async fn an_event_takes_effect_once_whatever_day_it_carries(pool: &MySqlPool) {
    let today_us = jiff::Timestamp::now().as_microsecond();
    let days = [
        0,
        today_us,
        today_us + 40 * 86_400_000_000,
        i64::MAX,
        i64::MIN,
    ];
    let batch: Vec<Effect> = (1..)
        .zip(days)
        .map(|(sequence, day)| effect("days", sequence, day))
        .collect();
    let first = effect::apply_once(pool, &batch).await.unwrap();
    let again = effect::apply_once(pool, &batch).await.unwrap();
    assert_eq!((first.new, first.duplicates), (days.len(), 0));
    assert_eq!((again.new, again.duplicates), (0, days.len()));
    assert_eq!(level(pool, "days").await, days.len() as i64);
    let wrong = effect::apply_again(pool, &batch).await.unwrap();
    assert_eq!(wrong.new, days.len());
    assert_eq!(level(pool, "days").await, 2 * days.len() as i64);
}

async fn two_consumers_with_the_same_events_apply_them_once(pool: &MySqlPool) {
    let batch: Vec<Effect> = (1..=200).map(|n| effect("both", n, 0)).collect();
    let apply = async |part: &[Effect]| {
        let mut new = 0;
        let mut parts = vec![part];
        while let Some(part) = parts.pop() {
            match effect::apply_once(pool, part).await {
                Ok(applied) => new += applied.new,
                // Rolled back as a whole: in halves, as consumer-service does.
                Err(_) if part.len() > 1 => {
                    parts.extend([&part[part.len() / 2..], &part[..part.len() / 2]])
                }
                Err(_) => parts.push(part),
            }
        }
        new
    };
    let (one, other) = tokio::join!(apply(&batch), apply(&batch));
    assert_eq!(one + other, batch.len());
    assert_eq!(level(pool, "both").await, batch.len() as i64);
}

async fn shards_have_one_holder_each_and_a_lost_one_settles_nothing(pool: &MySqlPool) {
    assert_eq!(relay::attend(pool, "one", TTL).await.unwrap(), 1);
    assert_eq!(relay::attend(pool, "two", TTL).await.unwrap(), 2);
    let one = relay_lease::acquire(pool, "one", false, 4, TTL)
        .await
        .unwrap();
    let two = relay_lease::acquire(pool, "two", false, SHARDS, TTL)
        .await
        .unwrap();
    assert_eq!((one.len(), two.len()), (4, usize::from(SHARDS) - 4));
    let shards: HashSet<u8> = one.iter().chain(&two).map(|l| l.shard).collect();
    assert_eq!(shards.len(), usize::from(SHARDS));

    let lost = one[0];
    let row = insert(pool, lost.shard, 1).await[0];
    // Its process died; the next one takes its name over at once.
    let again = relay_lease::acquire(pool, "one", true, SHARDS, TTL)
        .await
        .unwrap();
    assert_eq!(again.len(), 4);
    assert_eq!(relay_lease::renew(pool, &one, TTL).await.unwrap(), []);
    let settle = async |lease: Lease| {
        let rows = [Acknowledged {
            lease,
            ids: vec![row],
        }];
        outbox::settle(pool, &rows).await.unwrap()
    };
    assert_eq!(settle(lost).await, [lost]);
    assert!(!outbox::park(pool, lost, row, "late").await.unwrap());
    assert_eq!(unsettled(pool, lost.shard, 10, &[]).await, [row]);
    let held = *again.iter().find(|l| l.shard == lost.shard).unwrap();
    assert_eq!(settle(held).await, []);
    assert!(unsettled(pool, lost.shard, 10, &[]).await.is_empty());
    for lease in again.into_iter().chain(two) {
        relay_lease::release(pool, lease).await.unwrap();
    }
    for holder in ["one", "two"] {
        relay::leave(pool, holder).await.unwrap();
    }
}

async fn rows_are_read_oldest_first_per_shard_without_those_in_flight(pool: &MySqlPool) {
    let rows = insert(pool, 2, 5).await;
    let others = insert(pool, 3, 1).await;
    assert_eq!(unsettled(pool, 2, 3, &[]).await, rows[..3]);
    assert_eq!(unsettled(pool, 2, 3, &rows[..2]).await, rows[2..]);
    assert_eq!(unsettled(pool, 3, 3, &rows).await, others);
}

async fn unsettled(pool: &MySqlPool, shard: u8, most: usize, in_flight: &[u64]) -> Vec<u64> {
    let wanted = Wanted {
        shard,
        most,
        in_flight: in_flight.len(),
    };
    let in_flight: HashSet<u64> = in_flight.iter().copied().collect();
    let rows = outbox::unsettled(pool, &[wanted], &in_flight)
        .await
        .unwrap();
    rows.iter().map(|row| row.id).collect()
}

/// Inserts `count` rows into `shard`; returns their ids.
async fn insert(pool: &MySqlPool, shard: u8, count: u64) -> Vec<u64> {
    let events: Vec<_> = (1..=count)
        .map(|sequence| SyntheticEvent {
            event_id: Uuid::new_v4(),
            aggregate_id: "s".into(),
            sequence,
            shard,
            schema_version: 1,
            payload: vec![0],
        })
        .collect();
    let mut connection = pool.acquire().await.unwrap();
    synthetic::insert_outbox(&mut connection, &events)
        .await
        .unwrap();
    unsettled(pool, shard, events.len(), &[]).await
}
