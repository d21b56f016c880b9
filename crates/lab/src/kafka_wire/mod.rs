//! Requests to brokers and controllers in Kafka's own protocol, for what the lab asks of them: are you
//! there, which brokers are alive, who leads and follows, create and delete topics, who may do what.

mod acl;
mod attempt;
mod login;
mod stream;

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::{
    ApiVersionsRequest, CreateTopicsRequest, DeleteGroupsRequest, DeleteTopicsRequest,
    MetadataRequest, MetadataResponse, RequestHeader, ResponseHeader, TopicName,
};
use kafka_protocol::protocol::{
    Decodable, HeaderVersion, Request, StrBytes, encode_request_header_into_buffer,
};
use rlab_contract::address::Address;
use rlab_contract::login::Roots;
use rlab_contract::topics::TopicSpec;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub use acl::Acl;
pub use attempt::On;
use stream::Stream;

/// Longest answer that is read, bytes.
const ANSWER_LIMIT: usize = 16 << 20;
const DEADLINE: Duration = Duration::from_secs(5);

/// A partition as a broker knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Its number.
    pub index: i32,
    /// Node id of its leader, −1 for none.
    pub leader: i32,
    /// Epoch of that leadership.
    pub leader_epoch: i32,
    /// Node ids of in-sync replicas.
    pub isr: Vec<i32>,
    /// Node ids of all replicas.
    pub replicas: Vec<i32>,
}

/// A connection to one broker or controller. Whoever has not logged in is told the supported versions
/// and nothing else.
pub struct Connection {
    stream: Box<dyn Stream>,
    correlation: i32,
}

impl Connection {
    /// Connects to `address`.
    ///
    /// # Errors
    /// A text: what the system said, or that time ran out.
    pub async fn open(address: impl Into<Address>) -> Result<Self, String> {
        Self::open_as(&address.into(), None).await
    }

