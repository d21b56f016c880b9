//! Which events a DescribeEvents asks for.

use jiff::{SignedDuration, Timestamp};

use crate::events::Event;
use crate::protocol::form::Form;
use crate::protocol::refusal::Refusal;
use crate::protocol::time;

/// Minutes told about when nothing is said.
const DEFAULT_MINUTES: i64 = 60;
/// Minutes that AWS keeps events: 14 days.
const MAX_MINUTES: i64 = 20_160;
/// Events on a page: AWS's default, least and most.
const PAGE: (usize, usize, usize) = (100, 20, 100);

/// Which events are asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Window {
    from: Timestamp,
    to: Timestamp,
    source: Option<String>,
    source_type: Option<String>,
    categories: Vec<String>,
    pub(crate) page: usize,
}

impl Window {
    /// Reads a request made at `now`.
    ///
    /// Without a start or an end it is the last `Duration` minutes; with one of them, as many
    /// minutes from the start or up to the end.
    pub(crate) fn read(form: &Form, now: Timestamp) -> Result<Self, Refusal> {
        let minutes = number(form, "Duration", DEFAULT_MINUTES)?;
        let minutes = (0..=MAX_MINUTES).contains(&minutes).then_some(minutes);
        let minutes = minutes.ok_or_else(|| invalid("Duration"))?;
        let length = SignedDuration::from_mins(minutes);
        let (from, to) = match (moment(form, "StartTime")?, moment(form, "EndTime")?) {
            (Some(from), Some(to)) => (from, to),
            (Some(from), None) if form.get("Duration").is_some() => (from, from + length),
            (Some(from), None) => (from, now),
            (None, Some(to)) => (to - length, to),
            (None, None) => (now - length, now),
        };
        if from > to {
            return Err(invalid("StartTime"));
        }
        let own = |name: &str| form.get(name).map(str::to_owned);
        let (source, source_type) = (own("SourceIdentifier"), own("SourceType"));
        if source.is_some() && source_type.is_none() {
            let message = "SourceIdentifier cannot be specified without SourceType.";
            return Err(Refusal::sender("InvalidParameterCombination", message));
        }
        let (default, least, most) = PAGE;
        let page = usize::try_from(number(form, "MaxRecords", default as i64)?).unwrap_or(0);
        if !(least..=most).contains(&page) {
            return Err(invalid("MaxRecords"));
        }
        let categories = form.list("EventCategories");
        Ok(Self {
            from,
            to,
            source,
            source_type,
            categories: categories.into_iter().map(str::to_owned).collect(),
            page,
        })
    }

    pub(crate) fn holds(&self, event: &Event) -> bool {
        let is = |wanted: &Option<String>, value: &String| {
            wanted.as_ref().is_none_or(|wanted| wanted == value)
        };
        let category = |name| self.categories.contains(name);
        (self.from..=self.to).contains(&event.at)
            && is(&self.source, &event.source)
            && is(&self.source_type, &event.source_type)
            && (self.categories.is_empty() || event.categories.iter().any(category))
    }
}

fn number(form: &Form, name: &str, default: i64) -> Result<i64, Refusal> {
    match form.get(name) {
        Some(text) => text.parse().map_err(|_| invalid(name)),
        None => Ok(default),
    }
}

fn moment(form: &Form, name: &str) -> Result<Option<Timestamp>, Refusal> {
    match form.get(name) {
        Some(text) => time::read(text).map(Some).ok_or_else(|| invalid(name)),
        None => Ok(None),
    }
}

fn invalid(name: &str) -> Refusal {
    let message = format!("Invalid value for parameter {name}.");
    Refusal::sender("InvalidParameterValue", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(10_000 + minute)
    }

    fn event(minute: i64) -> Event {
        Event {
            at: at(minute),
            source: "db".to_owned(),
            source_type: "db-instance".to_owned(),
            message: String::new(),
            categories: vec!["failover".to_owned()],
        }
    }

    fn holds(pairs: &[(&str, &str)], minute: i64) -> bool {
        let window = Window::read(&Form::of(pairs), at(0)).unwrap();
        window.holds(&event(minute))
    }

    #[test]
    fn the_last_hour_is_told_when_nothing_is_said() {
        assert!(holds(&[], -59) && !holds(&[], -61) && !holds(&[], 1));
        assert!(holds(&[("Duration", "120")], -61));
    }

    #[test]
    fn start_and_end_bound_the_window() {
        let (from, to) = (time::iso(at(-500)), time::iso(at(-400)));
        let both = [("StartTime", from.as_str()), ("EndTime", to.as_str())];
        assert!(holds(&both, -450) && !holds(&both, -399) && !holds(&both, -501));
        assert!(holds(&both[..1], -1) && holds(&both[1..], -459) && !holds(&both[1..], -461));
    }

    #[test]
    fn sources_and_categories_narrow_it() {
        assert!(holds(
            &[("SourceType", "db-instance"), ("SourceIdentifier", "db")],
            -1
        ));
        assert!(!holds(&[("SourceType", "db-cluster")], -1));
        assert!(holds(
            &[("EventCategories.EventCategory.1", "failover")],
            -1
        ));
        assert!(!holds(&[("EventCategories.EventCategory.1", "backup")], -1));
    }

    #[test]
    fn what_aws_would_not_take_is_refused() {
        for (name, value) in [
            ("MaxRecords", "19"),
            ("MaxRecords", "101"),
            ("Duration", "20161"),
            ("StartTime", "soon"),
            ("SourceIdentifier", "db"),
        ] {
            assert!(
                Window::read(&Form::of(&[(name, value)]), at(0)).is_err(),
                "{name}"
            );
        }
    }
}
