//! File systems, and the doors to them.

use serde_json::Value;

use super::Making;
use crate::account::connected::Account;
use crate::account::error::AccountError;
use crate::account::plain::{Service, encoded};
use crate::account::tagged::TAG;

impl Account {
    /// The file system that was asked for with `token`.
    pub(super) async fn file_system_of(
        &self,
        lab: &str,
        token: &str,
    ) -> Result<Option<Making>, AccountError> {
        let path = format!("/file-systems?CreationToken={}", encoded(token));
        let told = self.rest(Service::Efs, "DescribeFileSystems", "GET", &path);
        let told = told.await?;
        let mut found = told["FileSystems"].as_array().into_iter().flatten();
        let ours = found.find(|one| is_of(lab, one));
        Ok(ours.and_then(|one| making(one, "FileSystemArn", "FileSystemId")))
    }

    /// The lab's door in `zone`. It has no tags of its own; those of the file system count.
    pub(super) async fn mount_target_of(
        &self,
        lab: &str,
        zone: &str,
    ) -> Result<Option<Making>, AccountError> {
        let all = self.of_efs("DescribeFileSystems", "/file-systems", "FileSystems");
        for one in all.await?.iter().filter(|one| is_of(lab, one)) {
            let id = one["FileSystemId"].as_str().unwrap_or_default();
            let path = format!("/mount-targets?FileSystemId={}", encoded(id));
            let told = self.rest(Service::Efs, "DescribeMountTargets", "GET", &path);
            let told = told.await?;
            let mut doors = told["MountTargets"].as_array().into_iter().flatten();
            let door = doors.find(|door| door["AvailabilityZoneName"] == zone);
            let id = door.and_then(|door| door["MountTargetId"].as_str());
            let status = door.and_then(|door| door["LifeCycleState"].as_str());
            if let Some(id) = id {
                return Ok(Some(Making::part(id, status)));
            }
        }
        Ok(None)
    }

    /// The lab's door to the directory `path`.
    pub(super) async fn access_point_of(
        &self,
        lab: &str,
        path: &str,
    ) -> Result<Option<Making>, AccountError> {
        let all = self.of_efs("DescribeAccessPoints", "/access-points", "AccessPoints");
        let all = all.await?;
        let mut leading = all
            .iter()
            .filter(|one| one["RootDirectory"]["Path"] == path);
        let ours = leading.find(|one| is_of(lab, one));
        Ok(ours.and_then(|one| making(one, "AccessPointArn", "AccessPointId")))
    }

    /// Everything of one kind. EFS has two ways to go on with a list.
    async fn of_efs(
        &self,
        action: &'static str,
        path: &str,
        list: &str,
    ) -> Result<Vec<Value>, AccountError> {
        let (mut all, mut from) = (Vec::new(), String::new());
        loop {
            let asked = format!("{path}{from}");
            let page = self.rest(Service::Efs, action, "GET", &asked).await?;
            all.extend(page[list].as_array().into_iter().flatten().cloned());
            let goes_on = ["NextMarker", "NextToken"].map(|name| page[name].as_str());
            from = match goes_on {
                [Some(marker), _] => format!("?Marker={}", encoded(marker)),
                [_, Some(token)] => format!("?NextToken={}", encoded(token)),
                _ => return Ok(all),
            };
        }
    }
}

fn is_of(lab: &str, one: &Value) -> bool {
    let mut tags = one["Tags"].as_array().into_iter().flatten();
    tags.any(|tag| tag["Key"] == TAG && tag["Value"] == lab)
}

fn making(one: &Value, arn: &str, id: &str) -> Option<Making> {
    let (arn, id) = (one[arn].as_str()?, one[id].as_str()?);
    Some(Making::of(arn, id, one["LifeCycleState"].as_str()))
}
