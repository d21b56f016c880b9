//! Properties: the matcher against a naive one, and subset answers against simulation.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rlab_access::{Decision, Policy, Subset, matches, simulate, subset};
use serde_json::{Value, json};

/// As the definition has it: a star is nothing, or a character and a star.
fn naive(pattern: &[char], text: &[char]) -> bool {
    match (pattern.first(), text.first()) {
        (None, None) => true,
        (Some('*'), _) => {
            naive(&pattern[1..], text) || (!text.is_empty() && naive(pattern, &text[1..]))
        }
        (Some('?'), Some(_)) => naive(&pattern[1..], &text[1..]),
        (Some(own), Some(c)) => own == c && naive(&pattern[1..], &text[1..]),
        _ => false,
    }
}

fn pattern() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[ab*?]{0,6}").unwrap()
}

fn text() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[abc]{0,6}").unwrap()
}

fn statement() -> impl Strategy<Value = Value> {
    let some = || proptest::collection::vec(pattern(), 1..3);
    let kinds = (any::<bool>(), 0..10_u8, some(), some());
    kinds.prop_map(|(allow, kind, actions, resources)| {
        let effect = if allow { "Allow" } else { "Deny" };
        let mut statement = json!({ "Effect": effect, "Action": actions, "Resource": resources });
        match kind {
            0 => statement["Condition"] = json!({ "StringEquals": { "k": "v" } }),
            1 => {
                statement =
                    json!({ "Effect": effect, "NotAction": actions, "Resource": resources });
            }
            _ => {}
        }
        statement
    })
}

fn policy() -> impl Strategy<Value = Policy> {
    proptest::collection::vec(statement(), 1..4).prop_map(|statements| {
        serde_json::from_value(json!({ "Version": "2012-10-17", "Statement": statements })).unwrap()
    })
}

fn allows(policy: &Policy, action: &str, resource: &str, given: bool) -> bool {
    let context = match given {
        true => BTreeMap::from([(
            "StringEquals".to_owned(),
            BTreeMap::from([("k".to_owned(), "v".to_owned())]),
        )]),
        false => BTreeMap::new(),
    };
    simulate(policy, action, resource, &context) == Decision::Allowed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_matcher_agrees_with_the_definition(pattern in pattern(), text in text()) {
        let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
        prop_assert_eq!(matches(&pattern, &text), naive(&p, &t));
    }

    #[test]
    fn a_subset_allows_no_cell_outside_and_a_witness_is_allowed_by_one_only(
        one in policy(),
        other in policy(),
        asked in proptest::collection::vec((text(), text(), any::<bool>()), 30),
    ) {
        match subset(&one, &other, &[], &[]) {
            Subset::Yes => {
                for (action, resource, given) in asked {
                    let within = !allows(&one, &action, &resource, given)
                        || allows(&other, &action, &resource, given);
                    prop_assert!(within, "{action} on {resource}");
                }
            }
            Subset::No(witness) => {
                for given in [false, true] {
                    prop_assert!(allows(&one, &witness.action, &witness.resource, given));
                    prop_assert!(!allows(&other, &witness.action, &witness.resource, given));
                }
            }
            Subset::Unknown { statements, .. } => {
                let open = statements.iter().map(|&at| &one.statement[at]);
                let theirs = other.statement.iter();
                let undecided = open.chain(theirs).chain(&one.statement).any(|statement| {
                    !statement.condition.is_empty() || statement.not_action.is_some()
                });
                prop_assert!(undecided, "nothing is there that could not be decided");
            }
        }
    }

    #[test]
    fn a_policy_is_a_subset_of_itself_unless_it_says_what_it_does_not_mean(one in policy()) {
        let negated = one.statement.iter().any(|s| s.not_action.is_some());
        // A conditional deny holds for both or for neither, which is not seen.
        let denied = one.statement.iter().any(|s| {
            !s.condition.is_empty() && s.effect == rlab_access::Effect::Deny
        });
        prop_assume!(!negated && !denied);
        prop_assert_eq!(subset(&one, &one, &[], &[]), Subset::Yes);
    }
}
