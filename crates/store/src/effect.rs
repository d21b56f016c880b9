//! Table `effect_log` and the writes to `read_model`: applying events, once.

use std::collections::{BTreeMap, HashSet};

use sqlx::mysql::{MySqlConnection, MySqlPool};
use sqlx::{MySql, QueryBuilder};
use uuid::Uuid;

use crate::StoreError;
use crate::processed_event::{self, Mark};

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
pub async fn apply_once(pool: &MySqlPool, batch: &[Effect]) -> Result<Applied, StoreError> {
    let unique = first_occurrences(batch);
    let marks: Vec<Mark> = unique.iter().map(|e| e.mark()).collect();
    let mut tx = pool.begin().await?;
    let known = processed_event::known(&mut tx, &marks).await?;
    let fresh: Vec<&Effect> = unique
        .into_iter()
        .filter(|e| !known.contains(&e.event_id))
        .collect();
    if !fresh.is_empty() {
        let marks = fresh.iter().map(|e| e.mark()).collect();
        processed_event::mark(&mut tx, &marks).await?;
        write(&mut tx, &fresh).await?;
    }
    tx.commit().await?;
    Ok(Applied {
        new: fresh.len(),
        duplicates: batch.len() - fresh.len(),
    })
}

/// Applies all of `batch` in one transaction, whether or not it was applied before. Wrong on
/// purpose: an event that is delivered again takes effect again.
///
/// # Errors
/// [`StoreError::Contended`] when another transaction went first: nothing was applied.
pub async fn apply_again(pool: &MySqlPool, batch: &[Effect]) -> Result<Applied, StoreError> {
    let all: Vec<&Effect> = batch.iter().collect();
    let mut tx = pool.begin().await?;
    if !all.is_empty() {
        write(&mut tx, &all).await?;
    }
    tx.commit().await?;
    Ok(Applied {
        new: all.len(),
        duplicates: 0,
    })
}

async fn write(tx: &mut MySqlConnection, effects: &[&Effect]) -> Result<(), StoreError> {
    add_to_read_model(tx, effects).await?;
    log_effects(tx, effects).await
}

impl Effect {
    fn mark(&self) -> Mark {
        Mark::of(self.event_id, self.occurred_at_us)
    }
}

fn first_occurrences(batch: &[Effect]) -> Vec<&Effect> {
    let mut seen = HashSet::with_capacity(batch.len());
    batch.iter().filter(|e| seen.insert(e.event_id)).collect()
}

/// One row per item, sums of its effects; sorted by key, so that two consumers lock rows in the same order.
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
    let mut query = QueryBuilder::<MySql>::new(
        "INSERT INTO effect_log (event_id, aggregate_id, sequence, level_delta, cost) ",
    );
    query.push_values(fresh, |mut row, effect| {
        row.push_bind(effect.event_id.as_bytes().as_slice())
            .push_bind(&effect.item_id)
            .push_bind(effect.sequence)
            .push_bind(effect.level_delta)
            .push_bind(effect.cost);
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
}
