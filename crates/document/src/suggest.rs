//! "Did you mean" for names that do not exist.

/// The candidate closest to `given`, when it is close enough to be a slip of the pen.
///
/// Case is ignored. A third of the characters, but at least two, may differ; or three
/// letters or more are how the candidate begins, as in `heap` for `heap_bytes`.
pub fn did_you_mean<'a>(
    given: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let given = given.to_lowercase();
    let allowed = (given.chars().count() / 3).max(2);
    candidates
        .into_iter()
        .map(|candidate| {
            let folded = candidate.to_lowercase();
            let begins = folded.starts_with(&given) && given.len() >= 3;
            let distance = strsim::damerau_levenshtein(&given, &folded);
            (distance, begins, candidate)
        })
        .filter(|(distance, begins, candidate)| {
            *begins || (*distance <= allowed && *distance < candidate.chars().count())
        })
        .min_by_key(|(distance, ..)| *distance)
        .map(|(.., candidate)| candidate)
}

/// Help for an unknown name: the closest candidate, or else all of them.
///
/// `what` names the candidates in the plural, for example `keys`. Nothing is said when there are
/// none.
pub fn one_of<'a>(
    what: &str,
    given: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<String> {
    if let Some(close) = did_you_mean(given, candidates.clone()) {
        return Some(format!("did you mean `{close}`?"));
    }
    let all: Vec<String> = candidates.into_iter().map(|c| format!("`{c}`")).collect();
    (!all.is_empty()).then(|| format!("known {what}: {}", all.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, one_of};

    #[test]
    fn a_slip_is_corrected_and_a_different_word_is_not() {
        assert_eq!(did_you_mean("borker", ["broker", "agent"]), Some("broker"));
        assert_eq!(did_you_mean("E-02", ["E-002", "E-009"]), Some("E-002"));
        assert_eq!(
            did_you_mean("heap", ["heap_bytes", "agent"]),
            Some("heap_bytes")
        );
        assert_eq!(did_you_mean("cache", ["broker", "agent"]), None);
        assert_eq!(did_you_mean("x", ["a", "b"]), None);
    }

    #[test]
    fn without_a_close_name_all_names_are_listed() {
        assert_eq!(
            one_of("phases", "nowhere", ["steady", "drain"]).as_deref(),
            Some("known phases: `steady`, `drain`")
        );
        assert_eq!(one_of("phases", "nowhere", []), None);
    }
}
