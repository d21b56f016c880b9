//! A login for the account's container registry.

use std::fmt;

use aws_smithy_types::base64;
use jiff::Timestamp;

use super::connected::Account;
use super::error::AccountError;
use super::moment;

/// A login that holds for some hours.
#[derive(Clone)]
pub struct RegistryLogin {
    /// Host of the registry, with the port if there is one.
    pub registry: String,
    /// Whether it is to be spoken to without TLS, as a rehearsal may be.
    pub plain: bool,
    /// User.
    pub user: String,
    /// Until when it holds.
    pub expires_at: Option<Timestamp>,
    password: String,
}

impl RegistryLogin {
    /// The password, for nobody's eyes.
    pub fn password(&self) -> &str {
        &self.password
    }
}

impl fmt::Debug for RegistryLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut login = f.debug_struct("RegistryLogin");
        login.field("registry", &self.registry);
        login.field("user", &self.user).finish_non_exhaustive()
    }
}

impl Account {
    /// Logs in to the account's container registry.
    ///
    /// # Errors
    /// When AWS refuses, or its answer cannot be read.
    pub async fn registry_login(&self) -> Result<RegistryLogin, AccountError> {
        let answer = self.clients().ecr.get_authorization_token().send().await;
        let answer = answer.map_err(self.failed("ECR", "GetAuthorizationToken"))?;
        let lacks = |what| AccountError::Incomplete {
            action: "ecr:GetAuthorizationToken",
            what,
        };
        let data = answer.authorization_data().first();
        let data = data.ok_or_else(|| lacks("a login"))?;
        let token = data.authorization_token().ok_or_else(|| lacks("a token"))?;
        let token = base64::decode(token).ok();
        let token = token.and_then(|bytes| String::from_utf8(bytes).ok());
        let token = token.ok_or_else(|| lacks("a readable token"))?;
        let (user, password) = token
            .split_once(':')
            .ok_or_else(|| lacks("user and password"))?;
        let url = data.proxy_endpoint().ok_or_else(|| lacks("an address"))?;
        let host = url.split_once("://").map_or(url, |(_, host)| host);
        Ok(RegistryLogin {
            registry: host.trim_end_matches('/').to_owned(),
            plain: url.starts_with("http://"),
            user: user.to_owned(),
            expires_at: data.expires_at().and_then(moment::read),
            password: password.to_owned(),
        })
    }
}
