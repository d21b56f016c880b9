//! The AWS API in front of the servers: our own binary, with the emulators as its children.

use std::time::Duration;

use super::{Launch, Site};
use crate::error::LabError;
use crate::spec::NodeSpec;

/// The hidden verb of the command line that serves the API.
pub const VERB: &str = "serve-api";

pub(super) fn prepare(site: &Site, node: &NodeSpec) -> Result<Launch, LabError> {
    let program = std::env::current_exe().map_err(|e| LabError::io("/proc/self/exe", e))?;
    let home = site.dir.path().ancestors().nth(2);
    let home = home.unwrap_or(site.dir.path());
    let cache = rlab_artifacts::Cache::open(None)?;
    Ok(Launch {
        program,
        arguments: ["--lab", site.dir.name(), VERB].map(Into::into).into(),
        environment: vec![
            ("RLAB_HOME", home.into()),
            ("RLAB_CACHE", cache.root().into()),
        ],
        directory: site.dir.node(&node.name),
    })
}

/// Whatever it answers, it serves: it listens once the emulators behind it do.
pub(super) async fn probe(node: &NodeSpec) -> Result<(), String> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(2))
        .build()
        .map_err(|e| e.to_string())?;
    let asking = client.get(format!("http://{}/", node.back_address(0)));
    asking.send().await.map(drop).map_err(|e| e.to_string())
}
