//! All ways in which a text can fit some of several patterns and not the others, with a text for each.
//!
//! The patterns are followed at once, as one automaton whose states are the places reached in each. So
//! every combination that some text brings about is found, and none that no text does.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// Which of the patterns a text fits, by their order.
pub(crate) type Fits = Vec<bool>;

/// More states than patterns that people write bring about.
const MOST_STATES: usize = 200_000;

/// Places in a pattern, one bit each.
type Places = Vec<u64>;

/// A combination for each text class; none when there are too many to look at.
///
/// A text of `hints` stands for its combination where it can: it means something to whoever reads it.
/// Otherwise it is a shortest one.
pub(crate) fn combinations(patterns: &[&str], hints: &[String]) -> Option<BTreeMap<Fits, String>> {
    let mut found = BTreeMap::new();
    for hint in hints {
        let fits = patterns.iter().map(|p| super::matches(p, hint)).collect();
        found.entry(fits).or_insert_with(|| hint.clone());
    }
    let compiled: Vec<Vec<char>> = patterns.iter().map(|p| p.chars().collect()).collect();
    let start: Vec<Places> = compiled.iter().map(|p| closure(p, &[0])).collect();
    let mut seen = HashMap::from([(start.clone(), String::new())]);
    let mut queue = VecDeque::from([start]);
    while let Some(state) = queue.pop_front() {
        let text = seen[&state].clone();
        let fits = state
            .iter()
            .zip(&compiled)
            .map(|(places, pattern)| has(places, pattern.len()));
        found.entry(fits.collect()).or_insert_with(|| text.clone());
        if seen.len() > MOST_STATES {
            return None;
        }
        for c in letters(&state, &compiled) {
            let next: Vec<Places> = state
                .iter()
                .zip(&compiled)
                .map(|(places, pattern)| step(pattern, places, c))
                .collect();
            if !seen.contains_key(&next) {
                seen.insert(next.clone(), format!("{text}{c}"));
                queue.push_back(next);
            }
        }
    }
    Some(found)
}

/// The letters that are told apart here, and one that stands for all others.
fn letters(state: &[Places], patterns: &[Vec<char>]) -> BTreeSet<char> {
    let mut letters = BTreeSet::new();
    for (places, pattern) in state.iter().zip(patterns) {
        let reached = (0..pattern.len()).filter(|&at| has(places, at));
        letters.extend(
            reached
                .map(|at| pattern[at])
                .filter(|c| !matches!(c, '*' | '?')),
        );
    }
    let other = ('a'..='z').chain('0'..='9').chain('\u{4e00}'..='\u{9fff}');
    letters.extend(other.into_iter().find(|c| !letters.contains(c)));
    letters
}

fn step(pattern: &[char], places: &Places, c: char) -> Places {
    let reached = (0..pattern.len()).filter(|&at| has(places, at));
    let next: Vec<usize> = reached
        .filter_map(|at| match pattern[at] {
            '*' => Some(at),
            '?' => Some(at + 1),
            own => (own == c).then_some(at + 1),
        })
        .collect();
    closure(pattern, &next)
}

/// `places`, and those behind stars that stand for nothing.
fn closure(pattern: &[char], places: &[usize]) -> Places {
    let mut bits = vec![0; pattern.len() / 64 + 1];
    for &place in places {
        let mut at = place;
        bits[at / 64] |= 1 << (at % 64);
        while pattern.get(at) == Some(&'*') {
            at += 1;
            bits[at / 64] |= 1 << (at % 64);
        }
    }
    bits
}

fn has(places: &Places, at: usize) -> bool {
    places[at / 64] >> (at % 64) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_some_text_brings_about_is_found() {
        let found = combinations(&["a*", "ab*", "*b"], &[]).unwrap();
        let fits: Vec<&Fits> = found.keys().collect();
        assert!(!fits.contains(&&vec![false, true, false]), "{found:?}");
        assert_eq!(found[&vec![true, true, true]], "ab");
        assert_eq!(found[&vec![false, false, true]], "b");
        assert_eq!(found.len(), 6);
    }

    #[test]
    fn a_hint_stands_for_its_combination() {
        let found = combinations(&["a*"], &["abc".to_owned()]).unwrap();
        assert_eq!(found[&vec![true]], "abc");
    }
}
