//! The legs of a drill: what is run, judged and told as a whole, an arm or an arm in one case.

use rlab_runbook::{Resolved, ResolvedArm};

/// One leg.
pub(crate) struct Leg {
    /// Name in evidence and paths: the arm's, with the case's behind it, for example
    /// `only-acks_all_min_isr_2`.
    pub name: String,
    /// Name of the arm.
    pub arm: String,
    /// Name of the case, where the runbook has cases.
    pub case: Option<String>,
    /// What stands for the leg in the names of schemas and topics, which have few characters.
    pub mark: String,
    /// The drill of this case alone.
    pub drill: Resolved,
}

impl Leg {
    /// What the arm is there for, and its settings.
    pub fn setup(&self) -> &ResolvedArm {
        &self.drill.arms[&self.arm]
    }
}

/// Every leg of `drill`, in the order in which they run: the arms of one case after each other, so
/// that what is compared stands close together.
pub(crate) fn legs(drill: &Resolved) -> Vec<Leg> {
    if drill.cases.is_empty() {
        return of_case(drill, None);
    }
    let cases = drill.cases.keys().enumerate();
    cases
        .filter_map(|(index, case)| Some((drill.in_case(case)?, index, case)))
        .flat_map(|(alone, index, case)| of_case(&alone, Some((index, case))))
        .collect()
}

fn of_case(drill: &Resolved, case: Option<(usize, &String)>) -> Vec<Leg> {
    let arms = drill.arms.keys();
    arms.map(|arm| Leg {
        name: case.map_or_else(|| arm.clone(), |(_, case)| format!("{arm}-{case}")),
        arm: arm.clone(),
        case: case.map(|(_, case)| case.clone()),
        mark: case.map_or_else(|| arm.clone(), |(index, _)| format!("{arm}_c{index}")),
        drill: drill.clone(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use rlab_runbook::{Must, Runbook};

    use super::*;

    fn resolved(text: &str) -> Resolved {
        let book = Runbook::parse("test.yaml", text).unwrap();
        book.resolve(&[]).unwrap()
    }

    #[test]
    fn a_runbook_without_cases_has_a_leg_for_each_arm() {
        let drill = resolved(include_str!("../../../runbooks/E-002.yaml"));
        let legs = legs(&drill);
        let names: Vec<&str> = legs.iter().map(|leg| leg.name.as_str()).collect();
        assert_eq!(names, ["direct", "outbox"]);
        assert_eq!(legs[0].setup().must, Must::ShowFailure);
    }

    #[test]
    fn every_case_is_a_leg_of_its_own_with_what_it_must_show() {
        let drill = resolved(include_str!("../../../runbooks/E-009.yaml"));
        let legs = legs(&drill);
        assert_eq!(legs.len(), drill.cases.len());
        let leg = |name: &str| legs.iter().find(|leg| leg.name == name).unwrap();
        let held = leg("only-acks_all_min_isr_2_unclean_false");
        assert_eq!(held.setup().must, Must::Hold);
        let lost = leg("only-acks_leader_min_isr_2_unclean_false");
        assert_eq!(lost.setup().must, Must::ShowFailure);
        let marks: std::collections::HashSet<&str> = legs.iter().map(|l| l.mark.as_str()).collect();
        assert_eq!(marks.len(), legs.len());
    }
}
