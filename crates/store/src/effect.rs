//! Tables `processed_event`, `effect_log` and the writes to `read_model`: applying events once.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use sqlx::mysql::{MySqlConnection, MySqlPool};
use sqlx::{MySql, QueryBuilder};
use uuid::Uuid;

use crate::{StoreError, row};

/// What one event does to the read model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The event.
    pub event_id: Uuid,
    /// Its aggregate.
    pub item_id: String,
    /// Its position in the aggregate.
    pub sequence: u64,
    /// When it happened, microseconds since the Unix epoch; its day is part of the key.
    pub occurred_at_us: i64,
    /// Added to the level.
    pub level_delta: i32,
    /// Added to what was spent.
    pub cost: u32,
    /// JSON shown for the item while this is its newest event, at most 1 KB.
    pub summary: String,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Effects applied now.
    pub new: usize,
    /// Events whose effect had been applied before, or that came twice in the batch.
    pub duplicates: usize,
}

impl std::ops::AddAssign for Applied {
    fn add_assign(&mut self, other: Self) {
        self.new += other.new;
        self.duplicates += other.duplicates;
    }
}

/// Applies those of `batch` that have not been applied yet, in the order given, in one transaction
/// with their marks in `processed_event`.
///
/// # Errors
/// [`StoreError::DuplicateKey`] or [`StoreError::Contended`] when another consumer applied the same
/// events meanwhile: nothing was applied, and a smaller batch may succeed.
pub async fn apply(pool: &MySqlPool, batch: &[Effect]) -> Result<Applied, StoreError> {
    let unique = first_occurrences(batch);
    let mut tx = pool.begin().await?;
    let known = processed(&mut tx, &unique).await?;
    let fresh: Vec<&Effect> = unique
        .into_iter()
        .filter(|e| !known.contains(&e.event_id))
        .collect();
    if !fresh.is_empty() {
        mark_processed(&mut tx, &fresh).await?;
        add_to_read_model(&mut tx, &fresh).await?;
        log_effects(&mut tx, &fresh).await?;
    }
    tx.commit().await?;
    Ok(Applied {
        new: fresh.len(),
        duplicates: batch.len() - fresh.len(),
    })
}

fn first_occurrences(batch: &[Effect]) -> Vec<&Effect> {
    let mut seen = HashSet::with_capacity(batch.len());
    batch.iter().filter(|e| seen.insert(e.event_id)).collect()
}

async fn processed(
    tx: &mut MySqlConnection,
    batch: &[&Effect],
) -> Result<HashSet<Uuid>, StoreError> {
    if batch.is_empty() {
        return Ok(HashSet::new());
    }
    let mut query =
        QueryBuilder::<MySql>::new("SELECT event_id FROM processed_event WHERE event_id IN (");
    let mut ids = query.separated(",");
    for effect in batch {
        ids.push_bind(effect.event_id.as_bytes().as_slice());
    }
    query.push(")");
    let rows = query.build().persistent(false).fetch_all(tx).await?;
    rows.iter().map(|found| row::uuid(found, 0)).collect()
}

/// Sorted by key, so that two consumers with the same events lock them in the same order. A plain
/// INSERT: an event marked by another consumer since the read must fail, not be skipped, for its
/// effect is in our hands too.
async fn mark_processed(tx: &mut MySqlConnection, fresh: &[&Effect]) -> Result<(), StoreError> {
    let sorted: BTreeSet<_> = fresh
        .iter()
        .map(|e| (e.event_id, epoch_day(e.occurred_at_us)))
        .collect();
    let mut query =
        QueryBuilder::<MySql>::new("INSERT INTO processed_event (event_id, event_date) ");
    query.push_values(&sorted, |mut row, (event_id, day)| {
        row.push_bind(event_id.as_bytes().as_slice());
        row.push("DATE '1970-01-01' + INTERVAL ");
        row.push_bind_unseparated(*day);
        row.push_unseparated(" DAY");
    });
    query.build().persistent(false).execute(tx).await?;
    Ok(())
}

