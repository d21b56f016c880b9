//! Attempts: whether a broker lets whoever has logged in do something, found out by asking for it in a
//! way that changes nothing. Authorizers are asked before anything else of a request is looked at.

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::delete_acls_request::DeleteAclsFilter;
use kafka_protocol::messages::delete_records_request::{
    DeleteRecordsPartition, DeleteRecordsTopic,
};
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::incremental_alter_configs_request::AlterConfigsResource;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::{
    BrokerId, CreatePartitionsRequest, CreateTopicsRequest, DeleteAclsRequest,
    DeleteRecordsRequest, DescribeAclsRequest, DescribeConfigsRequest, DescribeGroupsRequest,
    DescribeTransactionsRequest, EndTxnRequest, FetchRequest, HeartbeatRequest,
    IncrementalAlterConfigsRequest, InitProducerIdRequest, OffsetDeleteRequest, ProduceRequest,
};

use super::{Connection, text, topic_name};

/// What something is tried on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On<'a> {
    /// The cluster.
    Cluster,
    /// A topic, which need not be there.
    Topic(&'a str),
    /// A consumer group, which need not be there.
    Group(&'a str),
    /// A transactional id, which need not be there.
    TransactionalId(&'a str),
}

/// In `DescribeConfigs` and its kin.
const TOPIC: i8 = 2;
const BROKER: i8 = 4;
/// "Whatever it is", in every field of a filter that is a number.
const ANY: i8 = 1;
const SOON_MS: i32 = 4_000;

/// Whom no rule names: what is asked of his rules finds none.
const NOBODY: &str = "User:nobody-at-all";

impl Connection {
    /// Whether we may do `operation`, in the words of Kafka's ACLs, on `on`.
    ///
    /// # Errors
    /// A text when the broker's answer tells neither, and when the operation is not known.
    pub async fn may(&mut self, on: On<'_>, operation: &str) -> Result<bool, String> {
        let code = match (on, operation) {
            (On::Cluster, _) => self.try_on_cluster(operation).await?,
            (On::Topic(name), _) => self.try_on_topic(name, operation).await?,
            (On::Group(name), _) => self.try_on_group(name, operation).await?,
            (On::TransactionalId(name), _) => self.try_in_transaction(name, operation).await?,
        };
        let code = code.ok_or_else(|| format!("no way to try `{operation}` on {on:?}"))?;
        let_in(code).ok_or_else(|| {
            let error = ResponseError::try_from_code(code);
            format!("`{operation}` on {on:?} was answered {error:?}")
        })
    }

    async fn try_on_cluster(&mut self, operation: &str) -> Result<Option<i16>, String> {
        Ok(Some(match operation {
            "describe" => {
                let filter = DescribeAclsRequest::default()
                    .with_resource_type_filter(ANY)
                    .with_resource_name_filter(None)
                    .with_pattern_type_filter(ANY)
                    .with_principal_filter(Some(text(NOBODY)))
                    .with_host_filter(None)
                    .with_operation(ANY)
                    .with_permission_type(ANY);
                self.ask(&filter, 3).await?.error_code
            }
            "alter" => {
                let filter = DeleteAclsFilter::default()
                    .with_resource_type_filter(ANY)
                    .with_resource_name_filter(None)
                    .with_pattern_type_filter(ANY)
                    .with_principal_filter(Some(text(NOBODY)))
                    .with_host_filter(None)
                    .with_operation(ANY)
                    .with_permission_type(ANY);
                let request = DeleteAclsRequest::default().with_filters(vec![filter]);
                let answer = self.ask(&request, 3).await?;
                one(answer.filter_results.iter().map(|r| r.error_code))?
            }
            "describe_configs" => self.describe_configs(BROKER, "").await?,
            "alter_configs" => self.alter_configs(BROKER, "").await?,
            "idempotent_write" => {
                let request = InitProducerIdRequest::default()
                    .with_transactional_id(None)
                    .with_transaction_timeout_ms(SOON_MS);
                self.ask(&request, 4).await?.error_code
            }
            _ => return Ok(None),
        }))
    }

    async fn try_on_topic(&mut self, name: &str, operation: &str) -> Result<Option<i16>, String> {
        Ok(Some(match operation {
            "describe" => {
                let wanted = MetadataRequestTopic::default().with_name(Some(topic_name(name)));
                let answer = self.metadata(Some(vec![wanted])).await?;
                one(answer.topics.iter().map(|topic| topic.error_code))?
            }
            "read" => self.fetch(name).await?,
            "write" => self.produce_nothing(name).await?,
            "create" => {
                let topic = CreatableTopic::default()
                    .with_name(topic_name(name))
                    .with_num_partitions(1)
                    .with_replication_factor(1);
                let request = CreateTopicsRequest::default()
                    .with_topics(vec![topic])
                    .with_timeout_ms(SOON_MS)
                    .with_validate_only(true);
                let answer = self.ask(&request, 7).await?;
                one(answer.topics.iter().map(|topic| topic.error_code))?
            }
            "delete" => self.delete_no_records(name).await?,
            "alter" => {
                let topic = CreatePartitionsTopic::default()
                    .with_name(topic_name(name))
                    .with_count(1)
                    .with_assignments(None);
                let request = CreatePartitionsRequest::default()
                    .with_topics(vec![topic])
                    .with_timeout_ms(SOON_MS)
                    .with_validate_only(true);
                let answer = self.ask(&request, 3).await?;
                one(answer.results.iter().map(|topic| topic.error_code))?
            }
            "describe_configs" => self.describe_configs(TOPIC, name).await?,
            "alter_configs" => self.alter_configs(TOPIC, name).await?,
            _ => return Ok(None),
        }))
    }

    async fn try_on_group(&mut self, name: &str, operation: &str) -> Result<Option<i16>, String> {
        let group = || text(name).into();
        Ok(Some(match operation {
            "describe" => {
                let request = DescribeGroupsRequest::default().with_groups(vec![group()]);
                let answer = self.ask(&request, 5).await?;
                one(answer.groups.iter().map(|group| group.error_code))?
            }
            // From a member that there is not.
            "read" => {
                let request = HeartbeatRequest::default()
                    .with_group_id(group())
                    .with_generation_id(1)
                    .with_member_id(text("nobody-at-all"));
                self.ask(&request, 4).await?.error_code
            }
            // The offsets of no topic.
            "delete" => {
                let request = OffsetDeleteRequest::default().with_group_id(group());
                self.ask(&request, 0).await?.error_code
            }
            _ => return Ok(None),
        }))
    }

    async fn try_in_transaction(
        &mut self,
        name: &str,
        operation: &str,
    ) -> Result<Option<i16>, String> {
        Ok(Some(match operation {
            "describe" => {
                let ids = vec![text(name).into()];
                let request = DescribeTransactionsRequest::default().with_transactional_ids(ids);
                let answer = self.ask(&request, 0).await?;
                one(answer.transaction_states.iter().map(|t| t.error_code))?
            }
            // Of a producer that there is not.
            "write" => {
                let request = EndTxnRequest::default()
                    .with_transactional_id(text(name).into())
                    .with_producer_id(i64::MAX.into())
                    .with_committed(false);
                self.ask(&request, 3).await?.error_code
            }
            _ => return Ok(None),
        }))
    }

    async fn fetch(&mut self, topic: &str) -> Result<i16, String> {
        let partition = FetchPartition::default()
            .with_current_leader_epoch(-1)
            .with_last_fetched_epoch(-1)
            .with_log_start_offset(-1)
            .with_partition_max_bytes(1);
        let topic = FetchTopic::default()
            .with_topic(topic_name(topic))
            .with_partitions(vec![partition]);
        let request = FetchRequest::default()
            .with_replica_id(BrokerId(-1))
            .with_max_bytes(1)
            .with_session_epoch(-1)
            .with_topics(vec![topic]);
        let answer = self.ask(&request, 12).await?;
        let of_partitions = answer.responses.iter().flat_map(|topic| &topic.partitions);
        one(of_partitions.map(|partition| partition.error_code))
    }

    /// A batch that is none: it is refused by everybody, but not for the same reason.
    async fn produce_nothing(&mut self, topic: &str) -> Result<i16, String> {
        let data = PartitionProduceData::default().with_records(Some(Bytes::new()));
        let topic = TopicProduceData::default()
            .with_name(topic_name(topic))
            .with_partition_data(vec![data]);
        let request = ProduceRequest::default()
            .with_acks(-1)
            .with_timeout_ms(SOON_MS)
            .with_topic_data(vec![topic]);
        let answer = self.ask(&request, 9).await?;
        let of_partitions = answer.responses.iter().flat_map(|t| &t.partition_responses);
        one(of_partitions.map(|partition| partition.error_code))
    }

    /// Those before the first: there are none.
    async fn delete_no_records(&mut self, topic: &str) -> Result<i16, String> {
        let topic = DeleteRecordsTopic::default()
            .with_name(topic_name(topic))
            .with_partitions(vec![DeleteRecordsPartition::default()]);
        let request = DeleteRecordsRequest::default()
            .with_topics(vec![topic])
            .with_timeout_ms(SOON_MS);
        let answer = self.ask(&request, 2).await?;
        let of_partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
        one(of_partitions.map(|partition| partition.error_code))
    }

    async fn describe_configs(&mut self, kind: i8, name: &str) -> Result<i16, String> {
        let resource = DescribeConfigsResource::default()
            .with_resource_type(kind)
            .with_resource_name(text(name));
        let request = DescribeConfigsRequest::default().with_resources(vec![resource]);
        let answer = self.ask(&request, 4).await?;
        one(answer.results.iter().map(|resource| resource.error_code))
    }

    async fn alter_configs(&mut self, kind: i8, name: &str) -> Result<i16, String> {
        let resource = AlterConfigsResource::default()
            .with_resource_type(kind)
            .with_resource_name(text(name));
        let request = IncrementalAlterConfigsRequest::default()
            .with_resources(vec![resource])
            .with_validate_only(true);
        let answer = self.ask(&request, 1).await?;
        one(answer.responses.iter().map(|resource| resource.error_code))
    }
}

/// Whether a request that was answered with `code` got past the authorizer; none where that cannot be told.
fn let_in(code: i16) -> Option<bool> {
    use ResponseError as E;
    match ResponseError::try_from_code(code) {
        None => Some(true),
        Some(
            E::TopicAuthorizationFailed
            | E::GroupAuthorizationFailed
            | E::ClusterAuthorizationFailed
            | E::TransactionalIdAuthorizationFailed,
        ) => Some(false),
        // What is said of a request that was looked at.
        Some(
            E::UnknownTopicOrPartition
            | E::NotLeaderOrFollower
            | E::CorruptMessage
            | E::InvalidRecord
            | E::TopicAlreadyExists
            | E::InvalidPartitions
            | E::CoordinatorNotAvailable
            | E::NotCoordinator
            | E::UnknownMemberId
            | E::GroupIdNotFound
            | E::TransactionalIdNotFound
            | E::InvalidProducerIdMapping,
        ) => Some(true),
        Some(_) => None,
    }
}

/// The one code of an answer about one thing.
fn one(mut codes: impl Iterator<Item = i16>) -> Result<i16, String> {
    match (codes.next(), codes.next()) {
        (Some(code), None) => Ok(code),
        _ => Err("an answer about something else".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_in_trouble_has_neither_let_in_nor_denied() {
        assert_eq!(let_in(0), Some(true));
        assert_eq!(
            let_in(ResponseError::TopicAuthorizationFailed.code()),
            Some(false)
        );
        assert_eq!(let_in(ResponseError::UnknownMemberId.code()), Some(true));
        for trouble in [
            ResponseError::RequestTimedOut,
            ResponseError::NotController,
            ResponseError::UnknownServerError,
            ResponseError::SaslAuthenticationFailed,
        ] {
            assert_eq!(let_in(trouble.code()), None, "{trouble:?}");
        }
    }
}
