//! Where a lab's AWS is: the account that the user's credentials lead to, or the rehearsed one.

use std::collections::BTreeMap;
use std::path::Path;

use rlab_aws::account::{Account, Bounds, Given, Journal, Place};
use rlab_aws::terraform::{Backend, Limits, Terraform, Workdir};
use rlab_lab::layout::{API, api_listener};
use rlab_lab::servers::Site;
use rlab_lab::{LabDir, LabError};
use serde_json::{Map, Value, json};
use std::time::Duration;

use crate::bootstrap::Foundation;
use crate::error::CloudError;
use crate::record::{Paths, Record};
use crate::roots::{self, State};
use crate::run::Pace;

/// Key of the rehearsed account's only user. It opens nothing else, so it is no secret.
pub(crate) const REHEARSED_KEY: &str = "AKIAREHEARSAL0000000";
/// The rehearsal takes any.
pub(crate) const REHEARSED_SECRET: &str = "rehearsal";

/// The API and whoever asks it.
#[derive(Debug, Clone)]
pub struct Ground {
    /// Variables of terraform's environment, beyond or in place of the user's.
    environment: BTreeMap<&'static str, String>,
    rehearsed: Option<Rehearsed>,
}

/// What there is to know of a rehearsal.
#[derive(Debug, Clone)]
pub struct Rehearsed {
    /// URL of its API.
    pub endpoint: String,
    /// Port of its Redis.
    pub redis_port: u16,
    /// Its Redis servers.
    pub redis_nodes: usize,
}

impl Ground {
    /// The ground of `record`. A rehearsal's servers are up already.
    ///
    /// # Errors
    /// When a rehearsal's servers were never brought up.
    pub fn of(record: &Record, dir: &LabDir) -> Result<Self, CloudError> {
        let mut environment = BTreeMap::from([
            ("AWS_REGION", record.region.clone()),
            ("AWS_DEFAULT_REGION", record.region.clone()),
        ]);
        let rehearsed = match record.is_rehearsed() {
            true => Some(Rehearsed::find(dir)?),
            false => None,
        };
        if let Some(rehearsed) = &rehearsed {
            environment.extend([
                ("AWS_ENDPOINT_URL", rehearsed.endpoint.clone()),
                ("AWS_ACCESS_KEY_ID", REHEARSED_KEY.to_owned()),
                ("AWS_SECRET_ACCESS_KEY", REHEARSED_SECRET.to_owned()),
                ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ]);
        }
        Ok(Self {
            environment,
            rehearsed,
        })
    }

    /// How long things take there.
    pub(crate) fn pace(&self) -> Pace {
        match self.rehearsed {
            Some(_) => Pace::Unknown,
            None => Pace::Aws,
        }
    }

    fn bounds(&self) -> Bounds {
        let usual = Bounds::default();
        match self.rehearsed {
            // Nobody is throttled here, and servers are back within seconds.
            Some(_) => Bounds {
                pace: Duration::from_millis(500),
                ..usual
            },
            None => usual,
        }
    }

    /// The rehearsal, where it is one.
    pub fn rehearsed(&self) -> Option<&Rehearsed> {
        self.rehearsed.as_ref()
    }

    /// A connection to the account of `record`, whose every call is on record.
    ///
    /// # Errors
    /// Nobody is logged in, AWS cannot be reached, or the credentials are of another account.
    pub async fn account(&self, record: &Record, dir: &LabDir) -> Result<Account, CloudError> {
        let journal = Journal::open(&Paths::of(dir).journal())?;
        let place = Place {
            region: Some(record.region.clone()),
            endpoint: self.rehearsed.as_ref().map(|r| r.endpoint.clone()),
            credentials: self.rehearsed.as_ref().map(|_| Given {
                key: REHEARSED_KEY.to_owned(),
                secret: REHEARSED_SECRET.to_owned(),
            }),
            bounds: self.bounds(),
            ..Place::default()
        };
        let account = Account::connect(place, journal).await?;
        account.expect_account(&record.account)?;
        Ok(account)
    }

    /// Where terraform works on the lab's root, its state in the bucket.
    ///
    /// # Errors
    /// When terraform is missing, or the file system refuses.
    pub async fn workdir(
        &self,
        record: &Record,
        dir: &LabDir,
        foundation: &Foundation,
    ) -> Result<Workdir, CloudError> {
        let paths = Paths::of(dir);
        let name = record.profile.root.directory();
        let root = roots::lay_out(&paths.roots(), name, State::AsDeclared)?;
        let backend = Backend::Remote {
            kind: "s3".into(),
            settings: self.backend(record, foundation),
        };
        self.open(&root, &paths.work(name), backend).await
    }

    /// Where terraform works on `root` with its state beside it.
    ///
    /// # Errors
    /// As [`Self::workdir`].
    pub(crate) async fn local_workdir(
        &self,
        root: &Path,
        dir: &Path,
    ) -> Result<Workdir, CloudError> {
        self.open(root, dir, Backend::Local).await
    }

    async fn open(&self, root: &Path, dir: &Path, backend: Backend) -> Result<Workdir, CloudError> {
        let terraform = Terraform::find().await;
        let terraform = terraform.map_err(CloudError::at("looking for terraform"))?;
        let at = CloudError::at("opening the lab's directory");
        let mut workdir = Workdir::open(terraform, root, dir, backend).map_err(at)?;
        if self.rehearsed.is_some() {
            // Whatever leads the user to a real account must not lead a rehearsal there.
            workdir.forget_env("AWS_");
            // Nothing here takes as long as in AWS.
            workdir.set_limits(Limits {
                apply: Duration::from_secs(1_200),
                grace: Duration::from_secs(300),
                ..Limits::default()
            });
        }
        for (name, value) in &self.environment {
            workdir.set_env(name, value);
        }
        Ok(workdir)
    }

    fn backend(&self, record: &Record, foundation: &Foundation) -> Map<String, Value> {
        let mut settings = json!({
            "bucket": record.state_bucket(),
            "key": record.state_key(),
            "region": record.region,
            "kms_key_id": foundation.state_key_arn,
        });
        if self.rehearsed.is_some() {
            for name in [
                "use_path_style",
                "skip_credentials_validation",
                "skip_metadata_api_check",
                "skip_requesting_account_id",
            ] {
                settings[name] = true.into();
            }
        }
        match settings {
            Value::Object(settings) => settings,
            _ => Map::new(),
        }
    }
}

impl Rehearsed {
    fn find(dir: &LabDir) -> Result<Self, CloudError> {
        let site = Site::load(dir.clone())?;
        let missing = |what: &str| LabError::BadFile {
            path: dir.spec(),
            reason: format!("has no {what}"),
        };
        let api = site.spec.node(API).ok_or_else(|| missing(API))?;
        let door = api
            .door_address()
            .ok_or_else(|| missing("door to the API"))?;
        debug_assert_eq!(door.port(), api.ports[api_listener::FRONT].port);
        let redis = site.spec.redis().next().ok_or_else(|| missing("redis"))?;
        Ok(Self {
            endpoint: format!("http://{door}"),
            redis_port: redis.ports[0].port,
            redis_nodes: site.spec.redis().count(),
        })
    }
}
