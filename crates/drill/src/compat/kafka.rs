//! Asks Kafka: topics with each setting, which are checked and not made, and how one speaks to the brokers.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::types::RDKafkaErrorCode;
use rlab_compat::{Answer, How, Kind, Why};
use rlab_contract::topics;
use rlab_lab::pipeline::any_broker;
use rlab_lab::secrets::ADMIN;
use rlab_lab::servers::{Site, kafka_settings};

use super::{Question, Told};

const DEADLINE: Duration = Duration::from_secs(10);
/// Partitions and copies of a topic of the pipeline.
const SHAPE: (i32, i32) = (topics::PARTITIONS, topics::REPLICATION_FACTOR as i32);
/// No topic of this name is ever made.
const NAME: &str = "rlab-compat-only-checked";

/// An answer to every question.
pub(super) async fn ask(questions: &[Question<'_>], site: &Site) -> Vec<Told> {
    let mut answers = Vec::with_capacity(questions.len());
    for question in questions {
        answers.push(match question.kind {
            Kind::TopicSetting => topic_setting(question, site).await,
            Kind::Interface => interface(question.name, site).await,
            _ => Told::unknown("Kafka has no such thing"),
        });
    }
    answers
}

/// What is restricted is tried with a topic of its own, what is needed with one as the pipeline has.
async fn topic_setting(question: &Question<'_>, site: &Site) -> Told {
    let Some(value) = question.value else {
        return Told::unknown("nobody wrote down what it is tried with");
    };
    let (partitions, copies) = match question.why {
        Why::Restricted => (1, 1),
        Why::Needed => SHAPE,
    };
    let topic = NewTopic::new(NAME, partitions, TopicReplication::Fixed(copies));
    checked(topic.set(question.name, value), site).await
}

/// The topic as the pipeline has it, whole.
async fn whole_topic(site: &Site) -> Told {
    let spec = topics::domain_events(NAME);
    let (partitions, copies) = SHAPE;
    let topic = NewTopic::new(NAME, partitions, TopicReplication::Fixed(copies));
    let settings = spec.config.iter();
    let topic = settings.fold(topic, |topic, (name, value)| topic.set(name, value));
    checked(topic, site).await
}

/// Whether the brokers would make `topic`.
async fn checked(topic: NewTopic<'_>, site: &Site) -> Told {
    let settings = match kafka_settings(site, ADMIN) {
        Ok(settings) => settings,
        Err(error) => return Told::unknown(error.to_string()),
    };
    let client = match settings.create::<AdminClient<DefaultClientContext>>() {
        Ok(client) => client,
        Err(error) => return Told::unknown(error.to_string()),
    };
    let options = AdminOptions::new()
        .validate_only(true)
        .request_timeout(Some(DEADLINE));
    match client.create_topics([&topic], &options).await.as_deref() {
        Ok([Ok(_)]) => Told::new(How::Asked, Answer::Passed, "would be made"),
        Ok([Err((_, code))]) => Told::new(How::Asked, refused(*code), code.to_string()),
        Ok(_) => Told::unknown("the broker did not answer about the topic"),
        Err(error) => Told::unknown(error.to_string()),
    }
}

const fn refused(code: RDKafkaErrorCode) -> Answer {
    match code {
        RDKafkaErrorCode::InvalidConfig | RDKafkaErrorCode::PolicyViolation => Answer::Denied,
        _ => Answer::Unknown,
    }
}

/// The lab's administrator comes in by SCRAM and without TLS, so that to be let in is the answer.
async fn interface(name: &str, site: &Site) -> Told {
    if name == "topic" {
        return whole_topic(site).await;
    }
    let mut broker = match any_broker(site).await {
        Ok(broker) => broker,
        Err(error) => return Told::unknown(error.to_string()),
    };
    match name {
        "scram" | "plaintext" => Told::new(How::Done, Answer::Passed, "let in"),
        "acls" => match broker.acls().await {
            Ok(acls) => Told::new(How::Done, Answer::Passed, format!("{} rules", acls.len())),
            Err(error) => Told::unknown(error),
        },
        _ => Told::unknown("nobody wrote down how it is asked for"),
    }
}
