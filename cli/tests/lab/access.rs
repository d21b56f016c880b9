//! Who may do what on Kafka: nobody anything without a login, each agent its own work and no more.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::RDKafkaErrorCode::{GroupAuthorizationFailed, TopicAuthorizationFailed};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};
use rlab_contract::agent_config::Namespace;
use rlab_contract::topics::{self, TopicSpec};
use rlab_lab::kafka_access;
use rlab_lab::kafka_wire::{Acl, Connection};
use rlab_lab::layout::broker_listener::{CLIENT, INTERNAL};
use rlab_lab::pipeline;
use rlab_lab::secrets::ADMIN;
use rlab_lab::servers::{Site, connect_kafka};
use rlab_lab::spec::NodeKind;

use crate::clients::{kafka, runtime};
use crate::scene::{Scene, evidence, signal};

/// Kafka's number for a rule whose name is the whole one.
const LITERAL: i8 = 3;
const SOON: Duration = Duration::from_secs(20);
const AGENTS: [&str; 4] = [
    "command_service",
    "outbox_relay",
    "consumer_service",
    "query_service",
];

/// A lab, with a topic and a group as an arm of a drill has them.
struct Stage<'a> {
    scene: &'a Scene,
    site: Site,
    namespace: Namespace,
}

impl<'a> Stage<'a> {
    async fn of(scene: &'a Scene) -> Self {
        let site = Site::load(scene.dir()).unwrap();
        let id = format!("access_{}", uuid::Uuid::new_v4().simple());
        let namespace = Namespace::named(&id);
        pipeline::create(&site, &namespace).await.unwrap();
        Self {
            scene,
            site,
            namespace,
        }
    }

    /// A connection that proves to be `identity`.
    async fn connection(&self, identity: &str) -> Connection {
        let broker = self.site.spec.brokers().next().unwrap();
        let mut connection = Connection::open(broker.back_address(CLIENT)).await.unwrap();
        let password = &self.site.secrets.kafka[identity];
        connection.login(identity, password).await.unwrap();
        connection
    }

    async fn writes(&self, identity: &str, idempotent: bool) -> Result<(), KafkaError> {
        let producer: FutureProducer = kafka(self.scene, identity)
            .set("enable.idempotence", idempotent.to_string())
            .set("message.timeout.ms", SOON.as_millis().to_string())
            .create()
            .unwrap();
        let record = FutureRecord::to(&self.namespace.topic)
            .key(identity)
            .payload("");
        let sent = producer.send(record, SOON).await;
        sent.map(drop).map_err(|(error, _)| error)
    }

    /// The first record of the topic, read without a group.
    fn reads(&self, identity: &str) -> Result<Vec<u8>, KafkaError> {
        let consumer = self.consumer(identity, "none");
        let mut all = TopicPartitionList::new();
        for partition in 0..topics::PARTITIONS {
            let topic = &self.namespace.topic;
            all.add_partition_offset(topic, partition, Offset::Beginning)
                .unwrap();
        }
        consumer.assign(&all).unwrap();
        // It looks for its group's coordinator all the same, and may be denied that too.
        next(&consumer, &[TopicAuthorizationFailed])
    }

    /// The first record of the topic, read as a member of `group`, and committed.
    fn joins(&self, identity: &str, group: &str) -> Result<Vec<u8>, KafkaError> {
        let consumer = self.consumer(identity, group);
        consumer.subscribe(&[&self.namespace.topic]).unwrap();
        let key = next(
            &consumer,
            &[TopicAuthorizationFailed, GroupAuthorizationFailed],
        )?;
        consumer.commit_consumer_state(CommitMode::Sync)?;
        Ok(key)
    }

    /// Whether it is told of the topic, or that it may not be.
    fn knows_of_the_topic(&self, identity: &str) -> bool {
        let consumer = self.consumer(identity, "none");
        let topic = Some(self.namespace.topic.as_str());
        let told = consumer.client().fetch_metadata(topic, SOON).unwrap();
        let denied = rdkafka::types::RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
        match told.topics()[0].error() {
            Some(error) if error == denied => false,
            other => {
                assert!(other.is_none(), "{other:?}");
                true
            }
        }
    }

    fn consumer(&self, identity: &str, group: &str) -> BaseConsumer {
        kafka(self.scene, identity)
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            // As agents have it; the lab waits that long for a member that did not say goodbye.
            .set("session.timeout.ms", "6000")
            .create()
            .unwrap()
    }

