//! The pipeline's agents: binaries beside ours, told everything by one configuration file.

use std::collections::BTreeMap;
use std::time::Duration;

use rlab_contract::agent_config::{
    Addresses, AgentConfig, CONFIG_FILE_VARIABLE, CrashRule, Namespace,
};
use rlab_contract::login::{KafkaLogin, KafkaProof, Login, Proof, Transport};
use serde::Deserialize;

use super::environment::aws_credentials;
use super::login::{Shown, shown};
use super::{Launch, Site};
use crate::error::LabError;
use crate::files;
use crate::profile::agent_binary;
use crate::secrets::identity;
use crate::spec::{NodeKind, NodeSpec, Signing};

/// The user of Redis who is let in without having said who he is; any password is as good as none.
const REDIS_NOBODY: &str = "default";

/// What a drill may change about an agent between two starts.
#[derive(Debug, Clone, Default)]
pub struct AgentState {
    /// Settings laid over those of the profile.
    pub settings: BTreeMap<String, serde_json::Value>,
    /// Namespace in place of the lab's own.
    pub namespace: Option<Namespace>,
    /// Crash rule for the next start.
    pub crash_rule: Option<CrashRule>,
}

pub(super) fn prepare(
    site: &Site,
    node: &NodeSpec,
    state: &AgentState,
) -> Result<Launch, LabError> {
    let home = site.dir.node(&node.name);
    let file = home.join("agent.json");
    files::write_json(&file, &config(site, node, state), files::OWNER_ONLY)?;
    let mut environment = vec![(CONFIG_FILE_VARIABLE, file.into())];
    if site.spec.shows_tokens() {
        environment.extend(aws_credentials());
    }
    Ok(Launch {
        program: site.spec.agent_dir.join(agent_binary(node.service())),
        arguments: vec![],
        environment,
        directory: home,
    })
}

fn config(site: &Site, node: &NodeSpec, state: &AgentState) -> AgentConfig {
    let mut settings = profile_settings(site, node);
    settings.extend(state.settings.clone());
    AgentConfig {
        node: node.name.clone(),
        listen: node.back_address(0).to_string(),
        namespace: state
            .namespace
            .clone()
            .unwrap_or_else(|| site.spec.own_namespace()),
        crash_rules: state.crash_rule.clone().into_iter().collect(),
        settings,
        ..client_config(site, &identity(node.service()))
    }
}

/// How a client that is `user` reaches the servers of a lab, and proves who it is. It listens nowhere.
pub fn client_config(site: &Site, user: &str) -> AgentConfig {
    let spec = &site.spec;
    let mysql = shown(spec.first(NodeKind::Mysql), &site.secrets.mysql, user);
    let redis = shown(spec.first(NodeKind::Redis), &site.secrets.redis, user);
    let kafka = shown(spec.brokers().next(), &site.secrets.kafka, user);
    AgentConfig {
        node: user.to_owned(),
        listen: String::new(),
        addresses: Addresses::File(site.addresses()),
        admin_token: site.secrets.admin_token.clone().into(),
        supervisor_socket: site.dir.socket(),
        mysql: login("mysql", mysql, mysql.signing.and_then(Signing::mysql)),
        redis: login("redis", redis, redis.signing.and_then(Signing::redis)),
        kafka: KafkaLogin {
            endpoints: spec.brokers().map(|b| b.name.clone()).collect(),
            proof: kafka_proof(kafka),
        },
        registry: site
            .spec
            .first(NodeKind::Registry)
            .map_or_else(String::new, |n| n.name.clone()),
        namespace: site.spec.own_namespace(),
        crash_rules: Vec::new(),
        settings: BTreeMap::new(),
    }
}

fn login<S: Clone>(endpoint: &str, shown: Shown<'_>, signing: Option<&S>) -> Login<S> {
    let proof = match (signing, shown.roots) {
        (Some(signing), Some(roots)) => Proof::Iam {
            signing: signing.clone(),
            roots: roots.clone(),
        },
        _ => Proof::Password {
            password: shown.password.into(),
            transport: transport(shown),
        },
    };
    Login {
        endpoint: endpoint.to_owned(),
        user: shown.user.unwrap_or(REDIS_NOBODY).to_owned(),
        proof,
    }
}

