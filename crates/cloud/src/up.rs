//! `up`: everything before the plan, the plan, and everything after it.

use std::path::Path;

use rlab_artifacts::Cache;
use rlab_aws::account::{Account, Headroom, Need, Room};
use rlab_aws::intent::Intent;
use rlab_aws::price::Estimate;
use rlab_aws::terraform::{Plan, Stop, Workdir};
use rlab_lab::profile::{Api, LabProfile};
use rlab_lab::protocol::Wanted;
use rlab_lab::{LabDir, LabError, files};

use crate::bootstrap::{self, Foundation};
use crate::deployed::Deployed;
use crate::engine;
use crate::error::CloudError;
use crate::event::{CloudEvent, OnCloud};
use crate::ground::Ground;
use crate::images::{self, Images};
use crate::profile::{CloudProfile, Rehearsal};
use crate::record::{Paths, Record};
use crate::roots::{self, State};
use crate::run::Pace;
use crate::{api, place, run, tasks};

/// What to bring up.
#[derive(Debug, Clone)]
pub struct CloudOptions {
    /// The lab.
    pub dir: LabDir,
    /// What it is made from.
    pub profile: CloudProfile,
    /// Added to every port of a rehearsal's servers.
    pub port_offset: u16,
}

/// A lab that is planned. Nothing of it was made, but what a plan needs: a rehearsal's servers, the
/// account's state bucket.
#[derive(Debug)]
pub struct Planned {
    /// The lab.
    pub record: Record,
    /// What terraform would do.
    pub plan: Plan,
    /// What it would cost per hour.
    pub cost: Estimate,
    dir: LabDir,
    pace: Pace,
    account: Account,
    workdir: Workdir,
    images: Images,
}

/// Does what a plan needs, and plans.
///
/// # Errors
/// Any [`CloudError`]; what was made so far is told by `status` and removed by `down`.
pub async fn plan(
    options: &CloudOptions,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<Planned, CloudError> {
    let dir = &options.dir;
    let record = begin(options).await?;
    if let Some(rehearsal) = &record.profile.rehearsal {
        servers(&record, rehearsal, dir, on).await?;
    }
    let ground = Ground::of(&record, dir)?;
    let account = ground.account(&record, dir).await?;
    let foundation = bootstrap::lay(&record, &ground, &account, dir, on, stop).await?;
    planned(record, ground, account, &foundation, dir, on, stop).await
}

/// Plans a lab and changes nothing in AWS. One that was not begun, or whose account has not what outlives labs, is
/// planned as if that were there, with a state that is thrown away.
///
/// # Errors
/// Any [`CloudError`].
pub(crate) async fn look(
    options: &CloudOptions,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<Planned, CloudError> {
    let dir = &options.dir;
    let begun = Record::find(dir)?.is_some();
    let record = match begun {
        true => begin(options).await?,
        false => draft(options).await?,
    };
    let ground = Ground::of(&record, dir)?;
    let account = ground.account(&record, dir).await?;
    let foundation = match begun {
        true => bootstrap::find(&record, &account).await?,
        false => None,
    };
    let images = assembled(dir, on).await?;
    let scratch = tempfile::tempdir().map_err(|e| CloudError::io(&std::env::temp_dir(), e))?;
    let mut workdir = match &foundation {
        Some(foundation) => engine::open(&record, &ground, foundation, dir, on, stop).await?,
        None => without_state(&record, &ground, scratch.path(), stop).await?,
    };
    let foundation = foundation.unwrap_or_else(|| Foundation::supposed(&record));
    engine::want(&mut workdir, &record, &ground, &foundation, &images)?;
    let plan = engine::look(&record.lab, &account, &mut workdir, on, stop).await?;
    priced(record, &ground, account, workdir, images, plan, dir, on).await
}

/// Where terraform works on the lab's root without a state, in the directory `scratch`.
async fn without_state(
    record: &Record,
    ground: &Ground,
    scratch: &Path,
    stop: &Stop,
) -> Result<Workdir, CloudError> {
    let name = record.profile.root.directory();
    let root = roots::lay_out(&scratch.join("terraform"), name, State::Local)?;
    let workdir = ground.local_workdir(&root, &scratch.join("work")).await?;
    let at = CloudError::at("opening the root");
    workdir.init(&|_| {}, stop).await.map_err(at)?;
    Ok(workdir)
}

/// Prices a plan, and asks whether the account has room for it.
#[expect(
    clippy::too_many_arguments,
    reason = "the parts of a plan, each made elsewhere"
)]
async fn priced(
    record: Record,
    ground: &Ground,
    account: Account,
    workdir: Workdir,
    images: Images,
    plan: Plan,
    dir: &LabDir,
    on: OnCloud<'_>,
) -> Result<Planned, CloudError> {
    let cost = engine::cost(&record, &plan);
    room(&account, &plan, on).await?;
    Ok(Planned {
        record,
        plan,
        cost,
        dir: dir.clone(),
        pace: ground.pace(),
        account,
        workdir,
        images,
    })
}

