//! A broker that takes SASL/OAUTHBEARER over TLS and wants a new proof every three seconds, with unsecured JWTs
//! in place of MSK's tokens. It calls itself `localhost`.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rlab_agent_kit::token::Token;
use rlab_artifacts::{JVM_FLAGS, Servers};
use tempfile::TempDir;

use crate::certificates::Authority;
use crate::process::{Process, free_port, servers};

/// How long a proof counts.
pub const PROOF_EVERY: Duration = Duration::from_secs(3);
/// librdkafka looks once a second whether four fifths of a token's life are over, and proves itself anew
/// after nine tenths of what the broker grants: between the two there has to be more than that second.
pub const TOKEN_LIFE: Duration = Duration::from_secs(12);

pub struct Broker {
    pub port: u16,
    pub authority: Authority,
    _process: Process,
    _dir: TempDir,
}

/// It may still be starting.
pub async fn broker() -> Broker {
    let (_, servers) = servers().await;
    let (dir, port, authority) = (TempDir::new().unwrap(), free_port(), Authority::new());
    let (certificate, key) = authority.vouch();
    std::fs::write(dir.path().join("keystore.pem"), key + &certificate).unwrap();
    std::fs::write(
        dir.path().join("server.properties"),
        properties(dir.path(), port),
    )
    .unwrap();
    let format = [
        "format",
        "--cluster-id",
        "MkU3OEVBNTcwNTJENDM2Qk",
        "--config",
    ];
    let mut formatting = java(&servers, "kafka.tools.StorageTool");
    let output = formatting
        .args(format)
        .arg("server.properties")
        .current_dir(dir.path())
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut command = java(&servers, "kafka.Kafka");
    Broker {
        port,
        authority,
        _process: Process::start(command.arg("server.properties"), dir.path()),
        _dir: dir,
    }
}

fn java(servers: &Servers, class: &str) -> Command {
    let mut command = Command::new(&servers.java);
    command.arg("-Xmx256m").args(JVM_FLAGS);
    command.arg(format!(
        "-XX:SharedArchiveFile={}",
        servers.kafka_archive.display()
    ));
    command.args(["-cp", &servers.kafka_class_path, class]);
    command
}

fn properties(dir: &Path, port: u16) -> String {
    let (controller, inside) = (free_port(), free_port());
    let dir = dir.display();
    let proof_ms = PROOF_EVERY.as_millis();
    let module = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule";
    format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         controller.quorum.voters=1@127.0.0.1:{controller}\n\
         controller.listener.names=CONTROLLER\n\
         inter.broker.listener.name=INSIDE\n\
         listeners=CONTROLLER://127.0.0.1:{controller},INSIDE://127.0.0.1:{inside},AGENT://127.0.0.1:{port}\n\
         advertised.listeners=INSIDE://127.0.0.1:{inside},AGENT://localhost:{port}\n\
         listener.security.protocol.map=CONTROLLER:PLAINTEXT,INSIDE:PLAINTEXT,AGENT:SASL_SSL\n\
         listener.name.agent.sasl.enabled.mechanisms=OAUTHBEARER\n\
         listener.name.agent.oauthbearer.sasl.jaas.config={module} required;\n\
         listener.name.agent.oauthbearer.connections.max.reauth.ms={proof_ms}\n\
         listener.name.agent.ssl.keystore.type=PEM\n\
         listener.name.agent.ssl.keystore.location={dir}/keystore.pem\n\
         log.dirs={dir}/data\n\
         num.partitions=1\n\
         offsets.topic.num.partitions=1\n\
         offsets.topic.replication.factor=1\n\
         transaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\n\
         group.initial.rebalance.delay.ms=0\n\
         log.cleaner.dedupe.buffer.size=4194304\n"
    )
}

/// A token that says who it is for and until when, signed by nobody.
pub fn unsecured() -> Token {
    let runs_out = SystemTime::now() + TOKEN_LIFE;
    let end = runs_out.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let claims = format!(r#"{{"sub":"agent","exp":{:.3}}}"#, end.as_secs_f64());
    let [head, claims] = [r#"{"alg":"none"}"#, &claims].map(|p| BASE64_URL_SAFE_NO_PAD.encode(p));
    Token {
        text: format!("{head}.{claims}.").into(),
        runs_out,
    }
}
