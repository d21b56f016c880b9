//! Cuts a list into the pages that a caller asks for.

/// One page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// Token of the next page.
    pub(crate) next: Option<String>,
}

/// The page of `items` after `token`; `None` for a token that was never handed out.
pub(crate) fn page<T>(items: Vec<T>, limit: usize, token: Option<&str>) -> Option<Page<T>> {
    let from = match token {
        Some(token) => token.strip_prefix("page-")?.parse().ok()?,
        None => 0_usize,
    };
    if from > items.len() {
        return None;
    }
    let next = from + limit.max(1);
    let next = (next < items.len()).then(|| format!("page-{next}"));
    let items = items.into_iter().skip(from).take(limit.max(1)).collect();
    Some(Page { items, next })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_pages_together_are_the_list(length in 0_usize..300, limit in 1_usize..50) {
            let all: Vec<usize> = (0..length).collect();
            let (mut seen, mut token) = (Vec::new(), None);
            loop {
                let page = page(all.clone(), limit, token.as_deref()).unwrap();
                prop_assert!(page.items.len() <= limit);
                seen.extend(page.items);
                token = page.next;
                if token.is_none() {
                    break;
                }
            }
            prop_assert_eq!(seen, all);
        }
    }

    #[test]
    fn a_token_that_was_never_handed_out_is_refused() {
        assert_eq!(page(vec![1], 1, Some("2")), None);
        assert_eq!(page(vec![1], 1, Some("page-9")), None);
    }
}
