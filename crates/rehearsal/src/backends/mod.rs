//! The emulators behind the front: installed by digest, started, supervised, ended.

mod process;
mod python;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::config::Upstreams;
use crate::error::RehearsalError;

use process::Process;

/// Longest an emulator may take until it answers. Both take about half a second on an idle machine.
const READY_DEADLINE: Duration = Duration::from_secs(60);

/// Where the emulators are kept and where they listen.
#[derive(Debug, Clone)]
pub struct BackendsConfig {
    /// Their Python environments; made once, shared by all who use this directory.
    pub cache: PathBuf,
    /// Their logs.
    pub logs: PathBuf,
    /// ministack's port on 127.0.0.1.
    pub ministack_port: u16,
    /// moto's port on 127.0.0.1.
    pub moto_port: u16,
    /// Account id, twelve digits.
    pub account: String,
    /// Whether IAM policies are enforced by ministack for what it answers itself.
    pub enforce_iam: bool,
}

/// The running emulators. They end when this is stopped or dropped, or when its process dies.
#[derive(Debug)]
pub struct Backends {
    ministack: Process,
    moto: Process,
    upstreams: Upstreams,
}

impl Backends {
    /// Installs what is missing, starts both emulators and waits until they answer.
    ///
    /// # Errors
    /// When they cannot be installed (see the logs), cannot be started, or do not answer in time.
    pub async fn start(config: &BackendsConfig) -> Result<Self, RehearsalError> {
        let file = |source| RehearsalError::File {
            path: config.logs.clone(),
            source,
        };
        std::fs::create_dir_all(&config.logs).map_err(file)?;
        let upstreams = Upstreams {
            ministack: address(config.ministack_port),
            moto: address(config.moto_port),
        };
        let ministack = python::environment(config, &python::MINISTACK).await?;
        let moto = python::environment(config, &python::MOTO).await?;
        let mut ministack = Process::start(
            &ministack,
            "ministack",
            &[],
            &ministack_settings(config),
            &config.logs,
        )?;
        let arguments = ["-H", "127.0.0.1", "-p", &config.moto_port.to_string()];
        let settings = [
            ("MOTO_ACCOUNT_ID", config.account.clone()),
            ("MOTO_IAM_LOAD_MANAGED_POLICIES", "true".to_owned()),
        ];
        let mut moto = Process::start(&moto, "moto.server", &arguments, &settings, &config.logs)?;
        let health = format!("http://{}/_ministack/health", upstreams.ministack);
        ministack.until_it_answers(&health, READY_DEADLINE).await?;
        let health = format!("http://{}/moto-api/", upstreams.moto);
        moto.until_it_answers(&health, READY_DEADLINE).await?;
        Ok(Self {
            ministack,
            moto,
            upstreams,
        })
    }

    /// Where they listen.
    pub fn upstreams(&self) -> Upstreams {
        self.upstreams
    }

    /// The name of an emulator that has ended by itself.
    pub fn ended(&mut self) -> Option<&'static str> {
        match (self.ministack.has_ended(), self.moto.has_ended()) {
            (true, _) => Some("ministack"),
            (_, true) => Some("moto"),
            (false, false) => None,
        }
    }

    /// Ends both and waits until they are gone. What they knew is forgotten.
    pub async fn stop(mut self) {
        self.ministack.end().await;
        self.moto.end().await;
    }
}

fn address(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

fn ministack_settings(config: &BackendsConfig) -> Vec<(&'static str, String)> {
    let mut settings = vec![
        ("BIND_HOST", "127.0.0.1".to_owned()),
        ("MINISTACK_HOST", "127.0.0.1".to_owned()),
        ("GATEWAY_PORT", config.ministack_port.to_string()),
        ("MINISTACK_ACCOUNT_ID", config.account.clone()),
    ];
    if config.enforce_iam {
        settings.push(("AUTH", "true".to_owned()));
    }
    settings
}
