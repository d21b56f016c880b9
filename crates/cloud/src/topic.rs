//! A topic, made by the lab's own client of brokers: the administrator's client of librdkafka never shows a token,
//! since nobody polls what it would be asked by.

use rlab_agent_kit::Agent;
use rlab_agent_kit::kafka::Cluster;
use rlab_contract::login::{KafkaProof, Roots};
use rlab_contract::topics::TopicSpec;
use rlab_lab::kafka_wire::Connection;

/// Makes the topic of `spec`, unless it is there, at the first broker of `agent` that answers.
///
/// # Errors
/// A text: why the last broker that was asked did not make it.
pub(crate) async fn make(agent: &Agent, cluster: &Cluster, spec: &TopicSpec) -> Result<(), String> {
    let mut last = "no broker is named".to_owned();
    for endpoint in &agent.config.kafka.endpoints {
        match made_at(agent, cluster, endpoint, spec).await {
            Ok(()) => return Ok(()),
            Err(why) => last = format!("{endpoint}: {why}"),
        }
    }
    Err(last)
}

async fn made_at(
    agent: &Agent,
    cluster: &Cluster,
    endpoint: &str,
    spec: &TopicSpec,
) -> Result<(), String> {
    let address = agent.addresses.resolve(endpoint);
    let address = address.map_err(|e| e.to_string())?;
    let proof = &agent.config.kafka.proof;
    let mut broker = Connection::open_as(&address, roots(proof)).await?;
    match proof {
        KafkaProof::Nothing { .. } => {}
        KafkaProof::Scram { user, password, .. } => broker.login(user, password.expose()).await?,
        KafkaProof::Iam { .. } => {
            let token = cluster.token().map_err(|e| e.to_string())?;
            broker.login_by_token(&token.text).await?;
        }
    }
    broker.create_topics(std::slice::from_ref(spec)).await
}

fn roots(proof: &KafkaProof) -> Option<&Roots> {
    match proof {
        KafkaProof::Nothing { transport } | KafkaProof::Scram { transport, .. } => {
            transport.roots()
        }
        KafkaProof::Iam { roots, .. } => Some(roots),
    }
}
