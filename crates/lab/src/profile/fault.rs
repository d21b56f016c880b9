//! Faults in servers that a lab does not run: which a profile can allow, and why it cannot allow the others.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of action of a runbook that does something to servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Fault {
    /// Cut connections in the proxy slots of the lab that lead to a server.
    #[serde(rename = "connections.cut")]
    ConnectionsCut,
    /// End a broker's process.
    #[serde(rename = "broker.kill")]
    BrokerKill,
    /// Start a broker's process.
    #[serde(rename = "broker.start")]
    BrokerStart,
    /// Have a broker's process stand still.
    #[serde(rename = "broker.pause")]
    BrokerPause,
    /// Have a standby take over.
    #[serde(rename = "failover")]
    Failover,
    /// Try what each agent may do.
    #[serde(rename = "access.probe")]
    AccessProbe,
    /// Hold the servers against a service of AWS.
    #[serde(rename = "compat.probe")]
    CompatProbe,
}

impl Fault {
    /// Its name in runbooks and profiles.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConnectionsCut => "connections.cut",
            Self::BrokerKill => "broker.kill",
            Self::BrokerStart => "broker.start",
            Self::BrokerPause => "broker.pause",
            Self::Failover => "failover",
            Self::AccessProbe => "access.probe",
            Self::CompatProbe => "compat.probe",
        }
    }

    /// Why nothing that rlab-ops has can do it to servers that it does not run; none where something can.
    pub const fn obstacle(self) -> Option<&'static str> {
        match self {
            Self::ConnectionsCut => None,
            Self::BrokerKill | Self::BrokerStart | Self::BrokerPause => {
                Some("a broker's process is out of reach: it belongs to who runs the broker")
            }
            Self::Failover => Some("who takes over is decided by who runs the servers"),
            Self::AccessProbe | Self::CompatProbe => {
                Some("it needs users of the lab's own, and rlab-ops makes none there")
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
