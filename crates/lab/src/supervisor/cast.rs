//! Gives out the parts: what the nodes watch, what is written down of it, and where names lead.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;
use std::sync::{Mutex, MutexGuard, PoisonError};

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
    names: Mutex<BTreeMap<String, SocketAddrV4>>,
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
    pub fn lead(&self, endpoint: &str, address: SocketAddrV4) -> Result<bool, LabError> {
        let mut names = self.names();
        if names.get(endpoint) == Some(&address) {
            return Ok(false);
        }
        let mut changed = names.clone();
        changed.insert(endpoint.to_owned(), address);
        files::write_json(&self.dir.address_map(), &changed, files::READABLE)?;
        *names = changed;
        Ok(true)
    }

    fn names(&self) -> MutexGuard<'_, BTreeMap<String, SocketAddrV4>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
