//! Judges a listing: what slipped, what is needed and not given. Refuses one that is not whole.

use std::collections::BTreeSet;

use rlab_runbook::Target;

use crate::data::{Kind, Lists};
use crate::listing::{Answer, Asked, LISTING_SCHEMA, Listing, Why};
use crate::need::Need;

/// What a listing comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Things that were asked for.
    pub probed: usize,
    /// Of what the target does not give, what passed here.
    pub slipped: Vec<String>,
    /// Of what the target does not give, what was denied here too.
    pub denied: Vec<String>,
    /// Of what was asked for, what agents need.
    pub needed: usize,
    /// Of what agents need or were seen to do, what the target does not give or was denied here.
    pub denied_needed: Vec<String>,
    /// Commands that agents were seen to give; none where nobody watched.
    pub recorded: Option<usize>,
    /// Of these, those that the model does not grant them.
    pub unmodelled: Vec<String>,
    /// Of these, those with keys in several hash slots.
    pub cross_slot: Vec<String>,
    /// What could not be decided.
    pub unknown: Vec<String>,
}

/// Commands to log in and out by, which no rule of Redis can grant or deny (its flag `no_auth`).
const FOR_EVERYBODY: [&str; 4] = ["auth", "hello", "quit", "reset"];

/// Why a listing is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Corrupt {
    /// It has another format.
    #[error("its format is `{0}`")]
    Format(String),
    /// It was asked from another list.
    #[error("it was asked from a list of {listing}, and this one is of {lists}")]
    OtherList {
        /// Date in the listing.
        listing: String,
        /// Date of the list.
        lists: String,
    },
    /// Something that has to be asked for is not there.
    #[error("it does not say what became of {0}")]
    Missing(String),
    /// Something is there twice.
    #[error("it has two answers about {0}")]
    Twice(String),
    /// Something is there that neither the list nor the model names.
    #[error("it speaks of {0}, which neither the list nor the model names")]
    Stranger(String),
    /// An answer that nothing can have given.
    #[error("it has an answer about {0}, and does not say how that was asked for")]
    NotAsked(String),
}

/// Judges `listing` by `lists` and `needs`.
///
/// # Errors
/// The first reason why it cannot be what a probe saw.
pub fn judge(lists: &Lists, needs: &[Need], listing: &Listing) -> Result<Judged, Corrupt> {
    whole(lists, needs, listing)?;
    let target = listing.target;
    let denies = |kind: Kind, name: &str, value: Option<&str>| {
        lists
            .denies(target, kind, name, value)
            .map(|d| d.source.read)
    };
    let mut judged = Judged {
        probed: listing.asked.len(),
        slipped: Vec::new(),
        denied: Vec::new(),
        needed: 0,
        denied_needed: Vec::new(),
        recorded: listing.watched.then_some(0),
        unmodelled: Vec::new(),
        cross_slot: Vec::new(),
        unknown: Vec::new(),
    };
    for asked in &listing.asked {
        let value = value_of(needs, asked);
        let on_list = denies(asked.kind, &asked.name, value);
        let name = asked.name.clone();
        match (asked.why, asked.answer) {
            (_, Answer::Unknown) => judged.unknown.push(name.clone()),
            (Why::Restricted, Answer::Passed) if on_list == Some(true) => {
                judged.slipped.push(name.clone());
            }
            (Why::Restricted, Answer::Passed) => judged.unknown.push(name.clone()),
            (Why::Restricted, Answer::Denied) => judged.denied.push(name.clone()),
            (Why::Restricted, Answer::Absent) | (Why::Needed, Answer::Passed) => {}
            // What is needed and not there at all is as good as denied.
            (Why::Needed, Answer::Denied | Answer::Absent) => {
                judged.denied_needed.push(name.clone());
            }
        }
        if asked.why == Why::Needed {
            judged.needed += 1;
            match on_list {
                Some(true) => judged.denied_needed.push(name),
                Some(false) => judged.unknown.push(name),
                None => {}
            }
        }
    }
    recorded(&mut judged, lists, needs, listing);
    for names in [&mut judged.denied_needed, &mut judged.unknown] {
        names.sort();
        names.dedup();
    }
    Ok(judged)
}

/// What agents were seen to do.
fn recorded(judged: &mut Judged, lists: &Lists, needs: &[Need], listing: &Listing) {
    let commands: BTreeSet<&str> = listing
        .recorded
        .iter()
        .map(|r| r.command.as_str())
        .collect();
    judged.recorded = judged.recorded.map(|_| commands.len());
    for seen in &listing.recorded {
        let told = format!("{} by {}", seen.command, seen.agent);
        let granted = needs.iter().any(|need| {
            need.kind == Kind::Command && need.name == seen.command && need.by.contains(&seen.agent)
        });
        if !granted && !FOR_EVERYBODY.contains(&seen.command.as_str()) {
            judged.unmodelled.push(told.clone());
        }
        if seen.cross_slot > 0 {
            judged.cross_slot.push(told);
        }
        match lists.denies(listing.target, Kind::Command, &seen.command, None) {
            Some(denial) if denial.source.read => judged.denied_needed.push(seen.command.clone()),
            Some(_) => judged.unknown.push(seen.command.clone()),
            None => {}
        }
    }
}

/// Whether the listing has one answer about everything that had to be asked for, and no other.
fn whole(lists: &Lists, needs: &[Need], listing: &Listing) -> Result<(), Corrupt> {
    if listing.schema != LISTING_SCHEMA {
        return Err(Corrupt::Format(listing.schema.clone()));
    }
    let target = listing.target;
    let lists_dated = lists.of(target.server()).map_or("", |file| &file.dated);
    if listing.dated != lists_dated {
        return Err(Corrupt::OtherList {
            listing: listing.dated.clone(),
            lists: lists_dated.to_owned(),
        });
    }
    let mut wanted = wanted(lists, needs, target);
    let mut seen = BTreeSet::new();
    for asked in &listing.asked {
        let key = (asked.why, asked.kind, asked.name.clone());
        let told = format!("the {} {}", asked.kind, asked.name);
        if !seen.insert(key.clone()) {
            return Err(Corrupt::Twice(told));
        }
        if !wanted.remove(&key) {
            return Err(Corrupt::Stranger(told));
        }
        if asked.how.is_empty() && asked.answer != Answer::Unknown {
            return Err(Corrupt::NotAsked(told));
        }
    }
    match wanted.pop_first() {
        None => Ok(()),
        Some((_, kind, name)) => Err(Corrupt::Missing(format!("the {kind} {name}"))),
    }
}

/// Everything that a probe of `target` asks for.
fn wanted(lists: &Lists, needs: &[Need], target: Target) -> BTreeSet<(Why, Kind, String)> {
    let restricted = lists.restricted(target);
    let restricted = restricted.map(|(kind, name, _)| (Why::Restricted, kind, name.to_owned()));
    let needed = needs.iter().filter(|need| need.server == target.server());
    let needed = needed.map(|need| (Why::Needed, need.kind, need.name.clone()));
    restricted.chain(needed).collect()
}

/// What a needed setting is set to.
fn value_of<'a>(needs: &'a [Need], asked: &Asked) -> Option<&'a str> {
    let mut named = needs.iter().filter(|_| asked.why == Why::Needed);
    let need = named.find(|need| need.kind == asked.kind && need.name == asked.name)?;
    need.value.as_deref()
}
