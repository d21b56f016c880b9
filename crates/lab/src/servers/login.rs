//! As whom clients of the lab log in, and what protects the connection: as themselves on the lab's own
//! servers, as the profile says on others.

use std::collections::BTreeMap;

use rlab_contract::login::{Roots, Secret};

use super::Site;
use crate::spec::{NodeSpec, Signing, Who};

/// What is shown to a server, through what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    /// User; none where nobody is asked who he is, and where a token says it.
    pub user: Option<&'a str>,
    /// His password.
    pub password: &'a str,
    /// What a token in place of the password is signed for.
    pub signing: Option<&'a Signing>,
    /// Who vouches for the server; nobody when the connection is plain, which it never is with a token.
    pub roots: Option<&'a Roots>,
}

/// What the lab's `identity` shows to `node`; `passwords` are those of its kind of server.
pub(super) fn shown<'a>(
    node: Option<&'a NodeSpec>,
    passwords: &'a BTreeMap<String, String>,
    identity: &'a str,
) -> Shown<'a> {
    let theirs = node.and_then(|node| node.theirs.as_ref());
    let (user, signing) = match theirs.map(|theirs| &theirs.user) {
        None => (Some(identity), None),
        Some(Who::Nobody) => (None, None),
        Some(Who::User(user)) => (Some(user.as_str()), None),
        Some(Who::Token(signing)) => (signing.user(), Some(signing)),
    };
    let password = user.and_then(|user| passwords.get(user));
    let roots = theirs.and_then(|theirs| theirs.roots.as_ref());
    Shown {
        user,
        password: password.map_or("", String::as_str),
        signing,
        roots: roots.or(signing.map(|_| &Roots::System)),
    }
}

impl Shown<'_> {
    /// What proves it to the server at `address`: the password, or a token of this moment.
    ///
    /// # Errors
    /// A text: why no token could be signed.
    pub async fn secret(
        &self,
        site: &Site,
        address: &rlab_contract::address::Address,
    ) -> Result<Secret, String> {
        let Some(signing) = self.signing else {
            return Ok(self.password.into());
        };
        let signed = site.signer.sign(signing, address).await;
        Ok(signed.map_err(|e| e.to_string())?.text)
    }
}

#[cfg(test)]
mod tests {
    use rlab_contract::login::RdsSigning;

    use super::*;
    use crate::spec::{NodeKind, Theirs};

    #[test]
    fn a_token_never_goes_unprotected_whatever_the_lab_was_told() {
        let signing = Signing::Mysql {
            user: "runner".to_owned(),
            signing: RdsSigning {
                region: "eu-central-1".to_owned(),
            },
        };
        let here = std::net::Ipv4Addr::LOCALHOST;
        let node = NodeSpec {
            name: "mysql".to_owned(),
            kind: NodeKind::Mysql,
            zone: "theirs".to_owned(),
            back: here,
            front: here,
            ports: Vec::new(),
            after: Vec::new(),
            instance: 1,
            standby: None,
            theirs: Some(Theirs {
                address: "m:3306".parse().unwrap(),
                map: None,
                slot: false,
                user: Who::Token(signing.clone()),
                roots: None,
            }),
        };
        let passwords = [("runner".to_owned(), "of-another-lab".to_owned())].into();
        let shown = shown(Some(&node), &passwords, "rlab_admin");
        assert_eq!(
            (shown.user, shown.signing),
            (Some("runner"), Some(&signing))
        );
        assert_eq!(shown.roots, Some(&Roots::System));
    }
}
