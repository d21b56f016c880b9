//! Before anything starts: are the servers there, and do they know us?

use futures::future::join_all;

use crate::error::LabError;
use crate::roles::Roles;
use crate::servers::{self, Site};
use crate::spec::{NodeSpec, Theirs, Who};

/// Looks up and logs in to every server that the lab of `site` does not run.
///
/// # Errors
/// [`LabError::Elsewhere`] with every server that cannot be used, and why.
pub async fn reach(site: &Site) -> Result<(), LabError> {
    let nodes = &site.spec.nodes;
    let roles = Roles::usual(nodes);
    let theirs = nodes.iter().filter_map(|n| Some((n, n.theirs.as_ref()?)));
    let unsigned = unsigned(site, theirs.clone().map(|(_, theirs)| theirs)).await;
    if !unsigned.is_empty() {
        return Err(LabError::Elsewhere(unsigned));
    }
    let asked = theirs.map(|(node, theirs)| ask(site, node, theirs, &roles));
    let refused: Vec<String> = join_all(asked).await.into_iter().flatten().collect();
    match refused.is_empty() {
        true => Ok(()),
        false => Err(LabError::Elsewhere(refused)),
    }
}

/// Why tokens cannot be signed, each reason once: most are the same for all servers. It is looked for before the
/// servers are asked, since whoever gives credentials may take longer than one of them; the tokens are shown then.
async fn unsigned(site: &Site, theirs: impl Iterator<Item = &Theirs>) -> Vec<String> {
    let mut reasons = Vec::new();
    for theirs in theirs {
        let Who::Token(signing) = &theirs.user else {
            continue;
        };
        let signed = site.signer.sign(signing, &theirs.address).await;
        let reason = signed.err().map(|e| e.to_string());
        reasons.extend(reason.filter(|reason| !reasons.contains(reason)));
    }
    reasons
}

/// Why `node` cannot be used.
async fn ask(site: &Site, node: &NodeSpec, theirs: &Theirs, roles: &Roles) -> Option<String> {
    let address = &theirs.address;
    let found = tokio::net::lookup_host((address.host(), address.port())).await;
    let why = match found {
        Err(error) => format!("`{}` cannot be looked up: {error}", address.host()),
        Ok(_) => match servers::probe(site, node, roles).await {
            // A replica that has not caught up will.
            Ok(_) => return None,
            Err(why) => why,
        },
    };
    Some(format!("{} at {address}: {why}", node.name))
}
