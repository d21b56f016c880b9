//! What AWS says of failovers, from a data file that names its sources.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

static BUILT_IN: LazyLock<Failovers> = LazyLock::new(|| {
    let read = toml::from_str(include_str!("../../../data/failovers.toml"));
    // Embedded, and read by this crate's tests.
    read.expect("the data file of failovers is right")
});

/// The data file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failovers {
    /// Always `rlab/failovers/v1`.
    pub schema: String,
    /// When it was written, a date.
    pub dated: String,
    /// TestFailover of ElastiCache.
    pub cache: CacheFailovers,
    /// RebootDBInstance with ForceFailover.
    pub instance: Chain,
    /// FailoverDBCluster.
    pub cluster: Chain,
}

/// How a failover of ElastiCache is told, and how many there may be.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct CacheFailovers {
    /// How many.
    #[serde(flatten)]
    pub quota: Quota,
    /// How it is told.
    #[serde(flatten)]
    pub chain: Chain,
}

/// How many failovers a customer may test.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Quota {
    /// Most within a window.
    pub per_window: usize,
    /// Length of the window that ends now, in hours.
    pub window_hours: i64,
    /// Beginning of the event that every call leaves.
    pub counted: String,
}

/// The events of a failover.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Chain {
    /// Where they are documented.
    pub source: String,
    /// Whether they come in this order.
    pub in_order: bool,
    /// Beginnings of the messages: of each link in all its wordings.
    pub chain: Vec<Vec<String>>,
    /// The link from which on clients are led elsewhere.
    pub leads_elsewhere: usize,
    /// Beginnings of the messages by which AWS gives up.
    pub abandoned: Vec<String>,
}

impl Failovers {
    /// The data file of this program.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }
}

impl Quota {
    /// The window that ends at `now`.
    pub fn window(&self, now: Timestamp) -> Timestamp {
        now - self.length()
    }

    /// Whether `wanted` more are allowed, where `used` are those of the window, in any order.
    ///
    /// # Errors
    /// From when on they are allowed; `None` when no window has room for so many.
    pub fn allows(&self, used: &[Timestamp], wanted: usize) -> Result<(), Option<Timestamp>> {
        let over = (used.len() + wanted).saturating_sub(self.per_window);
        let Some(last_in_the_way) = over.checked_sub(1) else {
            return Ok(());
        };
        let mut used = used.to_vec();
        used.sort();
        Err(used.get(last_in_the_way).map(|at| *at + self.length()))
    }

    fn length(&self) -> SignedDuration {
        SignedDuration::from_hours(self.window_hours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1_000 + hour)
    }

    #[test]
    fn the_data_file_can_be_read_and_every_chain_leads_somewhere() {
        let facts = Failovers::built_in();
        assert_eq!(facts.schema, "rlab/failovers/v1");
        for chain in [&facts.cache.chain, &facts.instance, &facts.cluster] {
            assert!(chain.leads_elsewhere < chain.chain.len());
            assert!(chain.chain.iter().all(|wordings| !wordings.is_empty()));
        }
    }

    #[test]
    fn a_quota_is_free_again_when_enough_of_it_is_a_window_old() {
        let quota = &Failovers::built_in().cache.quota;
        let most = i64::try_from(quota.per_window).unwrap();
        let used: Vec<Timestamp> = (0..most).rev().map(at).collect();
        assert_eq!(quota.allows(&used[2..], 2), Ok(()));
        let free_at = Err(Some(at(quota.window_hours)));
        assert_eq!(quota.allows(&used[1..], 2), free_at);
        let free_at = Err(Some(at(quota.window_hours + 1)));
        assert_eq!(quota.allows(&used, 2), free_at);
        assert_eq!(quota.allows(&used, quota.per_window + 1), Err(None));
    }
}
