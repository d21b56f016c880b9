//! The judge: what it makes of a listing, and that it refuses one that is not whole.

use rlab_access::Model;
use rlab_compat::{
    Answer, Asked, Corrupt, How, Judged, LISTING_SCHEMA, Listing, Lists, Need, Recorded, Why,
    judge, needs,
};
use rlab_runbook::{Denials, Target};

const TARGET: Target = Target::ElasticacheServerless;

struct Known {
    lists: Lists,
    needs: Vec<Need>,
}

impl Known {
    fn new() -> Self {
        Self {
            lists: Lists::built_in().unwrap(),
            needs: needs(&Model::built_in().unwrap()),
        }
    }

    fn judge(&self, listing: &Listing) -> Result<Judged, Corrupt> {
        judge(&self.lists, &self.needs, listing)
    }

    /// A listing in which everything that is restricted was answered with `restricted`, and all that is
    /// needed passed.
    fn listing(&self, restricted: Answer) -> Listing {
        let asked = |why, kind, name: &str, answer| Asked {
            why,
            kind,
            name: name.to_owned(),
            how: vec![How::Asked],
            answer,
            told: String::new(),
        };
        let list = self.lists.restricted(TARGET);
        let list = list.map(|(kind, name, _)| asked(Why::Restricted, kind, name, restricted));
        let needed = self.needs.iter().filter(|n| n.server == TARGET.server());
        let needed = needed.map(|n| asked(Why::Needed, n.kind, &n.name, Answer::Passed));
        Listing {
            schema: LISTING_SCHEMA.to_owned(),
            target: TARGET,
            denials: Denials::Same,
            dated: self.lists.of(TARGET.server()).unwrap().dated.clone(),
            watched: true,
            recorded: vec![seen("query-service", "hmget")],
            asked: list.chain(needed).collect(),
        }
    }
}

fn seen(agent: &str, command: &str) -> Recorded {
    Recorded {
        agent: agent.to_owned(),
        command: command.to_owned(),
        calls: 7,
        most_keys: 1,
        cross_slot: 0,
    }
}

#[test]
fn what_passes_and_is_not_given_has_slipped_and_what_is_denied_has_not() {
    let known = Known::new();
    let slipped = known.judge(&known.listing(Answer::Passed)).unwrap();
    assert!(slipped.slipped.contains(&"keys".to_owned()));
    assert!(slipped.denied.is_empty() && slipped.denied_needed.is_empty());
    let held = known.judge(&known.listing(Answer::Denied)).unwrap();
    assert!(held.slipped.is_empty());
    assert_eq!(held.denied.len(), slipped.slipped.len());
    assert_eq!(held.probed, held.denied.len() + held.needed);
    assert_eq!(held.recorded, Some(1));
}

#[test]
fn a_need_that_was_denied_is_named() {
    let known = Known::new();
    let mut listing = known.listing(Answer::Denied);
    let eval = |asked: &&mut Asked| asked.why == Why::Needed && asked.name == "eval";
    listing.asked.iter_mut().find(eval).unwrap().answer = Answer::Denied;
    assert_eq!(known.judge(&listing).unwrap().denied_needed, ["eval"]);
}

#[test]
fn a_recorded_command_that_the_target_has_not_or_the_model_grants_to_nobody_is_named() {
    let known = Known::new();
    let mut listing = known.listing(Answer::Denied);
    listing.recorded.push(seen("query-service", "client|list"));
    listing.recorded.push(seen("query-service", "del"));
    // To log in takes no right.
    listing.recorded.push(seen("query-service", "auth"));
    let judged = known.judge(&listing).unwrap();
    assert_eq!(judged.denied_needed, ["client|list"]);
    let strangers = ["client|list by query-service", "del by query-service"];
    assert_eq!(judged.unmodelled, strangers);
    listing.recorded[0].cross_slot = 1;
    assert_eq!(
        known.judge(&listing).unwrap().cross_slot,
        ["hmget by query-service"]
    );
}

#[test]
fn what_could_not_be_told_is_unknown_and_neither_slipped_nor_denied() {
    let known = Known::new();
    let judged = known.judge(&known.listing(Answer::Unknown)).unwrap();
    assert_eq!(judged.unknown.len(), judged.probed - judged.needed);
    assert!(judged.slipped.is_empty() && judged.denied.is_empty());
}

#[test]
fn a_listing_that_was_cut_short_padded_or_repeated_is_refused() {
    let known = Known::new();
    let whole = known.listing(Answer::Denied);
    for at in 0..whole.asked.len() {
        let mut cut = whole.clone();
        let lost = cut.asked.remove(at);
        let refused = known.judge(&cut).unwrap_err();
        let Corrupt::Missing(told) = refused else {
            panic!("{refused}")
        };
        assert!(told.ends_with(&lost.name), "{told}");
        let mut twice = whole.clone();
        twice.asked.push(lost);
        assert!(matches!(known.judge(&twice), Err(Corrupt::Twice(_))));
    }
    let mut padded = whole.clone();
    padded.asked[0].name = "keyz".to_owned();
    assert!(matches!(known.judge(&padded), Err(Corrupt::Stranger(_))));
}

#[test]
fn a_listing_of_another_list_format_or_target_is_refused() {
    let known = Known::new();
    let whole = known.listing(Answer::Denied);
    let refused = |change: &dyn Fn(&mut Listing)| {
        let mut listing = whole.clone();
        change(&mut listing);
        known.judge(&listing).unwrap_err()
    };
    let older = refused(&|listing| listing.dated = "2020-01-01".to_owned());
    assert!(matches!(older, Corrupt::OtherList { .. }));
    let format = refused(&|listing| listing.schema = "rlab/compat-listing/v2".to_owned());
    assert!(matches!(format, Corrupt::Format(_)));
    let target = refused(&|listing| listing.target = Target::Elasticache);
    assert!(matches!(target, Corrupt::Stranger(_)));
    let unasked = refused(&|listing| listing.asked[0].how.clear());
    assert!(matches!(unasked, Corrupt::NotAsked(_)));
}

#[test]
fn a_listing_survives_the_journal() {
    let known = Known::new();
    let listing = known.listing(Answer::Passed);
    let text = serde_json::to_string(&listing).unwrap();
    assert_eq!(serde_json::from_str::<Listing>(&text).unwrap(), listing);
    let altered = text.replacen("\"passed\"", "\"held\"", 1);
    assert!(serde_json::from_str::<Listing>(&altered).is_err());
}