    async fn ends(self) {
        pipeline::remove(&self.site, &self.namespace).await.unwrap();
    }
}

/// The key of the next record, or the first of the `denials` that comes instead.
fn next(consumer: &BaseConsumer, denials: &[RDKafkaErrorCode]) -> Result<Vec<u8>, KafkaError> {
    let deadline = Instant::now() + SOON;
    let mut last = None;
    while Instant::now() < deadline {
        match consumer.poll(Duration::from_millis(200)) {
            Some(Ok(record)) => return Ok(record.key().unwrap_or_default().to_vec()),
            Some(Err(error)) => match error.rdkafka_error_code() {
                Some(code) if denials.contains(&code) => return Err(error),
                _ => last = Some(error),
            },
            None => {}
        }
    }
    panic!("neither a record nor a denial, but {last:?}");
}

#[track_caller]
fn denied<T: std::fmt::Debug>(result: Result<T, KafkaError>, code: RDKafkaErrorCode) {
    let error = result.unwrap_err();
    assert_eq!(error.rdkafka_error_code(), Some(code), "{error}");
}

#[test]
fn no_listener_answers_whoever_has_not_proven_who_he_is() {
    let scene = Scene::up();
    let site = Site::load(scene.dir()).unwrap();
    let broker = site.spec.brokers().next().unwrap();
    let controller = site.spec.first(NodeKind::Controller).unwrap();
    let listeners = [
        broker.front_address(CLIENT),
        broker.door_address().unwrap(),
        broker.back_address(INTERNAL),
        controller.back_address(0),
    ];
    runtime().block_on(async {
        for address in listeners {
            let mut stranger = Connection::open(address).await.unwrap();
            stranger.api_versions().await.unwrap();
            let told = stranger.acls().await;
            assert!(told.is_err(), "{address}: {told:?}");
        }
        let door = broker.door_address().unwrap();
        let mut stranger = Connection::open(door).await.unwrap();
        let refused = stranger.login(ADMIN, "a guess").await.unwrap_err();
        assert!(refused.contains("SaslAuthenticationFailed"), "{refused}");
        let mut known = connect_kafka(&site, door).await.unwrap();
        assert_eq!(known.live_brokers().await.unwrap().len(), 3);
    });
    scene.ends_clean();
}

#[test]
fn each_agent_can_do_its_work() {
    let scene = Scene::up();
    runtime().block_on(async {
        let stage = Stage::of(&scene).await;
        stage.writes("outbox_relay", true).await.unwrap();
        let group = stage.namespace.group.clone();
        let key = stage.joins("consumer_service", &group).unwrap();
        assert_eq!(key, b"outbox_relay");
        stage.writes("command_service", true).await.unwrap();
        stage.ends().await;
    });
    scene.ends_clean();
}

#[test]
fn what_is_not_an_agents_work_is_denied_and_told_as_such() {
    let scene = Scene::up();
    runtime().block_on(async {
        let stage = Stage::of(&scene).await;
        stage.writes(ADMIN, false).await.unwrap();
        for reader in ["consumer_service", "query_service"] {
            denied(stage.writes(reader, false).await, TopicAuthorizationFailed);
        }
        for writer in ["outbox_relay", "command_service"] {
            denied(stage.reads(writer), TopicAuthorizationFailed);
        }
        for stranger in ["outbox_relay", "command_service", "query_service"] {
            let group = stage.namespace.group.clone();
            denied(stage.joins(stranger, &group), GroupAuthorizationFailed);
        }
        assert!(stage.knows_of_the_topic("outbox_relay"));
        assert!(!stage.knows_of_the_topic("query_service"));
        let other = stage.joins("consumer_service", "other");
        denied(other, GroupAuthorizationFailed);
        for agent in AGENTS {
            administration_is_denied(&stage, agent).await;
        }
        assert_eq!(stage.reads(ADMIN).unwrap(), ADMIN.as_bytes());
        stage.ends().await;
    });
    scene.ends_clean();
}

