//! The schema registry at the endpoint's current address.

use std::sync::Arc;

use rlab_contract::registry::{RegistryClient, RegistryError, WriterSchema};

use crate::address::AddressMap;

/// A registry client that resolves its endpoint on each call. Clones share what was looked up.
#[derive(Debug, Clone)]
pub struct Registry {
    client: Arc<RegistryClient>,
    addresses: AddressMap,
    endpoint: String,
}

impl Registry {
    /// The registry behind the endpoint called `endpoint`.
    pub fn new(endpoint: &str, addresses: AddressMap) -> Self {
        Self {
            client: Arc::default(),
            addresses,
            endpoint: endpoint.to_owned(),
        }
    }

    /// See [`RegistryClient::register`].
    ///
    /// # Errors
    /// As there; an endpoint without address is unreachable.
    pub async fn register(&self, subject: &str, schema: &str) -> Result<u32, RegistryError> {
        self.client
            .register(&self.address()?, subject, schema)
            .await
    }

    /// See [`RegistryClient::schema_by_id`].
    ///
    /// # Errors
    /// As there; an endpoint without address is unreachable.
    pub async fn schema_by_id(&self, id: u32) -> Result<Arc<WriterSchema>, RegistryError> {
        self.client.schema_by_id(&self.address()?, id).await
    }

    fn address(&self) -> Result<String, RegistryError> {
        match self.addresses.resolve(&self.endpoint) {
            Ok(address) => Ok(address.to_string()),
            Err(unknown) => Err(RegistryError::Unreachable {
                endpoint: self.endpoint.clone(),
                reason: unknown.to_string(),
            }),
        }
    }
}