    /// Connects to `address`, over TLS where `roots` vouch for the server.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_as(address: &Address, roots: Option<&Roots>) -> Result<Self, String> {
        let stream = tokio::time::timeout(DEADLINE, stream::connect(address, roots))
            .await
            .map_err(|_| "connect timed out".to_owned())??;
        Ok(Self {
            stream,
            correlation: 0,
        })
    }

    /// Asks for the supported versions: the smallest proof that the server serves.
    ///
    /// # Errors
    /// A text saying what went wrong.
    pub async fn api_versions(&mut self) -> Result<(), String> {
        let request = ApiVersionsRequest::default()
            .with_client_software_name(StrBytes::from_static_str("rlab-ops"))
            .with_client_software_version(StrBytes::from_static_str("1"));
        let answer = self.ask(&request, 3).await?;
        no_error(answer.error_code, "ApiVersions")
    }

    /// Node ids of the brokers that are alive and unfenced.
    ///
    /// # Errors
    /// A text saying what went wrong.
    pub async fn live_brokers(&mut self) -> Result<Vec<i32>, String> {
        let answer = self.metadata(Some(Vec::new())).await?;
        Ok(answer.brokers.iter().map(|b| b.node_id.0).collect())
    }

    /// Partitions of `topic`, by number; empty when it does not exist.
    ///
    /// # Errors
    /// A text saying what went wrong.
    pub async fn partitions(&mut self, topic: &str) -> Result<Vec<Partition>, String> {
        let wanted = MetadataRequestTopic::default().with_name(Some(topic_name(topic)));
        let answer = self.metadata(Some(vec![wanted])).await?;
        let ids =
            |nodes: &[kafka_protocol::messages::BrokerId]| nodes.iter().map(|n| n.0).collect();
        let mut partitions: Vec<Partition> = answer
            .topics
            .iter()
            .flat_map(|t| &t.partitions)
            .map(|p| Partition {
                index: p.partition_index,
                leader: p.leader_id.0,
                leader_epoch: p.leader_epoch,
                isr: ids(&p.isr_nodes),
                replicas: ids(&p.replica_nodes),
            })
            .collect();
        partitions.sort_by_key(|p| p.index);
        Ok(partitions)
    }

    /// Creates `topics`; those that exist are left as they are.
    ///
    /// # Errors
    /// A text naming the topics that were refused.
    pub async fn create_topics(&mut self, topics: &[TopicSpec]) -> Result<(), String> {
        let request = CreateTopicsRequest::default()
            .with_topics(topics.iter().map(creatable).collect())
            .with_timeout_ms(4_000);
        let answer = self.ask(&request, 7).await?;
        let exists = ResponseError::TopicAlreadyExists.code();
        let refused = answer.topics.iter().filter(|t| t.error_code != exists);
        all_done(
            refused.map(|t| (t.name.to_string(), t.error_code)),
            "create topic",
        )
    }

    /// Deletes topics by name; those that do not exist are passed over.
    ///
    /// # Errors
    /// A text naming the topics that were refused.
    pub async fn delete_topics(&mut self, topics: &[String]) -> Result<(), String> {
        let state = |name: &String| DeleteTopicState::default().with_name(Some(topic_name(name)));
        let request = DeleteTopicsRequest::default()
            .with_topics(topics.iter().map(state).collect())
            .with_timeout_ms(4_000);
        let answer = self.ask(&request, 6).await?;
        let unknown = ResponseError::UnknownTopicOrPartition.code();
        let refused = answer.responses.iter().filter(|t| t.error_code != unknown);
        all_done(
            refused.map(|t| {
                (
                    t.name.as_ref().map_or_else(String::new, |n| n.to_string()),
                    t.error_code,
                )
            }),
            "delete topic",
        )
    }

    /// Deletes a consumer group that this broker coordinates.
    ///
    /// # Errors
    /// Kafka's error code: `NotCoordinator` when another broker coordinates it.
    pub async fn delete_group(&mut self, group: &str) -> Result<Option<ResponseError>, String> {
        let name = StrBytes::from_string(group.to_owned()).into();
        let request = DeleteGroupsRequest::default().with_groups_names(vec![name]);
        let answer = self.ask(&request, 2).await?;
        let code = answer.results.first().map_or(0, |r| r.error_code);
        Ok(ResponseError::try_from_code(code))
    }

    async fn metadata(
        &mut self,
        topics: Option<Vec<MetadataRequestTopic>>,
    ) -> Result<MetadataResponse, String> {
        let request = MetadataRequest::default()
            .with_topics(topics)
            .with_allow_auto_topic_creation(false);
        self.ask(&request, 12).await
    }

    async fn ask<R: Request>(&mut self, request: &R, version: i16) -> Result<R::Response, String> {
        tokio::time::timeout(DEADLINE, self.exchange(request, version))
            .await
            .map_err(|_| "no answer within 5 s".to_owned())?
    }

    async fn exchange<R: Request>(
        &mut self,
        request: &R,
        version: i16,
    ) -> Result<R::Response, String> {
        self.correlation += 1;
        let header = RequestHeader::default()
            .with_request_api_key(R::KEY)
            .with_request_api_version(version)
            .with_correlation_id(self.correlation)
            .with_client_id(Some(StrBytes::from_static_str("rlab-ops")));
        let mut body = BytesMut::new();
        encode_request_header_into_buffer(&mut body, &header).map_err(|e| e.to_string())?;
        request
            .encode(&mut body, version)
            .map_err(|e| e.to_string())?;
        let io = |e: std::io::Error| e.to_string();
        self.stream.write_u32(body.len() as u32).await.map_err(io)?;
        self.stream.write_all(&body).await.map_err(io)?;
        let length = self.stream.read_u32().await.map_err(io)? as usize;
        if length > ANSWER_LIMIT {
            return Err(format!("answer of {length} bytes: not a Kafka server?"));
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer).await.map_err(io)?;
        let mut answer = Bytes::from(answer);
        let header_version = R::Response::header_version(version);
        ResponseHeader::decode(&mut answer, header_version).map_err(|e| e.to_string())?;
        let response = R::Response::decode(&mut answer, version).map_err(|e| e.to_string())?;
        match answer.has_remaining() {
            true => Err("answer longer than its format".to_owned()),
            false => Ok(response),
        }
    }
}

fn creatable(topic: &TopicSpec) -> CreatableTopic {
    let config = |(name, value): &(&'static str, String)| {
        CreatableTopicConfig::default()
            .with_name(StrBytes::from_static_str(name))
            .with_value(Some(StrBytes::from_string(value.clone())))
    };
    CreatableTopic::default()
        .with_name(topic_name(&topic.name))
        .with_num_partitions(topic.partitions)
        .with_replication_factor(topic.replication_factor)
        .with_configs(topic.config.iter().map(config).collect())
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn topic_name(name: &str) -> TopicName {
    text(name).into()
}

fn no_error(code: i16, what: &str) -> Result<(), String> {
    match ResponseError::try_from_code(code) {
        None => Ok(()),
        Some(error) => Err(format!("{what}: {error:?}")),
    }
}

fn all_done(results: impl Iterator<Item = (String, i16)>, what: &str) -> Result<(), String> {
    let failures: Vec<String> = results
        .filter_map(|(name, code)| no_error(code, &format!("{what} `{name}`")).err())
        .collect();
    match failures.is_empty() {
        true => Ok(()),
        false => Err(failures.join("; ")),
    }
}