/// One row per item, sums of its effects; sorted for the same reason as above.
async fn add_to_read_model(tx: &mut MySqlConnection, fresh: &[&Effect]) -> Result<(), StoreError> {
    let sums = sums_per_item(fresh);
    let mut query = QueryBuilder::<MySql>::new(
        "INSERT INTO read_model (item_id, version, level, spent, summary) ",
    );
    query.push_values(&sums, |mut row, (item_id, sum)| {
        row.push_bind(*item_id)
            .push_bind(sum.version)
            .push_bind(sum.level)
            .push_bind(sum.spent)
            .push_bind(sum.summary);
    });
    // Assignments run from left to right: the summary is chosen before the version moves.
    query.push(
        " AS new ON DUPLICATE KEY UPDATE level = read_model.level + new.level, \
         spent = read_model.spent + new.spent, \
         summary = IF(new.version > read_model.version, new.summary, read_model.summary), \
         version = GREATEST(read_model.version, new.version)",
    );
    query.build().persistent(false).execute(tx).await?;
    Ok(())
}

async fn log_effects(tx: &mut MySqlConnection, fresh: &[&Effect]) -> Result<(), StoreError> {
    let mut query =
        QueryBuilder::<MySql>::new("INSERT INTO effect_log (event_id, aggregate_id, sequence) ");
    query.push_values(fresh, |mut row, effect| {
        row.push_bind(effect.event_id.as_bytes().as_slice())
            .push_bind(&effect.item_id)
            .push_bind(effect.sequence);
    });
    query.build().persistent(false).execute(tx).await?;
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
struct Sum<'a> {
    version: u64,
    level: i64,
    spent: u64,
    summary: &'a str,
}

fn sums_per_item<'a>(fresh: &[&'a Effect]) -> BTreeMap<&'a str, Sum<'a>> {
    let mut sums: BTreeMap<&str, Sum<'_>> = BTreeMap::new();
    for effect in fresh {
        let sum = sums.entry(&effect.item_id).or_insert(Sum {
            version: 0,
            level: 0,
            spent: 0,
            summary: &effect.summary,
        });
        sum.level += i64::from(effect.level_delta);
        sum.spent += u64::from(effect.cost);
        if effect.sequence > sum.version {
            sum.version = effect.sequence;
            sum.summary = &effect.summary;
        }
    }
    sums
}

/// Days since 1970-01-01, held within the years 1 to 9999 that MySQL can store.
fn epoch_day(at_us: i64) -> i64 {
    at_us.div_euclid(86_400_000_000).clamp(-719_162, 2_932_896)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(event: u128, item: &str, sequence: u64, level_delta: i32, cost: u32) -> Effect {
        Effect {
            event_id: Uuid::from_u128(event),
            item_id: item.into(),
            sequence,
            occurred_at_us: 0,
            level_delta,
            cost,
            summary: format!("{{\"s\":{sequence}}}"),
        }
    }

    #[test]
    fn an_event_that_comes_twice_in_a_batch_counts_once_at_its_first_place() {
        let batch = [
            effect(1, "a", 1, 1, 5),
            effect(2, "a", 2, 1, 5),
            effect(1, "a", 1, 1, 5),
        ];
        let unique = first_occurrences(&batch);
        let ids: Vec<u128> = unique.iter().map(|e| e.event_id.as_u128()).collect();
        assert_eq!(ids, [1, 2]);
    }

    #[test]
    fn sums_add_up_per_item_and_show_the_newest_event() {
        let batch = [
            effect(1, "b", 2, -1, 5),
            effect(2, "b", 1, 2, 7),
            effect(3, "a", 9, 1, 1),
        ];
        let fresh: Vec<&Effect> = batch.iter().collect();
        let sums = sums_per_item(&fresh);
        assert_eq!(sums.keys().copied().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(
            sums["b"],
            Sum {
                version: 2,
                level: 1,
                spent: 12,
                summary: "{\"s\":2}"
            }
        );
    }

    #[test]
    fn the_day_of_an_event_is_one_mysql_can_store() {
        assert_eq!(epoch_day(0), 0);
        assert_eq!(epoch_day(-1), -1);
        assert_eq!(epoch_day(86_400_000_000), 1);
        assert_eq!(epoch_day(i64::MAX), 2_932_896);
        assert_eq!(epoch_day(i64::MIN), -719_162);
    }
}