/// Topics, groups and rules are the administrator's.
async fn administration_is_denied(stage: &Stage<'_>, agent: &str) {
    #[track_caller]
    fn says<T: std::fmt::Debug>(result: Result<T, String>, wanted: &str) {
        let error = result.unwrap_err();
        assert!(error.contains(wanted), "{error}");
    }
    let mut connection = stage.connection(agent).await;
    let topic = stage.namespace.topic.clone();
    let another = [TopicSpec {
        name: format!("{topic}.more"),
        ..topics::domain_events(&topic)
    }];
    let made = connection.create_topics(&another).await;
    says(made, "TopicAuthorizationFailed");
    let deleted = connection.delete_topics(&[topic]).await;
    says(deleted, "TopicAuthorizationFailed");
    let deleted = connection.delete_group(&stage.namespace.group).await;
    let told = deleted.unwrap().expect("the group was deleted");
    assert_eq!(format!("{told:?}"), "GroupAuthorizationFailed");
    says(connection.acls().await, "ClusterAuthorizationFailed");
    let all = connection.create_acls(&[everything_for(agent)]).await;
    says(all, "ClusterAuthorizationFailed");
}

/// A rule that lets `agent` write to whatever topic.
fn everything_for(agent: &str) -> Acl {
    Acl {
        principal: format!("User:{agent}"),
        name: "*".to_owned(),
        pattern: LITERAL,
        ..kafka_access::rules().remove(0)
    }
}

#[test]
fn grants_that_somebody_changed_are_made_what_they_were() {
    let scene = Scene::up();
    let site = Site::load(scene.dir()).unwrap();
    let mut wanted = kafka_access::rules();
    wanted.sort();
    runtime().block_on(async {
        let mut broker = pipeline::any_broker(&site).await.unwrap();
        let mut there_after_up = broker.acls().await.unwrap();
        there_after_up.sort();
        assert_eq!(there_after_up, wanted);
        broker
            .create_acls(&[everything_for("query_service")])
            .await
            .unwrap();
        broker.delete_acls(&wanted[..1]).await.unwrap();
        kafka_access::apply(&site).await.unwrap();
        let mut there = broker.acls().await.unwrap();
        there.sort();
        assert_eq!(there, wanted);
    });
    scene.ends_clean();
}

#[test]
fn a_right_that_a_killed_drill_had_widened_is_given_back() {
    let scene = Scene::up();
    let site = Site::load(scene.dir()).unwrap();
    let root = evidence(&scene);
    let mut drill = scene.start(&["drill", "I-001", "--evidence", root.to_str().unwrap()]);
    runtime().block_on(async {
        let wanted = kafka_access::rules();
        let deadline = Instant::now() + Duration::from_secs(60);
        while kafka_access::goes_by(&site, &wanted).await.unwrap() {
            assert!(Instant::now() < deadline, "no right was widened");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        signal(drill.id(), "-9");
        drill.wait().unwrap();
        scene.rlab(&["recover"]).succeeded();
        assert!(kafka_access::goes_by(&site, &wanted).await.unwrap());
    });
    scene.ends_clean();
}

#[test]
fn no_password_of_kafka_is_where_others_could_read_it() {
    let scene = Scene::up();
    let site = Site::load(scene.dir()).unwrap();
    let passwords: Vec<&str> = site.secrets.kafka.values().map(String::as_str).collect();
    // Of the agents, the administrator, the runner and the brokers themselves.
    assert_eq!(passwords.len(), AGENTS.len() + 3);
    let tells = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        passwords.iter().any(|password| text.contains(password))
    };
    for process in scene.processes() {
        for file in ["cmdline", "environ"] {
            // One that has ended meanwhile tells nothing.
            let path = format!("/proc/{}/{file}", process.pid);
            let told = std::fs::read(path).unwrap_or_default();
            assert!(!tells(&told), "{file} of {}", process.node);
        }
    }
    let mut closed = 0;
    for file in files(scene.dir().path()) {
        if !tells(&std::fs::read(&file).unwrap_or_default()) {
            continue;
        }
        let name = file.file_name().unwrap_or_default();
        assert!(!name.to_string_lossy().ends_with("log"), "{file:?}");
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file:?}");
        closed += 1;
    }
    // The secrets, the controller's and three brokers' properties, the configurations of agents.
    assert!(closed >= 5, "{closed}");
    scene.ends_clean();
}

/// Files below `directory`, without what the servers store.
fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() && entry.file_name() != "data" {
            found.extend(files(&entry.path()));
        }
        if kind.is_file() {
            found.push(entry.path());
        }
    }
    found
}
