//! Every request that was made, for those who must prove what was not asked for.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Most requests that are kept; older ones are forgotten and counted.
pub const MAX_RECORDS: usize = 50_000;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRecord {
    /// When it was answered.
    pub at: Timestamp,
    /// The id in the answer.
    pub request_id: String,
    /// Service as SigV4 names it.
    pub service: String,
    /// Action; method and path where a service has no name for it.
    pub action: String,
    /// Access key id of the caller.
    pub access_key: String,
    /// Whether the action may change something.
    pub mutating: bool,
    /// HTTP status.
    pub status: u16,
    /// AWS's error code, when the answer was a refusal whose code is known.
    pub error: Option<String>,
}

/// What was asked so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestLog {
    /// Oldest first.
    pub requests: VecDeque<RequestRecord>,
    /// Requests forgotten because there were more than [`MAX_RECORDS`].
    pub forgotten: u64,
}

impl RequestLog {
    pub(crate) fn add(&mut self, record: RequestRecord) {
        if self.requests.len() == MAX_RECORDS {
            self.requests.pop_front();
            self.forgotten += 1;
        }
        self.requests.push_back(record);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forgotten_is_counted() {
        let mut log = RequestLog::default();
        for number in 0..MAX_RECORDS + 3 {
            log.add(RequestRecord {
                at: Timestamp::UNIX_EPOCH,
                request_id: number.to_string(),
                service: String::new(),
                action: String::new(),
                access_key: String::new(),
                mutating: false,
                status: 200,
                error: None,
            });
        }
        assert_eq!((log.requests.len(), log.forgotten), (MAX_RECORDS, 3));
        assert_eq!(log.requests[0].request_id, "3");
    }
}
