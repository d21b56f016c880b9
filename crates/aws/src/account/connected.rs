//! A connection to an AWS account: found out whose it is before anything else is asked.

use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials as Keys;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::clients::Clients;
use super::error::AccountError;
use super::failed_call::{Caller as Asking, FailedCall};
use super::identity::Identity;
use super::journal::Journal;
use super::login::log_in;
use super::place::{Bounds, Place};
use super::plain::Caller;

/// An AWS account, as one caller sees it. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Account {
    shared: Arc<Shared>,
    step: Option<Arc<str>>,
}

#[derive(Debug)]
struct Shared {
    clients: Clients,
    plain: Caller,
    identity: Identity,
    profile: Option<String>,
    bounds: Bounds,
    attempts: u32,
}

impl Account {
    /// Finds credentials and asks AWS whose they are.
    ///
    /// # Errors
    /// [`AccountError::NoRegion`], [`AccountError::NotLoggedIn`], [`AccountError::NotAssumed`], or that AWS refuses or does not answer.
    pub async fn connect(place: Place, journal: Journal) -> Result<Self, AccountError> {
        let bounds = place.bounds.clone();
        let profile = place.profile.clone().or_else(profile_in_environment);
        let sdk = configure(place).await;
        let region = sdk.region().ok_or(AccountError::NoRegion)?.to_string();
        let expires_at = log_in(&sdk, profile.as_deref(), &bounds).await?;
        let clients = Clients::new(&sdk, &journal);
        let attempts = sdk.retry_config().map_or(1, |retry| retry.max_attempts());
        let caller = Asking {
            step: None,
            profile: profile.as_deref(),
            attempts,
        };
        let answer = clients.sts.get_caller_identity().send().await;
        let answer = answer.map_err(|error| {
            let call = FailedCall::new(("STS", "GetCallerIdentity"), caller, &error);
            AccountError::Call(Box::new(call))
        })?;
        let identity = Identity::read(answer.account(), answer.arn(), region, expires_at)?;
        Ok(Self {
            shared: Arc::new(Shared {
                clients,
                plain: Caller::new(sdk, journal),
                identity,
                profile,
                bounds,
                attempts,
            }),
            step: None,
        })
    }

    /// The same account, asked for a step that errors name.
    pub fn step(&self, name: &str) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            step: Some(name.into()),
        }
    }

    /// Who asks.
    pub fn identity(&self) -> &Identity {
        &self.shared.identity
    }

    /// Makes sure that it is the account that is meant.
    ///
    /// # Errors
    /// [`AccountError::OtherAccount`].
    pub fn expect_account(&self, id: &str) -> Result<(), AccountError> {
        let identity = self.identity();
        if identity.account == id {
            return Ok(());
        }
        Err(AccountError::OtherAccount {
            expected: id.to_owned(),
            found: identity.account.clone(),
            arn: identity.arn.clone(),
        })
    }

    pub(super) fn clients(&self) -> &Clients {
        &self.shared.clients
    }

    /// Calls of services that have no client.
    pub(super) fn plain(&self) -> &Caller {
        &self.shared.plain
    }

    pub(super) fn bounds(&self) -> &Bounds {
        &self.shared.bounds
    }

    /// How many attempts are made of a call.
    pub(super) fn attempts(&self) -> u32 {
        self.shared.attempts
    }

    /// Turns what the SDK says of a failed call into an error of ours.
    pub(super) fn failed<E>(
        &self,
        service: &'static str,
        operation: &'static str,
    ) -> impl Fn(SdkError<E, HttpResponse>) -> AccountError
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        move |error| {
            let caller = Asking {
                step: self.step.as_deref(),
                profile: self.shared.profile.as_deref(),
                attempts: self.shared.attempts,
            };
            let call = FailedCall::new((service, operation), caller, &error);
            AccountError::Call(Box::new(call))
        }
    }
}

async fn configure(place: Place) -> SdkConfig {
    // Attempts and their pauses are the SDK's: standard mode with jitter, three attempts unless
    // AWS_MAX_ATTEMPTS or the profile says otherwise.
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    loader = loader.timeout_config(place.bounds.timeouts());
    if let Some(region) = place.region {
        loader = loader.region(Region::new(region));
    }
    if let Some(profile) = place.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(endpoint) = place.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    if let Some(given) = place.credentials {
        let keys = Keys::new(given.key, given.secret, None, None, "given");
        loader = loader.credentials_provider(keys);
    }
    loader.load().await
}

fn profile_in_environment() -> Option<String> {
    std::env::var("AWS_PROFILE").ok().filter(|p| !p.is_empty())
}