/// How `shown` is proved to brokers.
pub(super) fn kafka_proof(shown: Shown<'_>) -> KafkaProof {
    let transport = transport(shown);
    match (shown.signing, shown.roots, shown.user) {
        (Some(signing), Some(roots), _) => KafkaProof::Iam {
            region: signing.region().to_owned(),
            roots: roots.clone(),
        },
        (_, _, Some(user)) => KafkaProof::Scram {
            user: user.to_owned(),
            password: shown.password.into(),
            transport,
        },
        _ => KafkaProof::Nothing { transport },
    }
}

fn transport(shown: Shown<'_>) -> Transport {
    shown.roots.cloned().into()
}

fn profile_settings(site: &Site, node: &NodeSpec) -> BTreeMap<String, serde_json::Value> {
    let agents = site.spec.profile.agents();
    agents
        .iter()
        .find(|(name, _)| name.as_str() == node.service())
        .map(|(_, agent)| agent.settings.clone())
        .unwrap_or_default()
}

pub(super) async fn probe(node: &NodeSpec) -> Result<(), String> {
    let client = http()?;
    let url = format!("http://{}/readyz", node.back_address(0));
    let answer = client
        .get(url)
        .send()
        .await
        .map_err(|_| "does not listen yet".to_owned())?;
    if answer.status().is_success() {
        return Ok(());
    }
    let readiness: Readiness = answer.json().await.map_err(|e| e.to_string())?;
    let waits: Vec<String> = readiness
        .waiting_for
        .iter()
        .map(|w| format!("{} ({})", w.name, w.last_error))
        .collect();
    Err(format!("waits for {}", waits.join(", ")))
}

/// What an agent says while it is not ready.
#[derive(Deserialize)]
struct Readiness {
    waiting_for: Vec<Wait>,
}

#[derive(Deserialize)]
struct Wait {
    name: String,
    last_error: String,
}

/// Replaces the crash rules of a running agent; its passes are counted from now.
pub(crate) async fn set_crash_rules(
    site: &Site,
    node: &NodeSpec,
    rules: &[CrashRule],
) -> Result<(), String> {
    let url = format!("http://{}/admin/crash-rules", node.back_address(0));
    let answer = http()?
        .put(url)
        .bearer_auth(&site.secrets.admin_token)
        .json(rules)
        .send()
        .await
        .map_err(|e| e.to_string())?;
    match answer.status().is_success() {
        true => Ok(()),
        false => Err(format!(
            "{} answered {} to its crash rules",
            node.name,
            answer.status()
        )),
    }
}

fn http() -> Result<reqwest::Client, String> {
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(3))
        .build()
        .map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use rlab_contract::login::{RdsSigning, Roots};

    use super::*;

    #[test]
    fn an_agent_is_told_what_to_sign_and_no_password_where_tokens_are_shown() {
        let region = || "eu-central-1".to_owned();
        let signing = Signing::Mysql {
            user: "runner".to_owned(),
            signing: RdsSigning { region: region() },
        };
        let of = |signing| Shown {
            user: Some("runner"),
            password: "",
            signing: Some(signing),
            roots: Some(&Roots::System),
        };
        let mysql = login("mysql", of(&signing), signing.mysql());
        assert_eq!(
            (mysql.endpoint.as_str(), mysql.user.as_str()),
            ("mysql", "runner")
        );
        let wanted = Proof::Iam {
            signing: RdsSigning { region: region() },
            roots: Roots::System,
        };
        assert_eq!(mysql.proof, wanted);

        let signing = Signing::Kafka { region: region() };
        let shown = Shown {
            user: None,
            ..of(&signing)
        };
        let wanted = KafkaProof::Iam {
            region: region(),
            roots: Roots::System,
        };
        assert_eq!(kafka_proof(shown), wanted);
    }
}
