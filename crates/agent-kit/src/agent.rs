//! The frame of an agent: what is started before its own work and what its exit code means.

use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;

use rlab_contract::agent_config::AgentConfig;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::address::AddressMap;
use crate::config::{self, ConfigError};
use crate::crash::CrashPoints;
use crate::drain::{self, Unfinished};
use crate::iam::CredentialChain;
use crate::metrics::Metrics;
use crate::ready::Readiness;

const EXIT_CONFIGURATION: u8 = 64;
const EXIT_INTERNAL: u8 = 70;
const EXIT_UNDRAINED: u8 = 75;

/// What is shared by all parts of an agent. Clones share it too.
#[derive(Debug, Clone)]
pub struct Agent {
    /// What the lab said.
    pub config: Arc<AgentConfig>,
    /// Where the servers are.
    pub addresses: AddressMap,
    /// Who we are to AWS; asked only where a server wants to know.
    pub credentials: CredentialChain,
    /// What is counted.
    pub metrics: Metrics,
    /// Where a drill may have us killed.
    pub crash: CrashPoints,
    /// What has answered.
    pub ready: Readiness,
    /// Cancelled when the agent is to stop.
    pub stop: CancellationToken,
}

/// Why an agent's run was not a good one.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It cannot run as configured.
    #[error(transparent)]
    Configuration(#[from] ConfigError),
    /// It stopped before it had drained.
    #[error(transparent)]
    Undrained(#[from] Unfinished),
}

impl RunError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Configuration(_) => EXIT_CONFIGURATION,
            Self::Undrained(_) => EXIT_UNDRAINED,
        }
    }
}

/// Runs an agent from start to end. `work` returns when the agent has drained. The exit code is 64
/// for a configuration that cannot be used, 75 for a drain that was cut off by its deadline, 70 when
/// the runtime cannot be started or a part panicked.
pub fn run<F, Fut>(work: F) -> ExitCode
where
    F: FnOnce(Agent) -> Fut,
    Fut: Future<Output = Result<(), RunError>>,
{
    start_logging();
    exit_on_panic();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "runtime cannot be started");
            return ExitCode::from(EXIT_INTERNAL);
        }
    };
    let outcome = runtime.block_on(async {
        let agent = start()?;
        tracing::info!(node = agent.config.node, namespace = ?agent.config.namespace, "started");
        work(agent).await
    });
    // Blocking calls into librdkafka may still be running; they are not worth waiting for.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "ended in error");
            ExitCode::from(error.exit_code())
        }
    }
}

/// A part that died must not leave half an agent behind: the lab restarts a whole one.
fn exit_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!(%panic, "panicked");
        std::process::exit(i32::from(EXIT_INTERNAL));
    }));
}

fn start() -> Result<Agent, ConfigError> {
    let agent = Agent::of(config::load()?)?;
    if let Err(error) = drain::watch_signals(agent.stop.clone()) {
        tracing::error!(%error, "signals cannot be watched; the agent will not drain");
    }
    Ok(agent)
}

impl Agent {
    /// What is shared, as `config` says.
    ///
    /// # Errors
    /// [`ConfigError`] for settings that nobody knows.
    pub fn of(mut config: AgentConfig) -> Result<Self, ConfigError> {
        let resolve = config::shared(&mut config)?.resolve;
        Ok(Self {
            addresses: AddressMap::new(&config.addresses, resolve),
            credentials: CredentialChain::default(),
            metrics: Metrics::default(),
            crash: CrashPoints::new(
                &config.node,
                config.supervisor_socket.clone(),
                config.crash_rules.clone(),
            ),
            ready: Readiness::default(),
            stop: CancellationToken::new(),
            config: Arc::new(config),
        })
    }
}

/// One JSON object per line on stderr; `RUST_LOG` chooses what is said.
fn start_logging() {
    let mut filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // What these say beyond is made of what they sign.
    for target in ["aws_sigv4=info", "aws_smithy_runtime=info"] {
        match target.parse() {
            Ok(directive) => filter = filter.add_directive(directive),
            Err(error) => tracing::error!(%error, target, "not a log directive"),
        }
    }
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drain_that_was_cut_off_is_told_by_exit_code_and_step() {
        let error = RunError::from(Unfinished(vec!["requests", "mysql"]));
        assert_eq!(error.exit_code(), 75);
        assert!(error.to_string().ends_with("requests; mysql"), "{error}");
        assert_eq!(RunError::from(ConfigError::NotNamed).exit_code(), 64);
    }
}
