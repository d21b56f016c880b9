//! Gives out the parts: what the nodes watch, what is written down of it, and where names lead.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rlab_contract::address::Address;
use tokio::sync::watch;

use crate::error::LabError;
use crate::files;
use crate::home::LabDir;
use crate::roles::Roles;
use crate::spec::NodeSpec;

/// The parts of a running lab.
pub struct Cast {
    dir: LabDir,
    roles: watch::Sender<Roles>,
    /// The address map, as clients read it.
    names: Mutex<BTreeMap<String, Address>>,
}

impl Cast {
    /// The parts as they were written down, and the address map that fits them.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn open(dir: &LabDir, nodes: &[NodeSpec]) -> Result<Self, LabError> {
        let roles = Roles::load(dir, nodes)?;
        let names = roles.address_map(nodes);
        files::write_json(&dir.address_map(), &names, files::READABLE)?;
        Ok(Self {
            dir: dir.clone(),
            roles: watch::Sender::new(roles),
            names: Mutex::new(names),
        })
    }

    /// The parts now.
    pub fn now(&self) -> Roles {
        self.roles.borrow().clone()
    }

    /// The parts, as they change.
    pub fn watch(&self) -> watch::Receiver<Roles> {
        self.roles.subscribe()
    }

    /// Gives out other parts, once they are on disk.
    ///
    /// # Errors
    /// When they cannot be written down; nothing was changed then.
    pub fn change(&self, change: impl FnOnce(&mut Roles)) -> Result<(), LabError> {
        let mut roles = self.now();
        change(&mut roles);
        roles.save(&self.dir)?;
        self.roles.send_replace(roles);
        Ok(())
    }

    /// Leads the name `endpoint` to `address`; says whether it led elsewhere before.
    ///
    /// # Errors
    /// When the address map cannot be written; the name leads where it led.
    pub fn lead(&self, endpoint: &str, address: &Address) -> Result<bool, LabError> {
        let mut names = self.names();
        if names.get(endpoint) == Some(address) {
            return Ok(false);
        }
        let mut changed = names.clone();
        changed.insert(endpoint.to_owned(), address.clone());
        files::write_json(&self.dir.address_map(), &changed, files::READABLE)?;
        *names = changed;
        Ok(true)
    }

    fn names(&self) -> MutexGuard<'_, BTreeMap<String, Address>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::LabHome;
    use crate::profile::LabProfile;

    #[test]
    fn parts_are_on_disk_before_they_are_heard_of_and_a_name_moves_only_when_it_is_led() {
        let nodes = crate::layout::nodes(&LabProfile::load("local").unwrap(), 0).unwrap();
        let home = tempfile::tempdir().unwrap();
        let dir = LabHome::at(home.path()).lab("one").unwrap();
        files::make_private_dir(dir.path()).unwrap();
        let cast = Cast::open(&dir, &nodes).unwrap();
        let names =
            || -> BTreeMap<String, Address> { files::read_json(&dir.address_map()).unwrap() };
        let before = names();
        let replica = &before["redis-2"];
        cast.change(|roles| roles.redis_primary = "redis-2".to_owned())
            .unwrap();
        assert_eq!(Roles::load(&dir, &nodes).unwrap(), cast.now());
        assert_eq!(names(), before);
        assert!(cast.lead("redis", replica).unwrap());
        assert!(!cast.lead("redis", replica).unwrap());
        assert_eq!(names()["redis"], *replica);
        // Where nothing can be written down, nothing changes.
        std::fs::remove_dir_all(dir.path()).unwrap();
        let refused = cast.change(|roles| roles.redis_primary = "redis".to_owned());
        assert!(refused.is_err());
        assert_eq!(cast.now().redis_primary, "redis-2");
    }
}
