//! Who is in charge at this moment, as the servers behind the names tell, whatever was asked for.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;

use crate::pipeline;
use crate::protocol::Role;
use crate::servers::{Site, connect_mysql, connect_redis, replication};
use crate::spec::{NodeKind, NodeSpec};

/// What a broker logs when the controller has let it in; its epoch follows.
const REGISTERED: &str = "Successfully registered broker ";
const EPOCH: &str = " with broker epoch ";

/// Zone of the MySQL that the name leads to, by the address that it says it listens on; none while
/// it does not answer.
pub async fn mysql_zone(site: &Site) -> Option<String> {
    let address = site.address("mysql").ok()?;
    let mut connection = connect_mysql(site, address, None).await.ok()?;
    let bound = rlab_store::health::bind_address(&mut connection);
    let seat = standing_at(site, NodeKind::Mysql, &bound.await.ok()?)?;
    Some(seat.zone)
}

/// Node of the Redis that the name leads to, by the address that it says it listens on; none while
/// it does not answer or is no primary.
pub async fn redis_primary(site: &Site) -> Option<String> {
    let address = site.address("redis").ok()?;
    let mut connection = connect_redis(site, address).await.ok()?;
    let standing = replication::standing(&mut connection).await.ok()?;
    let bound: (String, String) = redis::cmd("CONFIG")
        .arg(&["GET", "bind"])
        .query_async(&mut connection)
        .await
        .ok()?;
    let node = standing_at(site, NodeKind::Redis, &bound.1)?;
    (standing.role == Role::Primary).then_some(node.name)
}

fn standing_at(site: &Site, kind: NodeKind, back: &str) -> Option<NodeSpec> {
    let back: Ipv4Addr = back.parse().ok()?;
    let ours = site.spec.nodes.iter().filter(|n| n.theirs.is_none());
    let of_kind = ours.filter(|node| node.kind == kind);
    let mut seats = of_kind.flat_map(NodeSpec::seats);
    seats.find(|seat| seat.back == back)
}

/// Each broker with the epoch that the controller gave it when it last registered; a new one each
/// time. None while a broker has not registered. Blocks while logs are read.
pub fn registrations(site: &Site) -> Option<String> {
    let brokers = site.spec.brokers().map(|broker| {
        let log = File::open(site.dir.node_log(&broker.name)).ok()?;
        let lines = BufReader::new(log).lines().map_while(Result::ok);
        let epoch = lines.filter_map(|line| epoch(&line)).last()?;
        Some(format!("{} {epoch}", broker.name))
    });
    let told: Option<Vec<String>> = brokers.collect();
    told.map(|told| told.join(", "))
}

/// Leader and epoch of each partition of the lab's own topic: a broker that ends gives its partitions away, and
/// no epoch comes twice. For brokers whose logs are not ours to read; none while no broker answers.
pub async fn leaderships(site: &Site) -> Option<String> {
    let mut broker = pipeline::any_broker(site).await.ok()?;
    let topic = site.spec.own_namespace().topic;
    let partitions = broker.partitions(&topic).await.ok()?;
    let told = partitions.iter().map(|p| {
        let (partition, leader, epoch) = (p.index, p.leader, p.leader_epoch);
        format!("{partition} {leader} {epoch}")
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| told.join(", "))
}

fn epoch(line: &str) -> Option<u64> {
    let (_, told) = line.split_once(REGISTERED)?;
    let (_, epoch) = told.split_once(EPOCH)?;
    epoch.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::epoch;

    #[test]
    fn a_registration_is_told_from_what_else_a_broker_logs() {
        let line = "2026-01-02T03:04:05,678 INFO [BrokerLifecycleManager id=1] Successfully \
                    registered broker 1 with broker epoch 25 (kafka.server.BrokerLifecycleManager)";
        assert_eq!(epoch(line), Some(25));
        assert_eq!(
            epoch("INFO The broker is in RECOVERY with broker epoch 25"),
            None
        );
    }
}
