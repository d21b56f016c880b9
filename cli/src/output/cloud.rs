//! Labs on AWS in words: plans, progress, what was made and what was removed.

use std::time::Duration;

use rlab_aws::progress::Remaining;
use rlab_cloud::{CloudDown, CloudPlan, CloudStatus, CloudSurvey};

/// Resources named in a plan before the rest is only counted.
const NAMED: usize = 12;

/// What `up` would make in AWS, and what that costs.
pub fn plan(plan: &CloudPlan) -> String {
    let rehearsed = if plan.rehearsed { ", rehearsed" } else { "" };
    let mut lines = vec![format!(
        "lab {} in account {}, region {}{rehearsed}, for {}, until {}",
        plan.lab, plan.account, plan.region, plan.owner, plan.expiry
    )];
    if !plan.differs {
        lines.push("plan: no difference; all that is wanted is there".into());
        return lines.join("\n");
    }
    lines.push(format!(
        "plan: {} to make, {} to change, {} to remove",
        plan.create, plan.update, plan.delete
    ));
    let named = plan.changes.iter().take(NAMED);
    lines.extend(named.map(|change| format!("  {} {}", change.action, change.address)));
    if let Some(rest) = plan
        .changes
        .len()
        .checked_sub(NAMED)
        .filter(|rest| *rest > 0)
    {
        lines.push(format!("  and {rest} more (--format json names them)"));
    }
    lines.push(cost(plan));
    lines.join("\n")
}

fn cost(plan: &CloudPlan) -> String {
    let unpriced = match plan.not_priced.len() {
        0 => String::new(),
        count => format!("; {count} without a price in the table"),
    };
    let most = match plan.usd_per_hour_at_most > plan.usd_per_hour {
        true => format!(" to {:.2}", plan.usd_per_hour_at_most),
        false => String::new(),
    };
    let paid = if plan.rehearsed {
        " (in AWS; a rehearsal costs nothing)"
    } else {
        ""
    };
    format!(
        "cost: {:.2}{most} USD an hour while idle{paid}, list prices of {} as of {}{unpriced}",
        plan.usd_per_hour, plan.price_region, plan.prices_dated
    )
}

/// What stands.
pub fn status(status: &CloudStatus) -> String {
    let rehearsed = if status.rehearsed { ", rehearsed" } else { "" };
    let mut lines = vec![format!(
        "lab {} ({}) in account {}, region {}{rehearsed}, until {}",
        status.lab, status.profile, status.account, status.region, status.expiry
    )];
    if status.expired {
        lines.push("it has expired: rlab-ops down, or rlab-ops extend".into());
    }
    lines.join("\n")
}

/// What `down` would remove from AWS.
pub fn survey(survey: &CloudSurvey) -> String {
    let unknown_here = match survey.recorded {
        true => "",
        false => "; this machine has no record of it",
    };
    let mut lines = vec![format!(
        "lab {} in account {}, region {}{unknown_here}",
        survey.lab, survey.account, survey.region
    )];
    lines.push(match survey.in_state {
        Some(count) => format!("to destroy by its state: {count} resources"),
        None => "it has no state".into(),
    });
    for (title, arns) in [
        ("to remove by its tag, in no state:", &survey.by_tag),
        ("with its tag, in no state, not removed:", &survey.stays),
    ] {
        if !arns.is_empty() {
            lines.push(title.into());
            lines.extend(arns.iter().map(|arn| format!("  {arn}")));
        }
    }
    lines.join("\n")
}

/// What `down` did.
pub fn was_down(report: &CloudDown) -> String {
    let lab = &report.lab;
    let done = match report.account_gone {
        true => format!("lab {lab}: its rehearsed account was gone, with all that was made in it"),
        false => format!(
            "lab {lab}: {} resources removed by its state and {} by its tag, nothing left",
            report.removed, report.by_tag
        ),
    };
    let scheduled = report
        .scheduled
        .iter()
        .map(|what| format!("\nscheduled: {what}"));
    let unknown = match report.unknown.len() {
        0 => String::new(),
        count => format!(
            "\nnot known to be gone: {count}, by a tag that AWS may still remember (--format json names them)"
        ),
    };
    done + &scheduled.collect::<String>() + &unknown
}

/// How far terraform is.
pub fn working(
    done: usize,
    of: usize,
    waiting_for: &[String],
    elapsed: Duration,
    left: Option<&Remaining>,
) -> String {
    let left = match left {
        None | Some(Remaining::Nothing) => String::new(),
        Some(Remaining::Between(span)) => {
            format!(", {} to {} left", minutes(span.low), minutes(span.high))
        }
        Some(Remaining::LongerThanUsual { slow, .. }) => match slow.first() {
            Some(slow) => format!(", {} takes longer than usual", short(&slow.address)),
            None => String::new(),
        },
    };
    let total = if of == 0 {
        String::new()
    } else {
        format!("{done} of {of} done")
    };
    let waits = match waiting_for.first() {
        None => String::new(),
        Some(first) => format!(", at {}", short(first)),
    };
    format!("{total} after {}{left}{waits}", minutes(elapsed))
}

/// The last part of an address: `module.kafka.aws_msk_cluster.this` is an `aws_msk_cluster`.
fn short(address: &str) -> &str {
    let begins = address.rfind(".aws_").map_or(0, |at| at + 1);
    &address[begins..]
}

fn minutes(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..90 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rlab_aws::progress::{Slow, Span};

    #[test]
    fn what_carries_the_tag_and_is_in_no_state_is_named_before_it_is_removed() {
        let arn = |rest: &str| format!("arn:aws:{rest}");
        insta::assert_snapshot!(survey(&CloudSurvey {
            schema: "rlab/cloud-survey/v1",
            lab: "trial".into(),
            account: "123456789012".into(),
            region: "eu-central-1".into(),
            recorded: false,
            in_state: Some(149),
            by_tag: vec![arn("ec2:eu-central-1:123456789012:instance/i-1")],
            stays: vec![arn("s3:::somebodys-data")],
        }));
    }

    #[test]
    fn time_left_is_a_span_and_what_is_late_is_named() {
        let (low, high) = (Duration::from_secs(40), Duration::from_secs(1_900));
        let waits = ["module.kafka.aws_msk_cluster.this".to_owned()];
        let told = |left| working(3, 90, &waits, Duration::from_secs(100), Some(&left));
        insta::assert_snapshot!(told(Remaining::Between(Span { low, high })));
        let slow = vec![Slow {
            address: waits[0].clone(),
            taken: high,
            usual: Span { low, high },
        }];
        let then = Span { low, high };
        insta::assert_snapshot!(told(Remaining::LongerThanUsual { slow, then }));
    }
}
