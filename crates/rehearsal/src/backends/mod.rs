//! The emulators behind the front: installed by digest, started, supervised, ended.

mod process;
mod python;

use std::net::Ipv4Addr;
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
    /// Loopback address that they listen on.
    pub host: Ipv4Addr,
    /// ministack's port.
    pub ministack_port: u16,
    /// moto's port.
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
    /// Installs what is missing, and starts nothing.
    ///
    /// # Errors
    /// When they cannot be installed (see the logs).
    pub async fn install(config: &BackendsConfig) -> Result<(), RehearsalError> {
        make_logs(config)?;
        python::environment(config, &python::MINISTACK).await?;
        python::environment(config, &python::MOTO).await?;
        Ok(())
    }

    /// Installs what is missing, starts both emulators and waits until they answer.
    ///
    /// # Errors
    /// When they cannot be installed (see the logs), cannot be started, or do not answer in time.
    pub async fn start(config: &BackendsConfig) -> Result<Self, RehearsalError> {
        make_logs(config)?;
        let upstreams = Upstreams {
            ministack: (config.host, config.ministack_port).into(),
            moto: (config.host, config.moto_port).into(),
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
        let arguments = [
            "-H",
            &config.host.to_string(),
            "-p",
            &config.moto_port.to_string(),
        ];
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

fn make_logs(config: &BackendsConfig) -> Result<(), RehearsalError> {
    std::fs::create_dir_all(&config.logs).map_err(|source| RehearsalError::File {
        path: config.logs.clone(),
        source,
    })
}

fn ministack_settings(config: &BackendsConfig) -> Vec<(&'static str, String)> {
    let mut settings = vec![
        ("BIND_HOST", config.host.to_string()),
        ("MINISTACK_HOST", config.host.to_string()),
        ("GATEWAY_PORT", config.ministack_port.to_string()),
        ("MINISTACK_ACCOUNT_ID", config.account.clone()),
    ];
    if config.enforce_iam {
        settings.push(("AUTH", "true".to_owned()));
    }
    settings
}
