//! One server as the agent reaches it: where it is, who we are there, what protects the connection.

use rlab_contract::address::Address;
use rlab_contract::login::{Proof, Roots, Secret, Transport};

use crate::Agent;
use crate::address::{AddressMap, UnknownEndpoint};
use crate::iam;
use crate::token::{NoToken, Tokens};

/// A MySQL or Redis. Clones share the tokens.
#[derive(Debug, Clone)]
pub struct Server {
    /// All that there is.
    pub addresses: AddressMap,
    /// Name of this one among them.
    pub endpoint: String,
    /// User name.
    pub user: String,
    /// What the user shows.
    pub access: Access,
}

/// What is shown to a server, through what.
#[derive(Debug, Clone)]
pub enum Access {
    /// A password that stays.
    Password(Secret, Transport),
    /// The token in force, over TLS.
    Token(Tokens, Roots),
}

/// Why a server cannot even be tried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAccess {
    /// The endpoint has no address.
    #[error(transparent)]
    Unknown(#[from] UnknownEndpoint),
    /// There is no token to show.
    #[error(transparent)]
    NoToken(#[from] NoToken),
}

impl Server {
    /// The MySQL of `agent`; with IAM, readiness waits for its token as `mysql token`.
    pub fn mysql(agent: &Agent) -> Self {
        let login = &agent.config.mysql;
        let access = match &login.proof {
            Proof::Password {
                password,
                transport,
            } => Access::Password(password.clone(), transport.clone()),
            Proof::Iam { signing, roots } => {
                Access::Token(iam::mysql::tokens(agent, login, signing), roots.clone())
            }
        };
        Self::new(agent, &login.endpoint, &login.user, access)
    }

    /// The Redis of `agent`; with IAM, readiness waits for its token as `redis token`.
    pub fn redis(agent: &Agent) -> Self {
        let login = &agent.config.redis;
        let access = match &login.proof {
            Proof::Password {
                password,
                transport,
            } => Access::Password(password.clone(), transport.clone()),
            Proof::Iam { signing, roots } => Access::Token(
                iam::redis::tokens(agent, &login.user, signing),
                roots.clone(),
            ),
        };
        Self::new(agent, &login.endpoint, &login.user, access)
    }

    fn new(agent: &Agent, endpoint: &str, user: &str, access: Access) -> Self {
        Self {
            addresses: agent.addresses.clone(),
            endpoint: endpoint.to_owned(),
            user: user.to_owned(),
            access,
        }
    }

    /// Where it is at this moment.
    ///
    /// # Errors
    /// [`UnknownEndpoint`] when nobody knows.
    pub fn address(&self) -> Result<Address, UnknownEndpoint> {
        self.addresses.resolve(&self.endpoint)
    }
}

impl Access {
    /// What to show now.
    ///
    /// # Errors
    /// [`NoToken`] when there is none.
    pub fn secret(&self) -> Result<Secret, NoToken> {
        match self {
            Self::Password(password, _) => Ok(password.clone()),
            Self::Token(tokens, _) => tokens.current().map(|token| token.text),
        }
    }

    /// Who vouches for the server; nobody when the connection is plain.
    pub fn roots(&self) -> Option<&Roots> {
        match self {
            Self::Password(_, Transport::Plain) => None,
            Self::Password(_, Transport::Tls(roots)) | Self::Token(_, roots) => Some(roots),
        }
    }

    /// Waits until there is something new to show.
    pub async fn renewed(&mut self) {
        match self {
            Self::Password(..) => std::future::pending().await,
            Self::Token(tokens, _) => tokens.renewed().await,
        }
    }
}
