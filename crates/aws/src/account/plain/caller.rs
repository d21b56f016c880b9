//! One call by the SDK's runtime, with the same bounds, attempts and journal as those of every client.

use aws_config::SdkConfig;
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{
    HttpStatusCodeClassifier, TransientErrorClassifier,
};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{
    AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver,
};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::ErrorMetadata;
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};

use super::{Asked, Service};
use crate::account::answer;
use crate::account::journal::Journal;

/// Calls for one account.
#[derive(Debug)]
pub(in crate::account) struct Caller {
    sdk: SdkConfig,
    journal: Journal,
}

impl Caller {
    pub fn new(sdk: SdkConfig, journal: Journal) -> Self {
        Self { sdk, journal }
    }

    /// Sends `asked`; the body of the answer.
    pub(super) async fn call(
        &self,
        service: Service,
        partition: &str,
        action: &'static str,
        asked: Asked,
    ) -> Result<String, SdkError<ErrorMetadata, HttpResponse>> {
        let region = self.sdk.region().map_or("", Region::as_ref);
        let (host, region) = service.place(partition, region);
        let endpoint = match self.sdk.endpoint_url() {
            Some(given) => given.to_owned(),
            None => format!("https://{host}"),
        };
        let mut operation = Operation::builder()
            .service_name(service.name())
            .operation_name(action)
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&endpoint)
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
            .retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new())
            .interceptor(self.journal.clone())
            .runtime_plugin(self.signed(service, region));
        if let Some(retry) = self.sdk.retry_config() {
            operation = operation.standard_retry(retry);
        }
        if let Some(timeouts) = self.sdk.timeout_config() {
            operation = operation.timeout_config(timeouts.clone());
        }
        if let Some(client) = self.sdk.http_client() {
            operation = operation.http_client(client);
        }
        let operation = operation.serializer(request).deserializer(read).build();
        operation.invoke(asked).await
    }

    /// Has calls signed as `service` wants them, by the account's credentials.
    fn signed(&self, service: Service, region: String) -> StaticRuntimePlugin {
        let mut config = Layer::new("signature");
        config.store_put(AuthSchemeOptionResolverParams::new(()));
        config.store_put(SigV4OperationSigningConfig {
            region: Some(SigningRegion::from(Region::new(region))),
            name: Some(SigningName::from_static(service.signs_as())),
            ..SigV4OperationSigningConfig::default()
        });
        let options = StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]);
        let options = SharedAuthSchemeOptionResolver::new(options);
        let mut parts = RuntimeComponentsBuilder::new("signature");
        parts.set_auth_scheme_option_resolver(Some(options));
        parts.push_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()));
        parts.set_identity_cache(self.sdk.identity_cache());
        if let Some(credentials) = self.sdk.credentials_provider() {
            parts.set_identity_resolver(SCHEME_ID, SharedIdentityResolver::new(credentials));
        }
        StaticRuntimePlugin::new()
            .with_config(config.freeze())
            .with_runtime_components(parts)
    }
}

fn request(asked: Asked) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(SdkBody::from(asked.body));
    request.set_method(asked.method)?;
    request.set_uri(asked.path)?;
    for (name, value) in asked.headers {
        request.headers_mut().insert(name, value);
    }
    Ok(request)
}

fn read(answer: &HttpResponse) -> Result<String, OrchestratorError<ErrorMetadata>> {
    let body = answer.body().bytes().unwrap_or_default();
    if answer.status().is_success() {
        return Ok(String::from_utf8_lossy(body).into_owned());
    }
    let mut error = ErrorMetadata::builder();
    if let Some(code) = answer::code(answer) {
        error = error.code(code);
    }
    if let Some(message) = answer::message(answer) {
        error = error.message(message);
    }
    Err(OrchestratorError::operation(error.build()))
}
