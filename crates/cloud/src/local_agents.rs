//! What containers of this machine have to know to be the agents of a lab on AWS: the configurations that its
//! tasks get, and an environment for `docker-compose.aws.override.yml`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rlab_lab::files;
use rlab_lab::profile::AGENTS;

use crate::deployed::Deployed;
use crate::error::CloudError;
use crate::record::{Paths, Record};

/// Writes both for their owner only. `texts` are the configurations by task. There is no password in them: who
/// runs the containers shows credentials of his own.
///
/// # Errors
/// When the file system refuses.
pub(crate) fn write(
    record: &Record,
    paths: &Paths,
    deployed: &Deployed,
    texts: &BTreeMap<String, String>,
) -> Result<(), CloudError> {
    let home = paths.compose();
    files::make_private_dir(&home)?;
    for agent in AGENTS {
        if let Some(text) = texts.get(agent) {
            let path = home.join(format!("{agent}.json"));
            files::write(&path, text.as_bytes(), files::OWNER_ONLY)?;
        }
    }
    let owner = std::fs::metadata(&home).map_err(|e| CloudError::io(&home, e))?;
    let user = format!("{}:{}", owner.uid(), owner.gid());
    let text = environment(&record.region, &home, &user, deployed);
    files::write(
        &home.join("environment"),
        text.as_bytes(),
        files::OWNER_ONLY,
    )?;
    Ok(())
}

fn environment(region: &str, home: &Path, user: &str, deployed: &Deployed) -> String {
    let mut text = format!(
        "RLAB_AWS_REGION={region}\nRLAB_USER={user}\nRLAB_AGENTS={}\nRLAB_KAFKA_BROKERS={}\n",
        home.display(),
        deployed.kafka.bootstrap_brokers.join(",")
    );
    for agent in AGENTS {
        let Some(task) = deployed.tasks.get(agent) else {
            continue;
        };
        let variable = agent.to_uppercase().replace('-', "_");
        let (repository, digest) = (&task.repository_url, &task.image_digest);
        let _ = writeln!(text, "RLAB_{variable}_IMAGE={repository}@{digest}");
        let _ = writeln!(
            text,
            "RLAB_{variable}_PORT={}",
            task.port.unwrap_or_default()
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use rlab_contract::agent_config::CONFIG_FILE_VARIABLE;
    use serde_json::Value;

    use super::*;

    const FILE: &str = include_str!("../../../docker-compose.aws.override.yml");

    #[test]
    fn every_variable_of_the_file_is_written_and_each_agent_is_the_image_that_runs_on_aws() {
        let told = environment(
            "eu-central-1",
            Path::new("/lab/cloud/compose"),
            "1000:1000",
            &crate::deployed::tests::example(),
        );
        let told: BTreeMap<&str, &str> = told.lines().filter_map(|l| l.split_once('=')).collect();
        let text = told.iter().fold(FILE.to_owned(), |text, (name, value)| {
            assert!(
                FILE.contains(&format!("${{{name}:?}}")),
                "{name} is not used"
            );
            text.replace(&format!("${{{name}:?}}"), value)
        });
        assert!(!text.contains("${"), "{text}");
        let file = rlab_document::read_yaml::<Value>("aws.yml", &text)
            .unwrap()
            .value;
        let services = file["services"].as_object().unwrap();
        for agent in AGENTS {
            let service = &services[agent];
            let image = format!("1.dkr.ecr.eu-central-1.amazonaws.com/{agent}@sha256:00ff");
            assert_eq!(service["image"], image);
            assert_eq!(service["user"], "1000:1000");
            let config = service["environment"][CONFIG_FILE_VARIABLE]
                .as_str()
                .unwrap();
            let mounted = format!("/lab/cloud/compose/{agent}.json:{config}:ro");
            assert_eq!(service["volumes"][0], mounted);
        }
        assert_eq!(services.len(), AGENTS.len() + 1);
        let ports = services
            .values()
            .map(|service| service["ports"][0].as_str().unwrap());
        assert!(ports.clone().all(|port| port.starts_with("127.0.0.1:180")));
        let brokers = &services["kafka-ui"]["environment"]["KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS"];
        assert_eq!(brokers, "b-1:9098,b-2:9098,b-3:9098");
    }
}
