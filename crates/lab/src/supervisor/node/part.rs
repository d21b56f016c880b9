//! The part of a node among its like: what it is seen to play, and who may reach it meanwhile.

use super::Actor;
use crate::protocol::{NodeEvent, Role};
use crate::servers::Seen;
use crate::spec::NodeKind;

impl Actor {
    /// Takes note of other parts, and says whether this node has one. Who has another part now is out
    /// of reach until it plays it.
    pub(super) fn hear_of_parts(&mut self) -> bool {
        let roles = self.node.roles.borrow_and_update().clone();
        let part = roles.part(&self.node.site.spec.nodes, &self.node.spec);
        let changed = part != self.part;
        if changed {
            self.part = part;
            self.out_of_reach();
        }
        changed
    }

    /// Cuts every connection, and lets no new one pass, to a node that has to prove its part.
    pub(super) fn out_of_reach(&mut self) {
        self.follows = None;
        if self.part.is_some() {
            self.node.within_reach.send_replace(false);
        }
    }

    /// What follows from an answer: who may reach the node, where its name leads, what is told of it.
    ///
    /// # Errors
    /// Why it is not well although it answers.
    pub(super) fn saw(&mut self, seen: Seen) -> Result<(), String> {
        if let Some(offset) = seen.offset.filter(|_| seen.promoted) {
            self.event(NodeEvent::Promoted { offset });
        }
        if let Some(primary) = seen.follows.filter(|_| self.follows != seen.follows) {
            let primary = primary.to_string();
            self.event(NodeEvent::Replicates { primary });
        }
        self.follows = seen.follows;
        self.node
            .within_reach
            .send_if_modified(|open| !std::mem::replace(open, true));
        self.take_the_name(&seen)?;
        self.tell_role(seen.role);
        seen.lacks.map_or(Ok(()), Err)
    }

    pub(super) fn tell_role(&self, role: Option<Role>) {
        self.node.status.send_if_modified(|status| {
            let changed = status.role != role;
            status.role = role;
            changed
        });
    }

    /// The name of its service leads to who is in charge as soon as it serves.
    fn take_the_name(&self, seen: &Seen) -> Result<(), String> {
        let node = &self.node;
        let in_charge = match node.spec.kind {
            NodeKind::Mysql => true,
            NodeKind::Redis => seen.role == Some(Role::Primary),
            _ => false,
        };
        let named = node.site.spec.first(node.spec.kind);
        let endpoint = named.and_then(|first| first.ports[0].endpoint.clone());
        let Some(endpoint) = endpoint.filter(|_| in_charge) else {
            return Ok(());
        };
        let address = node.cast.now().seated(&node.spec).way(0);
        let led = node.cast.lead(&endpoint, &address);
        if led.map_err(|e| e.to_string())? {
            let address = address.to_string();
            self.event(NodeEvent::Serving { endpoint, address });
        }
        Ok(())
    }
}
