//! As whom clients of the lab log in, and what protects the connection: as themselves on the lab's own
//! servers, as the profile says on others.

use std::collections::BTreeMap;

use rlab_contract::login::Roots;

use crate::spec::NodeSpec;

/// What is shown to a server, through what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    /// User; none where nobody is asked who he is.
    pub user: Option<&'a str>,
    /// His password.
    pub password: &'a str,
    /// Who vouches for the server; nobody when the connection is plain.
    pub roots: Option<&'a Roots>,
}

/// What the lab's `identity` shows to `node`; `passwords` are those of its kind of server.
pub(super) fn shown<'a>(
    node: Option<&'a NodeSpec>,
    passwords: &'a BTreeMap<String, String>,
    identity: &'a str,
) -> Shown<'a> {
    let theirs = node.and_then(|node| node.theirs.as_ref());
    let user = match theirs {
        Some(theirs) => theirs.user.as_deref(),
        None => Some(identity),
    };
    let password = user.and_then(|user| passwords.get(user));
    Shown {
        user,
        password: password.map_or("", String::as_str),
        roots: theirs.and_then(|theirs| theirs.roots.as_ref()),
    }
}
