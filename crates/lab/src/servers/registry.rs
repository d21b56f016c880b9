//! The schema registry (Apicurio, Confluent-compatible API) on file storage of its own.

use std::time::Duration;

use super::{Launch, Site, java_flags};
use crate::error::LabError;
use crate::files;
use crate::spec::NodeSpec;

pub(super) fn prepare(site: &Site, node: &NodeSpec) -> Result<Launch, LabError> {
    let home = site.dir.node(&node.name);
    let data = home.join("data");
    files::make_dir(&data)?;
    let servers = &site.spec.servers;
    let address = node.back_address(0);
    let management = node.back_address(1);
    let mut arguments = java_flags(site.spec.profile.registry_heap_mib()?);
    arguments.push(
        format!(
            "-XX:SharedArchiveFile={}",
            servers.registry_archive.display()
        )
        .into(),
    );
    let options = [
        "-Dapicurio.storage.kind=sql".to_owned(),
        "-Dapicurio.storage.sql.kind=h2".to_owned(),
        format!(
            "-Dapicurio.datasource.url=jdbc:h2:file:{}/registry",
            data.display()
        ),
        format!("-Dquarkus.http.host={}", address.ip()),
        format!("-Dquarkus.http.port={}", address.port()),
        // Left alone it would listen on every interface, at the same port in every lab.
        format!("-Dquarkus.management.host={}", management.ip()),
        format!("-Dquarkus.management.port={}", management.port()),
        "-Dquarkus.http.access-log.enabled=false".to_owned(),
    ];
    arguments.extend(options.map(Into::into));
    arguments.push("-jar".into());
    arguments.push(servers.registry_jar.clone().into());
    Ok(Launch {
        program: servers.java.clone(),
        arguments,
        environment: vec![],
        directory: home,
    })
}

pub(super) async fn probe(node: &NodeSpec) -> Result<(), String> {
    let url = format!("http://{}/apis/ccompat/v7/subjects", node.past_slot(0));
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(3))
        .build()
        .map_err(|e| e.to_string())?;
    let answer = client.get(url).send().await.map_err(|e| short(&e))?;
    match answer.status().is_success() {
        true => Ok(()),
        false => Err(format!("answered {}", answer.status())),
    }
}

/// The innermost cause: the outer ones only repeat the address.
fn short(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
