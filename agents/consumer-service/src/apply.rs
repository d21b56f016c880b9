//! Applying a batch whatever other consumers do at the same time.

use std::future::Future;

use rlab_agent_kit::backoff::Backoff;
use rlab_store::StoreError;
use rlab_store::effect::{Applied, Effect};

/// Applies `batch` with `apply`, part by part if need be, and in its order.
///
/// On a duplicate key (another consumer applied an event between our read and our insert) or a
/// deadlock the transaction was rolled back: halves are tried, and a single event again by itself,
/// which then finds the mark. While MySQL is away it waits.
///
/// Whatever is committed is added to `total`, also when a later part fails.
///
/// # Errors
/// A statement that cannot succeed.
pub async fn apply_all<'b, F, Fut>(
    batch: &'b [Effect],
    apply: F,
    total: &mut Applied,
) -> Result<(), StoreError>
where
    F: Fn(&'b [Effect]) -> Fut,
    Fut: Future<Output = Result<Applied, StoreError>>,
{
    let mut parts = vec![batch];
    let mut backoff = Backoff::default();
    while let Some(part) = parts.pop() {
        match apply(part).await {
            Ok(applied) => {
                *total += applied;
                backoff.reset();
            }
            Err(StoreError::DuplicateKey(_) | StoreError::Contended(_)) if part.len() > 1 => {
                let (front, back) = part.split_at(part.len() / 2);
                parts.push(back);
                parts.push(front);
            }
            Err(error @ (StoreError::DuplicateKey(_) | StoreError::Contended(_))) => {
                tracing::debug!(%error, "tried again alone");
                parts.push(part);
                backoff.wait().await;
            }
            Err(error) if error.is_transient() => {
                tracing::warn!(%error, "batch not applied yet");
                parts.push(part);
                backoff.wait().await;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use uuid::Uuid;

    fn batch(size: u128) -> Vec<Effect> {
        let effect = |n| Effect {
            event_id: Uuid::from_u128(n),
            item_id: "a".into(),
            sequence: n as u64,
            occurred_at_us: 0,
            level_delta: 0,
            cost: 0,
            summary: "{}".into(),
        };
        (1..=size).map(effect).collect()
    }

    /// Refuses any part larger than `largest`; notes the sequences of what it let through.
    async fn run(size: u128, largest: usize) -> (Applied, Vec<u64>) {
        let seen = RefCell::new(Vec::new());
        let batch = batch(size);
        let mut applied = Applied::default();
        let apply = |part: &[Effect]| {
            let new = part.len();
            let fits = new <= largest;
            if fits {
                seen.borrow_mut().extend(part.iter().map(|e| e.sequence));
            }
            async move {
                if fits {
                    Ok(Applied { new, duplicates: 0 })
                } else {
                    Err(StoreError::DuplicateKey(String::new()))
                }
            }
        };
        apply_all(&batch, apply, &mut applied).await.unwrap();
        (applied, seen.into_inner())
    }

    #[tokio::test]
    async fn a_split_batch_is_applied_wholly_and_in_its_order() {
        for (size, largest) in [(1, 1), (7, 7), (7, 3), (8, 1), (500, 60)] {
            let (applied, seen) = run(size, largest).await;
            let expected: Vec<u64> = (1..=size as u64).collect();
            assert_eq!(seen, expected, "{size} in parts of {largest}");
            assert_eq!(applied.new as u128, size);
        }
    }

    #[tokio::test]
    async fn a_single_event_is_tried_again() {
        let tries = RefCell::new(0);
        let batch = batch(1);
        let mut applied = Applied::default();
        let apply = |_: &[Effect]| {
            *tries.borrow_mut() += 1;
            let first = *tries.borrow() == 1;
            async move {
                if first {
                    Err(StoreError::DuplicateKey(String::new()))
                } else {
                    Ok(Applied {
                        new: 0,
                        duplicates: 1,
                    })
                }
            }
        };
        apply_all(&batch, apply, &mut applied).await.unwrap();
        assert_eq!((applied.new, applied.duplicates), (0, 1));
    }

    #[tokio::test]
    async fn a_statement_that_cannot_succeed_ends_it_and_what_was_committed_counts() {
        let batch = batch(4);
        let mut applied = Applied::default();
        let apply = |part: &[Effect]| {
            let (size, first) = (part.len(), part[0].sequence);
            async move {
                match (size, first) {
                    (4, _) => Err(StoreError::Contended(String::new())),
                    (new, 1) => Ok(Applied { new, duplicates: 0 }),
                    _ => Err(StoreError::Row("no such column".into())),
                }
            }
        };
        let outcome = apply_all(&batch, apply, &mut applied).await;
        assert!(matches!(outcome, Err(StoreError::Row(_))));
        assert_eq!(applied.new, 2);
    }
}
