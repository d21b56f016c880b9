//! Whose account and which region a lab is made in, and who answers for it.

use rlab_aws::account::{Account, Identity, Journal, Kind, Place};
use rlab_lab::{LabDir, files};

use crate::error::CloudError;
use crate::profile::CloudProfile;
use crate::record::Paths;

/// Where a lab will be.
pub(crate) struct Whereabouts {
    /// Account id.
    pub account: String,
    /// Region.
    pub region: String,
    /// AWS partition.
    pub partition: String,
    /// Who answers for it.
    pub owner: String,
}

/// Asks the profile, and AWS for what the profile leaves open. A rehearsal's profile says it all: there
/// is nobody to ask yet.
///
/// # Errors
/// Nobody is logged in, or into another account than the profile names.
pub(crate) async fn of(profile: &CloudProfile, dir: &LabDir) -> Result<Whereabouts, CloudError> {
    if profile.rehearsal.is_some() {
        return Ok(Whereabouts {
            account: said(profile, &profile.account, "account = \"123456789012\"")?,
            region: said(profile, &profile.region, "region = \"eu-central-1\"")?,
            partition: "aws".to_owned(),
            owner: said(profile, &profile.owner, "owner = \"me\"")?,
        });
    }
    let paths = Paths::of(dir);
    files::make_private_dir(dir.path())?;
    files::make_private_dir(paths.all())?;
    let place = Place {
        region: profile.region.clone(),
        ..Place::default()
    };
    let account = Account::connect(place, Journal::open(&paths.journal())?).await?;
    if let Some(expected) = &profile.account {
        account.expect_account(expected)?;
    }
    let identity = account.identity();
    Ok(Whereabouts {
        account: identity.account.clone(),
        region: identity.region.clone(),
        partition: identity.partition.clone(),
        owner: profile.owner.clone().unwrap_or_else(|| name(identity)),
    })
}

fn said(
    profile: &CloudProfile,
    value: &Option<String>,
    line: &'static str,
) -> Result<String, CloudError> {
    value.clone().ok_or_else(|| CloudError::Missing {
        profile: profile.name.clone(),
        what: "whose account it plays, where, and who answers for it",
        place: line,
    })
}

/// The name by which people know who is logged in.
fn name(identity: &Identity) -> String {
    match &identity.kind {
        Kind::User { name } | Kind::Federated { name } => name.clone(),
        Kind::AssumedRole { session, .. } | Kind::Sso { session, .. } => session.clone(),
        Kind::Root | Kind::Other => identity.account.clone(),
    }
}
