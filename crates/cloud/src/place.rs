//! Whose account and which region a lab is made in.

use crate::error::CloudError;
use crate::profile::CloudProfile;

/// Account, region and partition; and who answers for the lab.
///
/// # Errors
/// When the profile leaves out what nobody else can tell.
pub(crate) async fn of(
    profile: &CloudProfile,
) -> Result<((String, String, String), String), CloudError> {
    let missing = |what, place| CloudError::Missing {
        profile: profile.name.clone(),
        what,
        place,
    };
    let account = profile
        .account
        .clone()
        .ok_or_else(|| missing("the account", "account = \"…\""))?;
    let region = profile
        .region
        .clone()
        .ok_or_else(|| missing("the region", "region = \"…\""))?;
    let owner = profile
        .owner
        .clone()
        .ok_or_else(|| missing("the owner", "owner = \"…\""))?;
    Ok(((account, region, "aws".to_owned()), owner))
}