async fn assembled(dir: &LabDir, on: OnCloud<'_>) -> Result<Images, CloudError> {
    let cache = Cache::open(None).map_err(LabError::from)?;
    let servers = cache.ensure(|event| on(CloudEvent::Servers(rlab_lab::UpEvent::Artifact(event))));
    let servers = servers.await.map_err(LabError::from)?;
    images::assemble(&servers, &Paths::of(dir).images(), on)
}

async fn planned(
    record: Record,
    ground: Ground,
    account: Account,
    foundation: &Foundation,
    dir: &LabDir,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<Planned, CloudError> {
    let images = assembled(dir, on).await?;
    let mut workdir = engine::open(&record, &ground, foundation, dir, on, stop).await?;
    engine::want(&mut workdir, &record, &ground, foundation, &images)?;
    let plan = engine::plan(&record.lab, &account, &workdir, on, stop).await?;
    let planned = priced(record, &ground, account, workdir, images, plan, dir, on).await?;
    within_budget(&planned.record, &planned.cost)?;
    if planned.record.profile.budget.emails.is_empty() {
        on(CloudEvent::Note(
            "nobody is told when the budget is reached ([budget] emails in the profile)".into(),
        ));
    }
    Ok(planned)
}

fn within_budget(record: &Record, cost: &Estimate) -> Result<(), CloudError> {
    let allowed = record.profile.budget.usd_per_hour;
    match cost.usd_per_hour > allowed {
        false => Ok(()),
        true => Err(CloudError::OverBudget {
            usd_per_hour: cost.usd_per_hour,
            allowed,
            profile: record.profile.name.clone(),
        }),
    }
}

/// Whether the account's quotas leave room for what is planned. What cannot be told is said, and
/// hinders nobody.
async fn room(account: &Account, plan: &Plan, on: OnCloud<'_>) -> Result<(), CloudError> {
    let needs = Need::of_plan(&plan.raw);
    if needs.is_empty() {
        return Ok(());
    }
    let told = account
        .step("asking for the account's quotas")
        .quotas(&needs)
        .await?;
    let short = |headroom: &Headroom| matches!(headroom.room, Room::Short);
    let lacking: Vec<String> = told.iter().filter(|h| short(h)).map(words).collect();
    if !lacking.is_empty() {
        return Err(CloudError::NoRoom(lacking));
    }
    for headroom in &told {
        if let Room::Unknown { why } = &headroom.room {
            let limit = headroom.limit.name();
            on(CloudEvent::Note(format!(
                "quota not checked: {limit} ({why})"
            )));
        }
    }
    Ok(())
}

fn words(headroom: &Headroom) -> String {
    let figure = |value: Option<f64>| value.map_or("?".to_owned(), |v| v.to_string());
    format!(
        "{}: {} more are needed, {} of {} are used",
        headroom.limit.name(),
        headroom.needed,
        figure(headroom.used),
        figure(headroom.allowed)
    )
}

/// The record of the lab, written down before anything of it exists.
async fn begin(options: &CloudOptions) -> Result<Record, CloudError> {
    let (dir, profile) = (&options.dir, &options.profile);
    if let Some(record) = Record::find(dir)? {
        let differs = |was: String, wanted: String| CloudError::Another {
            lab: record.lab.clone(),
            was,
            wanted,
        };
        if record.profile != *profile {
            let was = format!("profile `{}`", record.profile.name);
            let wanted = match record.profile.name == profile.name {
                true => "that profile as it reads now".to_owned(),
                false => format!("profile `{}`", profile.name),
            };
            return Err(differs(was, wanted));
        }
        if record.port_offset != options.port_offset {
            let told = |offset| format!("--port-offset {offset}");
            return Err(differs(told(record.port_offset), told(options.port_offset)));
        }
        if record.has_expired() {
            return Err(CloudError::Expired {
                lab: record.lab,
                expiry: record.expiry,
            });
        }
        return Ok(record);
    }
    if dir.exists() {
        return Err(CloudError::Another {
            lab: dir.name().to_owned(),
            was: "servers of this machine alone".to_owned(),
            wanted: format!("profile `{}`", profile.name),
        });
    }
    let record = draft(options).await?;
    record.save(dir)?;
    Ok(record)
}

/// A record that is on no disk.
pub(crate) async fn draft(options: &CloudOptions) -> Result<Record, CloudError> {
    let (dir, profile) = (&options.dir, &options.profile);
    Record::check_name(dir.name())?;
    let whereabouts = place::of(profile, dir).await?;
    Ok(Record::new(
        dir.name(),
        profile.clone(),
        whereabouts,
        options.port_offset,
    ))
}

/// The servers that stand in for those of AWS, and the API in front of them.
pub(crate) async fn servers(
    record: &Record,
    rehearsal: &Rehearsal,
    dir: &LabDir,
    on: OnCloud<'_>,
) -> Result<(), CloudError> {
    on(CloudEvent::Step(
        "the servers that stand in for those of AWS",
    ));
    api::install(dir).await?;
    let LabProfile::Here(mut profile) = LabProfile::load(&rehearsal.servers)? else {
        // The API has to reboot what it tells of.
        let servers = format!("the servers of profile `{}`", rehearsal.servers);
        return Err(LabError::NotOurs(servers).into());
    };
    profile.name.clone_from(&record.profile.name);
    profile.api = Some(Api {
        account: record.account.clone(),
    });
    let options = rlab_lab::UpOptions {
        dir: dir.clone(),
        profile: LabProfile::Here(profile),
        port_offset: record.port_offset,
        wanted: Wanted::Servers,
    };
    let never = tokio_util::sync::CancellationToken::new();
    rlab_lab::up(&options, &|event| on(CloudEvent::Servers(event)), never).await?;
    Ok(())
}

/// Carries out a plan, deploys the agents and waits until they serve.
///
/// # Errors
/// Any [`CloudError`]; `up` goes on from there, `down` removes what there is.
pub async fn carry_out(
    planned: Planned,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<Deployed, CloudError> {
    let Planned {
        record,
        plan,
        dir,
        pace,
        account,
        workdir,
        images,
        ..
    } = &planned;
    if plan.differs {
        on(CloudEvent::Step("the lab"));
        let mut intent = Intent::new(
            &record.lab,
            &record.account,
            &record.region,
            workdir.root(),
            record.expiry,
        );
        intent.tags = [("lab", &record.lab), ("owner", &record.owner)]
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .into();
        let intent = intent.record(workdir.dir())?;
        let at = CloudError::at("making the lab");
        run::apply(*pace, workdir, plan, &intent, on, stop)
            .await
            .map_err(&at)?;
        workdir.adopt(&[]).map_err(&at)?;
    }
    let deployed = Deployed::read(workdir, stop).await?;
    files::write_json(&Paths::of(dir).deployed(), &deployed, files::OWNER_ONLY)?;
    tasks::deploy(record, dir, account, images, &deployed, on).await?;
    Ok(deployed)
}

/// Whether the servers that a plan needs are there, so that planning changes nothing.
pub async fn can_be_planned(options: &CloudOptions) -> bool {
    let rehearsed = options.profile.rehearsal.is_some();
    !rehearsed
        || rlab_lab::client::LabClient::connect(&options.dir)
            .await
            .is_ok()
}
