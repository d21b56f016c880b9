//! Times of the SDK and times of ours.

use aws_smithy_types::DateTime;
use jiff::Timestamp;

pub(super) fn read(at: &DateTime) -> Option<Timestamp> {
    let nanos = i32::try_from(at.subsec_nanos()).ok()?;
    Timestamp::new(at.secs(), nanos).ok()
}

pub(super) fn write(at: Timestamp) -> DateTime {
    DateTime::from_millis(at.as_millisecond())
}
