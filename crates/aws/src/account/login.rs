//! Makes sure that somebody is logged in, and says what to do when nobody is.

use std::error::Error;

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use jiff::Timestamp;

use super::error::AccountError;
use super::failed_call::{Caller, FailedCall};
use super::place::Bounds;
use super::role::Lead;
use super::unassumed::Unassumed;
use crate::terraform::Cause;
use crate::terraform::cause::Credentials;

/// Makes sure that there are credentials, and tells until when they hold.
pub(super) async fn log_in(
    sdk: &SdkConfig,
    profile: Option<&str>,
    bounds: &Bounds,
) -> Result<Option<Timestamp>, AccountError> {
    let refused = |cause, why: String| AccountError::NotLoggedIn {
        cause: Box::new(cause),
        why,
        profile: profile.map(str::to_owned),
    };
    let provider = sdk
        .credentials_provider()
        .ok_or_else(|| refused(missing(), "none are configured".to_owned()))?;
    let found = tokio::time::timeout(bounds.operation, provider.provide_credentials()).await;
    let found = found.map_err(|_| {
        let why = format!("none came within {} s", bounds.operation.as_secs());
        refused(Cause::TimedOut, why)
    })?;
    let error = match found {
        Ok(keys) => return Ok(keys.expiry().and_then(|at| Timestamp::try_from(at).ok())),
        Err(error) => error,
    };
    let attempts = sdk.retry_config().map_or(1, |retry| retry.max_attempts());
    let call = call_behind(&error, attempts);
    let cause = call.as_ref().map(|call| call.cause.clone());
    let cause = cause.unwrap_or_else(|| cause_of(&error));
    let why = call.map_or_else(|| words(&error), |call| call.to_string());
    Err(match Lead::find(profile).await {
        Some(lead) => AccountError::NotAssumed(Box::new(Unassumed { lead, cause, why })),
        None => refused(cause, why),
    })
}

fn missing() -> Cause {
    Cause::Credentials(Credentials::Missing)
}

/// The call of STS that failed, if it came to one.
fn call_behind(error: &CredentialsError, attempts: u32) -> Option<FailedCall> {
    let caller = Caller {
        step: None,
        profile: None,
        attempts,
    };
    let assuming = |failed| FailedCall::new(("STS", "AssumeRole"), caller, failed);
    let by_token = |failed| FailedCall::new(("STS", "AssumeRoleWithWebIdentity"), caller, failed);
    // Providers wrap each other's errors.
    behind(error).find_map(|error| {
        let assumed = error.downcast_ref::<SdkError<AssumeRoleError, HttpResponse>>();
        let token = error.downcast_ref::<SdkError<AssumeRoleWithWebIdentityError, HttpResponse>>();
        assumed.map(assuming).or_else(|| token.map(by_token))
    })
}

/// The error, and all that caused it.
fn behind(error: &CredentialsError) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(Some(error as &(dyn Error + 'static)), |&error| {
        error.source()
    })
}

/// The cause, told from all that the SDK has to say, what it keeps for those who debug it included.
fn cause_of(error: &CredentialsError) -> Cause {
    match Cause::in_text(&DisplayErrorContext(error).to_string()) {
        Cause::Other if matches!(error, CredentialsError::CredentialsNotLoaded(_)) => missing(),
        cause => cause,
    }
}

/// The SDK's words for people, each once.
fn words(error: &CredentialsError) -> String {
    let mut words: Vec<String> = behind(error).map(ToString::to_string).collect();
    words.dedup();
    words.join(": ")
}
