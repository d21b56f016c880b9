//! `extend`: a lab gets more time.

use jiff::{SignedDuration, Timestamp};
use rlab_lab::LabDir;

use crate::error::CloudError;
use crate::record::{Record, whole_seconds};
use crate::up::CloudOptions;

/// Longest from now on, hours: as in a profile.
pub const MOST_HOURS: u32 = 168;

/// Writes down that the lab in `dir` has to be gone `hours` from now, and says what to bring up, since
/// everything of the lab carries its expiry as a tag. `up` finishes what is begun here.
///
/// # Errors
/// When there is no such lab, or its record cannot be written.
pub fn extend(dir: &LabDir, hours: u32) -> Result<CloudOptions, CloudError> {
    let mut record = Record::load(dir)?;
    let from_now = SignedDuration::from_hours(hours.min(MOST_HOURS).into());
    record.expiry = whole_seconds(Timestamp::now() + from_now);
    record.save(dir)?;
    Ok(CloudOptions {
        dir: dir.clone(),
        profile: record.profile,
        port_offset: record.port_offset,
    })
}
