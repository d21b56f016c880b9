//! The judge is judged: clean runs are never accused, each falsified run is accused by name.

use std::convert::Infallible;

use crate::run::{BOUND_US, Run, clean_runs, found, judge};
use proptest::prelude::*;
use rlab_ledger::control::KINDS;
use rlab_ledger::samples::Place;
use rlab_ledger::{Control, ControlKind, Fact, Operation, Recording, Terms, Window, account};

fn control(kind: ControlKind, run: &Run, seed: u64) -> Control {
    Control::prepare(kind, run, Some(BOUND_US), seed).unwrap()
}

/// The anomaly a control must be caught under, if it is one that speaks against the system.
fn accused(kind: ControlKind) -> &'static [&'static str] {
    match kind {
        ControlKind::DropOneEvent => &["lost"],
        ControlKind::DoubleOneRecord => &[],
        ControlKind::DoubleOneEffect => &["effect_twice"],
        ControlKind::SwapTwoRecords | ControlKind::SwapTwoEffects => &["reordered"],
        ControlKind::AlterOnePayload => &["altered_payload"],
        ControlKind::InventOneEvent => &["unknown_event"],
        ControlKind::AgeOneCacheEntry => &["stale_cache"],
    }
}

proptest! {
    #[test]
    fn a_clean_run_is_never_accused(run in clean_runs()) {
        let accounting = judge(&run, &[]);
        prop_assert!(accounting.is_clean(), "{accounting:?}");
        let committed = run.snapshot.iter().filter(|f| matches!(f, Fact::Committed { .. })).count();
        prop_assert_eq!(accounting.obligations, committed as u64);
        prop_assert_eq!(
            accounting.obligations,
            accounting.acknowledged + accounting.committed_unacknowledged
        );
        prop_assert_eq!(
            accounting.commands,
            accounting.acknowledged + accounting.refused + accounting.unknown
        );
        let of_loads: u64 = accounting.loads.iter().map(|load| load.obligations).sum();
        prop_assert_eq!(of_loads, accounting.obligations);
        prop_assert_eq!(accounting.items, accounting.swept);
        let records = run.snapshot.iter().filter(|f| matches!(f, Fact::Published(_))).count();
        prop_assert_eq!(
            accounting.published + accounting.duplicate_publish.count,
            records as u64
        );
    }

    #[test]
    fn every_control_is_caught_and_only_under_its_own_name(run in clean_runs(), seed: u64) {
        for kind in KINDS {
            let control = control(kind, &run, seed);
            let watch = [control.must_name().clone()];
            let clean = judge(&run, &watch);
            prop_assert!(!control.caught(&clean), "{kind:?} is caught in a clean run");
            let accounting = judge(&control.falsify(&run), &watch);
            prop_assert!(control.caught(&accounting), "{control:?}: {accounting:?}");
            prop_assert_eq!(&found(&accounting)[..], accused(kind), "{:?}", control);
            let places: Vec<Place> = accounting.reordered.samples.iter().map(|s| s.place).collect();
            let all = |place| places.iter().all(|found| *found == place);
            match kind {
                ControlKind::SwapTwoRecords => prop_assert!(all(Place::Topic)),
                ControlKind::SwapTwoEffects => prop_assert!(all(Place::Effects)),
                ControlKind::DoubleOneRecord => prop_assert_eq!(
                    accounting.duplicate_publish.count,
                    clean.duplicate_publish.count + 1
                ),
                ControlKind::DropOneEvent => prop_assert_eq!(accounting.lost.count, 1),
                _ => {}
            }
        }
    }

    #[test]
    fn the_order_of_lines_changes_neither_the_accounting_nor_a_control(
        run in clean_runs(),
        seed: u64,
        shuffle: u64,
    ) {
        let turned = run.shuffled(shuffle);
        prop_assert_eq!(judge(&run, &[]), judge(&turned, &[]));
        for kind in KINDS {
            let control = control(kind, &run, seed);
            prop_assert_eq!(&control, &self::control(kind, &turned, seed));
            let judged = judge(&control.falsify(&run), &[]);
            prop_assert_eq!(judged, judge(&control.falsify(&turned), &[]));
        }
    }

    #[test]
    fn runs_that_contradict_themselves_are_accused_alike_whatever_the_order_of_lines(
        run in clean_runs(),
        other in clean_runs(),
        shuffle: u64,
    ) {
        // The same ids with other contents: nearly everything is told in two ways.
        let mut run = run;
        run.snapshot.extend(other.snapshot);
        let accounting = judge(&run, &[]);
        prop_assert!(!accounting.is_clean());
        let mut turned = run.shuffled(shuffle);
        turned.histories = run.histories.clone();
        prop_assert_eq!(accounting, judge(&turned, &[]));
    }

    #[test]
    fn windows_that_cover_the_run_share_out_every_obligation(run in clean_runs(), cut in 0u64..9_000) {
        let window = |name: &str, from_us, to_us| Window { name: name.into(), from_us, to_us };
        let windows = [window("before", 0, cut), window("after", cut, u64::MAX)];
        let mut run = run;
        run.snapshot.retain(|fact| !matches!(fact, Fact::Effect { .. }));
        let terms = Terms { windows: &windows, ..Terms::default() };
        let Ok(accounting) = account(&run, &terms);
        prop_assert_eq!(accounting.lost.count, accounting.obligations);
        let all = accounting.loads.iter().flat_map(|load| &load.windows);
        for windows in [accounting.windows.iter().collect::<Vec<_>>(), all.collect()] {
            let sum = |of: fn(&rlab_ledger::WindowAccount) -> u64| -> u64 {
                windows.iter().map(|window| of(window)).sum()
            };
            prop_assert_eq!(sum(|w| w.obligations), accounting.obligations);
            prop_assert_eq!(sum(|w| w.lost), accounting.lost.count);
        }
        let early = |load: &rlab_ledger::LoadAccount| load.window("before").unwrap().obligations;
        let of_loads: u64 = accounting.loads.iter().map(early).sum();
        prop_assert_eq!(of_loads, accounting.window("before").unwrap().obligations);
    }
}

