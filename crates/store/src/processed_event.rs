//! Table `processed_event`: which events have taken effect, partitioned by the day they carry.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::ToSpan;
use jiff::civil::Date;
use sqlx::mysql::MySqlConnection;
use sqlx::{Executor, MySql, QueryBuilder};
use uuid::Uuid;

use crate::{StoreError, row};

/// Partitions reach this many days into the future, so that no day's first event waits for one.
const DAYS_AHEAD: i64 = 14;

/// Primary key of an event: redelivered, it carries the same day, and so is found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    /// Days since 1970-01-01.
    day: i64,
    event_id: Uuid,
}

impl Mark {
    /// Of an event that happened at `occurred_at_us`, microseconds since the Unix epoch. The day is
    /// held within the years 1 to 9999 that MySQL can store.
    pub(crate) fn of(event_id: Uuid, occurred_at_us: i64) -> Self {
        let day = occurred_at_us.div_euclid(86_400_000_000);
        Self {
            day: day.clamp(-719_162, 2_932_896),
            event_id,
        }
    }
}

/// Those of `marks` that are there. One day after the other, so that only their partitions are read.
pub(crate) async fn known(
    tx: &mut MySqlConnection,
    marks: &[Mark],
) -> Result<HashSet<Uuid>, StoreError> {
    let mut days: BTreeMap<i64, Vec<Uuid>> = BTreeMap::new();
    for mark in marks {
        days.entry(mark.day).or_default().push(mark.event_id);
    }
    let mut known = HashSet::new();
    for (day, events) in days {
        let mut query = QueryBuilder::<MySql>::new(
            "SELECT event_id FROM processed_event WHERE event_date = DATE '1970-01-01' + INTERVAL ",
        );
        query.push(day).push(" DAY AND event_id IN (");
        let mut ids = query.separated(",");
        for event_id in events {
            ids.push_bind(event_id.into_bytes().to_vec());
        }
        query.push(")");
        // Not kept as a prepared statement: each number of ids would be another one.
        let rows = query.build().persistent(false).fetch_all(&mut *tx).await?;
        for found in &rows {
            known.insert(row::uuid(found, 0)?);
        }
    }
    Ok(known)
}

/// Writes `marks`, sorted by key, so that two consumers with the same events lock them in the same
/// order. A plain INSERT: an event marked by another consumer since the read must fail, not be
/// skipped, for its effect is in our hands too.
pub(crate) async fn mark(
    tx: &mut MySqlConnection,
    marks: &BTreeSet<Mark>,
) -> Result<(), StoreError> {
    let mut query =
        QueryBuilder::<MySql>::new("INSERT INTO processed_event (event_date, event_id) ");
    query.push_values(marks, |mut row, mark| {
        row.push("DATE '1970-01-01' + INTERVAL ")
            .push_unseparated(mark.day)
            .push_unseparated(" DAY")
            .push_bind(mark.event_id.into_bytes().to_vec());
    });
    query.build().persistent(false).execute(tx).await?;
    Ok(())
}

/// Splits the coming days off the partition `later` of the schema that `admin` is in. What is there
/// already stays; run again after days, it adds the missing ones.
///
/// # Errors
/// Why MySQL did not answer.
pub async fn provide_partitions(admin: &mut MySqlConnection) -> Result<(), StoreError> {
    let (today, last): (String, Option<String>) = sqlx::query_as(
        "SELECT CAST(UTC_DATE() AS CHAR), CAST(MAX(partition_description) AS CHAR) \
         FROM information_schema.partitions WHERE table_schema = DATABASE() \
         AND table_name = 'processed_event' AND partition_name <> 'later'",
    )
    .fetch_one(&mut *admin)
    .await?;
    let today: Date = parse(&today)?;
    let ends = match last {
        // Shown as it was written, in quotes.
        Some(last) => parse(last.trim_matches('\''))?,
        None => today,
    };
    let days = missing_days(ends, today);
    if days.is_empty() {
        return Ok(());
    }
    let statement = format!(
        "ALTER TABLE processed_event REORGANIZE PARTITION later INTO \
         ({}, PARTITION later VALUES LESS THAN (MAXVALUE))",
        days.join(", ")
    );
    admin.execute(statement.as_str()).await?;
    Ok(())
}

/// A partition for each day from `from`, where the last one ends, to [`DAYS_AHEAD`] after `today`.
fn missing_days(from: Date, today: Date) -> Vec<String> {
    let until = today.saturating_add(DAYS_AHEAD.days());
    from.series(1.day())
        .take_while(|day| *day <= until)
        .map(|day| {
            let end = day.saturating_add(1.day());
            let name = day.strftime("%Y%m%d");
            format!("PARTITION d{name} VALUES LESS THAN ('{end}')")
        })
        .collect()
}

fn parse(date: &str) -> Result<Date, StoreError> {
    date.parse()
        .map_err(|e| StoreError::Row(format!("date {date}: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_of_an_event_is_one_mysql_can_store() {
        let day = |at_us| Mark::of(Uuid::nil(), at_us).day;
        assert_eq!(day(0), 0);
        assert_eq!(day(-1), -1);
        assert_eq!(day(86_400_000_000), 1);
        assert_eq!(day(i64::MAX), 2_932_896);
        assert_eq!(day(i64::MIN), -719_162);
    }

    #[test]
    fn partitions_go_on_where_they_ended_and_are_not_made_twice() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let today = day("2026-02-27");
        let first = missing_days(today, today);
        assert_eq!(first.len(), 15);
        assert_eq!(
            first[1],
            "PARTITION d20260228 VALUES LESS THAN ('2026-03-01')"
        );
        let next = missing_days(day("2026-03-14"), day("2026-02-28"));
        assert_eq!(
            next,
            ["PARTITION d20260314 VALUES LESS THAN ('2026-03-15')"]
        );
        assert!(missing_days(day("2026-03-15"), day("2026-02-28")).is_empty());
    }
}
