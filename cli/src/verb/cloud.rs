//! What `up`, `down` and `extend` do with labs on AWS.

use std::io::BufRead;

use rlab_aws::terraform::Stop;
use rlab_cloud::{CloudOptions, CloudPlan, CloudProfile, Surveyed};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::progress::Progress;
use crate::output::{cloud, stream};
use crate::signals;

/// What was asked of `up`.
pub struct Wanted {
    /// What the lab is made from.
    pub profile: CloudProfile,
    /// Added to every port of a rehearsal's servers.
    pub port_offset: u16,
    /// Only show.
    pub dry_run: bool,
    /// Do not ask.
    pub yes: bool,
}

/// Plans, asks, makes.
pub async fn up(context: &Context, wanted: Wanted) -> Result<Exit, Failure> {
    let options = CloudOptions {
        dir: context.dir.clone(),
        profile: wanted.profile,
        port_offset: wanted.port_offset,
    };
    let stop = Stop::from(signals::cancellation()?);
    let progress = Progress::new(context);
    let on = |event| progress.show_cloud(&event);
    if wanted.dry_run {
        let plan = rlab_cloud::preview(&options, &on, &stop).await?;
        drop(progress);
        context.format.print(&plan, || cloud::plan(&plan))?;
        return Ok(Exit::Held);
    }
    let planned = rlab_cloud::plan(&options, &on, &stop).await?;
    let plan = CloudPlan::of(&planned);
    if plan.differs {
        progress.keep(&cloud::plan(&plan));
        if !plan.rehearsed && !wanted.yes {
            agreed(context, &plan)?;
        }
    }
    rlab_cloud::carry_out(planned, &on, &stop).await?;
    drop(progress);
    stream::note(&format!("lab {} is up", plan.lab));
    let status = rlab_cloud::status(&context.dir)?;
    context.format.print(&status, || {
        format!(
            "{}\nnext: {} smoke",
            cloud::status(&status),
            context.command()
        )
    })?;
    Ok(Exit::Held)
}

/// Money is spent by the hour from here on.
fn agreed(context: &Context, plan: &CloudPlan) -> Result<(), Failure> {
    let refused = |why: &str| {
        let hint = format!("{} up --profile {} --yes", context.command(), plan.profile);
        Err(Failure::new(Exit::Denied, why).hint(hint))
    };
    if !context.may_ask {
        return refused("this costs money, and nobody can be asked");
    }
    stream::note("make it? [y/N]");
    let mut typed = String::new();
    std::io::stdin().lock().read_line(&mut typed)?;
    match matches!(typed.trim(), "y" | "Y" | "yes") {
        true => Ok(()),
        false => refused("not agreed to; nothing of the lab was made"),
    }
}

/// Removes everything in AWS.
///
/// What could not be asked whether it is gone leaves the outcome unknown.
pub async fn down(context: &Context, surveyed: &Surveyed) -> Result<Exit, Failure> {
    let stop = Stop::from(signals::cancellation()?);
    let progress = Progress::new(context);
    let on = |event| progress.show_cloud(&event);
    let report = rlab_cloud::down(&context.dir, surveyed, &on, &stop).await?;
    drop(progress);
    context.format.print(&report, || cloud::was_down(&report))?;
    Ok(match report.unknown.is_empty() {
        true => Exit::Held,
        false => Exit::Unknown,
    })
}