/// A recording whose snapshot breaks off.
struct CutOff;

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("line 3 is cut off")]
struct Cut;

impl Recording for CutOff {
    type Error = Cut;

    fn loads(&self) -> Vec<String> {
        Vec::new()
    }

    fn history(&self, _: &str) -> Result<impl Iterator<Item = Result<Operation, Cut>>, Cut> {
        Ok(std::iter::empty())
    }

    fn facts(&self) -> Result<impl Iterator<Item = Result<Fact, Cut>>, Cut> {
        Ok(std::iter::once(Err(Cut)))
    }
}

#[test]
fn a_read_error_ends_the_accounting() {
    assert_eq!(account(&CutOff, &Terms::default()), Err(Cut));
    let failed = Control::prepare(ControlKind::DropOneEvent, &CutOff, None, 1);
    assert_eq!(failed.unwrap_err().to_string(), Cut.to_string());
}

#[test]
fn a_control_without_anything_to_falsify_says_so() {
    for kind in KINDS {
        let nothing = Control::prepare(kind, &Run::default(), Some(BOUND_US), 1);
        let error = nothing.unwrap_err();
        assert!(error.to_string().starts_with(kind.name()), "{error}");
        assert_eq!(kind.name().parse(), Ok(kind));
    }
    let unbounded = |run: &Run| -> Result<Control, rlab_ledger::ControlError<Infallible>> {
        Control::prepare(ControlKind::AgeOneCacheEntry, run, None, 1)
    };
    let plan = crate::pipeline::Plan {
        commands: Vec::new(),
        reads: Vec::new(),
        seed: 1,
    };
    assert!(unbounded(&crate::pipeline::run(&plan)).is_err());
}
