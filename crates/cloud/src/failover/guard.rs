//! What has to be so before AWS is asked for a failover; a refusal names what is not, and what to do.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rlab_aws::account::{Alarm, Brokers, CacheGroup, DatabaseCluster, DatabaseInstance, Quota};
use rlab_drill::ControlError;

type Allowed = Result<(), ControlError>;

const AVAILABLE: &str = "available";
const ACTIVE: &str = "ACTIVE";

pub(super) fn refused(why: impl Into<String>, next: impl Into<String>) -> ControlError {
    ControlError::Refused {
        why: why.into(),
        next: next.into(),
    }
}

/// An instance has to be available, with a standby in another zone.
pub(super) fn instance(told: &DatabaseInstance) -> Allowed {
    let DatabaseInstance { id, status, .. } = told;
    if status != AVAILABLE {
        return Err(not_ready(&format!("DB instance {id}"), status, AVAILABLE));
    }
    let elsewhere = told.standby_zone.is_some() && told.standby_zone != told.zone;
    if told.multi_az && elsewhere {
        return Ok(());
    }
    let zone = told.zone.as_deref().unwrap_or("no zone that is told");
    Err(one_zone(&format!("DB instance {id}"), zone))
}

/// A cluster has to be available, with a reader and a second zone.
pub(super) fn cluster(told: &DatabaseCluster) -> Allowed {
    let DatabaseCluster { id, status, .. } = told;
    if status != AVAILABLE {
        return Err(not_ready(&format!("DB cluster {id}"), status, AVAILABLE));
    }
    if told.readers.is_empty() {
        return Err(refused(
            format!("DB cluster {id} has no reader that could take over"),
            "add a reader in another zone, then repeat the drill",
        ));
    }
    match told.zones.len() {
        0 | 1 => Err(one_zone(&format!("DB cluster {id}"), &told.zones.join(""))),
        _ => Ok(()),
    }
}

/// A group has to be available, to fail over by itself, and to have a replica in another zone than its
/// primary.
pub(super) fn cache(told: &CacheGroup) -> Allowed {
    let CacheGroup { id, status, .. } = told;
    let name = format!("replication group {id}");
    if status != AVAILABLE {
        return Err(not_ready(&name, status, AVAILABLE));
    }
    if !told.automatic_failover {
        return Err(refused(
            format!("{name} does not fail over by itself"),
            "enable its automatic failover, then repeat the drill",
        ));
    }
    let zones: BTreeSet<&str> = told
        .members
        .iter()
        .filter_map(|member| member.zone.as_deref())
        .collect();
    match zones.len() {
        0 | 1 => Err(one_zone(&name, &zones.into_iter().collect::<String>())),
        _ => Ok(()),
    }
}

/// The day's quota has to have room for `wanted` more, whoever used it.
pub(super) fn quota(quota: &Quota, used: &[Timestamp], wanted: usize) -> Allowed {
    let Quota {
        per_window,
        window_hours,
        ..
    } = quota;
    let counted = format!(
        "{} of {per_window} test failovers of ElastiCache in {window_hours} h are used, and this takes {wanted}",
        used.len()
    );
    match quota.allows(used, wanted) {
        Ok(()) => Ok(()),
        Err(Some(free_at)) => Err(refused(
            counted,
            format!(
                "repeat the drill after {free_at}, when enough of them are {window_hours} h old"
            ),
        )),
        Err(None) => Err(refused(counted, "take fewer arms or cases at a time")),
    }
}

/// A cluster has to be active, with nothing under way and brokers in more than one subnet, of which there
/// is one in each zone. `id` has to be among them.
pub(super) fn brokers(told: &Brokers, cluster: &str, id: Option<u32>) -> Allowed {
    let name = format!("MSK cluster {cluster}");
    if told.state != ACTIVE {
        return Err(not_ready(&name, &told.state, ACTIVE));
    }
    if let Some(operation) = &told.operation {
        return Err(refused(
            format!("{name} is busy with {operation}, and one broker is rebooted at a time"),
            "wait for the end of that operation, then repeat the drill",
        ));
    }
    let subnets: BTreeSet<&String> = told.subnets.values().collect();
    if subnets.len() < 2 {
        let subnet = subnets.into_iter().cloned().collect::<String>();
        return Err(one_zone(&name, &subnet));
    }
    match id.filter(|id| !told.subnets.contains_key(id)) {
        None => Ok(()),
        Some(id) => Err(refused(
            format!("{name} has no broker {id}"),
            "see its brokers: aws kafka list-nodes --cluster-arn ARN",
        )),
    }
}

/// Every alarm of `names` has to exist, and none may ring.
pub(super) fn alarms(names: &[String], told: &[Alarm]) -> Allowed {
    if let Some(alarm) = told.iter().find(|alarm| alarm.rings) {
        return Err(refused(
            format!("alarm {} rings: {}", alarm.name, alarm.why),
            "wait until it is quiet, then repeat the drill",
        ));
    }
    let exists = |name: &&String| told.iter().any(|alarm| alarm.name == **name);
    match names.iter().find(|name| !exists(name)) {
        None => Ok(()),
        Some(missing) => Err(refused(
            format!("alarm {missing}, which would stop the drill, does not exist"),
            "complete the lab: rlab-ops up",
        )),
    }
}

