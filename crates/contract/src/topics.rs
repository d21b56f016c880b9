//! Kafka topics of the pipeline: how they are shaped, and what their schema subject is called.

/// Partitions of a domain event topic.
pub const PARTITIONS: i32 = 6;
/// Copies of each partition, one per zone.
pub const REPLICATION_FACTOR: i16 = 3;
/// Copies that must have a record before `acks=all` is answered.
pub const MIN_INSYNC_REPLICAS: i32 = 2;
/// librdkafka's name of the partitioner that Java clients use by default.
pub const PARTITIONER: &str = "murmur2_random";

/// A topic as it has to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    /// Topic name.
    pub name: String,
    /// Number of partitions.
    pub partitions: i32,
    /// Replication factor.
    pub replication_factor: i16,
    /// Topic configuration, name → value.
    pub config: Vec<(&'static str, String)>,
}

/// The topic that carries domain events under `name`.
pub fn domain_events(name: &str) -> TopicSpec {
    TopicSpec {
        name: name.to_owned(),
        partitions: PARTITIONS,
        replication_factor: REPLICATION_FACTOR,
        config: vec![("min.insync.replicas", MIN_INSYNC_REPLICAS.to_string())],
    }
}

/// Registry subject of the values on `topic` (the topic name strategy).
pub fn value_subject(topic: &str) -> String {
    format!("{topic}-value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_topic_survives_the_loss_of_one_zone_and_no_more() {
        let spec = domain_events("valuation.events.x");
        assert_eq!(i32::from(spec.replication_factor) - MIN_INSYNC_REPLICAS, 1);
        assert_eq!(spec.config, vec![("min.insync.replicas", "2".to_owned())]);
    }

    #[test]
    fn a_subject_is_named_after_its_topic() {
        assert_eq!(
            value_subject("valuation.events.x"),
            "valuation.events.x-value"
        );
    }
}
