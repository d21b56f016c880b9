//! Kafka topics of the pipeline: how they are shaped, and what their schema subject is called.

/// Partitions of a domain event topic.
pub const PARTITIONS: i32 = 6;
/// Copies of each partition, one per zone.
pub const REPLICATION_FACTOR: i16 = 3;
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

/// The topic that carries domain events under `name`. How many copies must have a record before `acks=all`
/// is answered is set on the brokers, two of three: MSK Serverless takes no such setting with a topic.
pub fn domain_events(name: &str) -> TopicSpec {
    TopicSpec {
        name: name.to_owned(),
        partitions: PARTITIONS,
        replication_factor: REPLICATION_FACTOR,
        config: Vec::new(),
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
    fn a_domain_topic_has_a_copy_in_each_zone_and_leaves_its_settings_to_the_brokers() {
        let spec = domain_events("valuation.events.x");
        assert_eq!(spec.replication_factor, 3);
        assert_eq!(spec.config, []);
    }

    #[test]
    fn a_subject_is_named_after_its_topic() {
        assert_eq!(
            value_subject("valuation.events.x"),
            "valuation.events.x-value"
        );
    }
}
