//! What the schema of a profile cannot say, each finding at its place.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rlab_contract::address::Address;
use rlab_contract::login::CaCertificate;
use rlab_document::{Document, Problem};

use super::{SignedFor, TheirLogin, TheirRegistry, Tls};
use crate::error::LabError;
use crate::profile::{Agent, AgentName, Fault};

/// Findings in one profile.
pub(in crate::profile) struct Checks<'a, T> {
    document: &'a Document<T>,
    problems: Vec<Problem>,
}

impl<'a, T> Checks<'a, T> {
    pub fn of(document: &'a Document<T>) -> Self {
        Self {
            document,
            problems: Vec::new(),
        }
    }

    /// # Errors
    /// With every finding.
    pub fn passed(self) -> Result<(), LabError> {
        match self.problems.is_empty() {
            true => Ok(()),
            false => Err(self.document.errors(self.problems).into()),
        }
    }

    fn found(&mut self, pointer: &str, message: &str, help: Option<String>) {
        let problem = self.document.problem(pointer, message, help);
        self.problems.push(problem);
    }

    /// What nothing can carry out is not allowed in vain.
    pub fn faults(&mut self, allowed: &[Fault]) {
        for (index, fault) in allowed.iter().enumerate() {
            if let Some(obstacle) = fault.obstacle() {
                self.found(
                    &format!("/allow/{index}"),
                    &format!("`{fault}` cannot be done to servers that the lab does not run"),
                    Some(obstacle.to_owned()),
                );
            }
        }
    }

    pub fn zones(
        &mut self,
        known: &[String],
        registry: Option<&String>,
        agents: &BTreeMap<AgentName, Agent>,
    ) {
        let registry = registry.map(|zone| ("/registry/zone".to_owned(), zone));
        let of_agents = agents.iter().flat_map(|(name, agent)| {
            let at = format!("/agents/{}", name.as_str());
            let spares = agent.spares.iter().enumerate();
            let spares: Vec<_> = spares
                .map(|(index, zone)| (format!("{at}/spares/{index}"), zone))
                .collect();
            std::iter::once((format!("{at}/zone"), &agent.zone)).chain(spares)
        });
        for (pointer, zone) in registry.into_iter().chain(of_agents) {
            if !known.contains(zone) {
                let help = format!("zones of this profile: {}", known.join(", "));
                self.found(&pointer, &format!("unknown zone `{zone}`"), Some(help));
            }
        }
    }

    pub fn addresses(&mut self, pointer: &str, addresses: &[String]) {
        for (index, address) in addresses.iter().enumerate() {
            self.address(&format!("{pointer}/{index}"), address);
            if addresses[..index].contains(address) {
                let twice = format!("`{address}` is named twice");
                self.found(&format!("{pointer}/{index}"), &twice, None);
            }
        }
    }

    pub fn address(&mut self, pointer: &str, address: &str) {
        if let Err(error) = address.parse::<Address>() {
            self.found(pointer, &error.to_string(), None);
        }
    }

    pub fn registry(&mut self, registry: &TheirRegistry) {
        let any_of_ours = registry.zone.is_some() || registry.heap_mib.is_some();
        match (&registry.address, registry.ours(), any_of_ours) {
            (Some(address), _, false) => self.address("/registry/address", address),
            (None, Some(_), _) => {}
            _ => {
                let message = "a registry is either somebody's or the lab's own";
                let help = "give `address` for the one, `zone` and `heap_mib` for the other";
                self.found("/registry", message, Some(help.to_owned()));
            }
        }
    }

    /// Agents read one map only, and the lab's own registry is not in somebody's.
    pub fn address_map(&mut self, map: Option<&PathBuf>, registry: &TheirRegistry) {
        if map.is_some() && registry.ours().is_some() {
            let message = "a registry of the lab's own is not in `address_map`";
            let help = "give the `address` of one that is";
            self.found("/registry", message, Some(help.to_owned()));
        }
    }

    /// `tls` says whether the server is reached so.
    pub fn login<I: SignedFor>(&mut self, pointer: &str, login: Option<&TheirLogin<I>>, tls: bool) {
        let Some(login) = login else {
            return;
        };
        if let Err(why) = login.password() {
            self.found(pointer, &why, None);
        }
        for mistake in login.mistakes(tls) {
            let at = format!("{pointer}{}", mistake.at);
            self.found(&at, mistake.what, Some(mistake.help.to_owned()));
        }
    }

    pub fn tls(&mut self, pointer: &str, tls: Option<&Tls>) {
        let Some(file) = tls.and_then(|tls| tls.ca.as_ref()) else {
            return;
        };
        let read = std::fs::read_to_string(file).map_err(|e| e.to_string());
        let one = read.and_then(|pem| CaCertificate::try_from(pem).map_err(|e| e.to_string()));
        if let Err(why) = one {
            self.found(pointer, &format!("{}: {why}", file.display()), None);
        }
    }
}