fn not_ready(name: &str, status: &str, wanted: &str) -> ControlError {
    refused(
        format!("{name} is {status}, not {wanted}"),
        "wait until it is, then repeat the drill",
    )
}

fn one_zone(name: &str, zone: &str) -> ControlError {
    refused(
        format!("{name} has one zone left ({zone}): there is nowhere to fail over to"),
        "wait until AWS has restored the second zone, then repeat the drill",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::SignedDuration;
    use rlab_aws::account::{CacheMember, Failovers};

    use super::*;

    fn why(refused: Allowed) -> String {
        match refused.unwrap_err() {
            ControlError::Refused { why, next } => {
                assert!(!next.is_empty());
                why
            }
            other => panic!("not refused: {other}"),
        }
    }

    fn healthy_instance() -> DatabaseInstance {
        DatabaseInstance {
            id: "db".to_owned(),
            status: "available".to_owned(),
            multi_az: true,
            zone: Some("eu-west-1a".to_owned()),
            standby_zone: Some("eu-west-1b".to_owned()),
        }
    }

    fn healthy_group() -> CacheGroup {
        let member = |number: u8, zone: &str| CacheMember {
            id: format!("rg-00{number}"),
            zone: Some(zone.to_owned()),
            role: None,
        };
        CacheGroup {
            id: "rg".to_owned(),
            status: "available".to_owned(),
            automatic_failover: true,
            shard: "0001".to_owned(),
            members: vec![member(1, "eu-west-1a"), member(2, "eu-west-1b")],
        }
    }

    fn healthy_brokers() -> Brokers {
        let subnets = [(1, "subnet-a"), (2, "subnet-b"), (3, "subnet-c")];
        Brokers {
            state: "ACTIVE".to_owned(),
            operation: None,
            subnets: BTreeMap::from(subnets.map(|(id, subnet)| (id, subnet.to_owned()))),
        }
    }

    #[test]
    fn what_is_well_and_has_a_second_zone_is_allowed() {
        assert!(instance(&healthy_instance()).is_ok());
        assert!(cache(&healthy_group()).is_ok());
        assert!(brokers(&healthy_brokers(), "kafka", Some(2)).is_ok());
    }

    #[test]
    fn what_is_not_available_or_active_is_refused_with_its_state() {
        let status = "modifying".to_owned();
        let told = DatabaseInstance {
            status: status.clone(),
            ..healthy_instance()
        };
        assert_eq!(
            why(instance(&told)),
            "DB instance db is modifying, not available"
        );
        let told = CacheGroup {
            status,
            ..healthy_group()
        };
        assert_eq!(
            why(cache(&told)),
            "replication group rg is modifying, not available"
        );
        let told = Brokers {
            state: "HEALING".to_owned(),
            ..healthy_brokers()
        };
        assert_eq!(
            why(brokers(&told, "kafka", None)),
            "MSK cluster kafka is HEALING, not ACTIVE"
        );
    }

    #[test]
    fn one_broker_is_rebooted_at_a_time() {
        let told = Brokers {
            operation: Some("arn:op".to_owned()),
            ..healthy_brokers()
        };
        assert!(why(brokers(&told, "kafka", Some(1))).contains("busy with arn:op"));
    }

    #[test]
    fn with_one_zone_left_nothing_fails_over() {
        let told = DatabaseInstance {
            standby_zone: None,
            ..healthy_instance()
        };
        assert!(why(instance(&told)).contains("one zone left (eu-west-1a)"));
        let mut told = healthy_group();
        told.members.pop();
        assert!(why(cache(&told)).contains("one zone left (eu-west-1a)"));
        let mut told = healthy_brokers();
        told.subnets
            .values_mut()
            .for_each(|subnet| "subnet-a".clone_into(subnet));
        assert!(why(brokers(&told, "kafka", None)).contains("one zone left (subnet-a)"));
        let told = DatabaseCluster {
            id: "aurora".to_owned(),
            status: "available".to_owned(),
            writer: Some("aurora-2".to_owned()),
            readers: vec!["aurora-1".to_owned()],
            zones: vec!["eu-west-1a".to_owned()],
        };
        assert!(why(cluster(&told)).contains("one zone left"));
    }

    #[test]
    fn a_quota_that_is_used_up_is_refused_with_the_time_when_it_is_free_again() {
        let facts = &Failovers::built_in().cache.quota;
        let now = Timestamp::now();
        let used = vec![now; facts.per_window];
        assert!(quota(facts, &used[1..], 1).is_ok());
        let ControlError::Refused { why, next } = quota(facts, &used[1..], 2).unwrap_err() else {
            panic!("not refused");
        };
        assert!(why.starts_with("14 of 15"), "{why}");
        let free_at = now + SignedDuration::from_hours(facts.window_hours);
        assert!(next.contains(&free_at.to_string()), "{next}");
    }

    #[test]
    fn an_alarm_that_rings_or_is_gone_is_refused_by_its_name() {
        let names = ["rlab-x-redis-cpu".to_owned()];
        let quiet = Alarm {
            name: names[0].clone(),
            rings: false,
            why: "within bounds".to_owned(),
        };
        assert!(alarms(&names, std::slice::from_ref(&quiet)).is_ok());
        let rings = Alarm {
            rings: true,
            ..quiet
        };
        assert!(why(alarms(&names, &[rings])).contains("rlab-x-redis-cpu rings"));
        assert!(why(alarms(&names, &[])).contains("does not exist"));
    }
}
