//! Cells: agent × system × resource × operation, with the answer that the model gives.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Condition, Kind, Operation};

/// Who decides whether something is allowed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum System {
    /// AWS, by the policies of roles.
    Iam,
    /// A broker, by its ACLs.
    Kafka,
    /// MySQL, by its grants.
    Mysql,
    /// Redis, by the rules of its users.
    Redis,
}

/// Something that one can try to do something to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instance {
    /// What it is.
    pub kind: Kind,
    /// Its name, with samples for what only a lab knows. Of MySQL `schema`, `schema.table` or
    /// `schema.table.column`.
    pub name: String,
    /// The circumstances in which IAM would allow it; empty where they do not matter.
    pub condition: Condition,
    /// Whether they are given.
    pub condition_met: bool,
}

/// One question with its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Who asks.
    pub agent: String,
    /// Its user on the server; its own name where there is none.
    pub user: String,
    /// Who decides.
    pub system: System,
    /// On what.
    pub instance: Instance,
    /// What is asked for.
    pub operation: &'static Operation,
    /// The answer of the model.
    pub allowed: bool,
    /// The lines of the model that allow it, by their place among the grants.
    pub grants: Vec<usize>,
}

impl System {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Iam, Self::Kafka, Self::Mysql, Self::Redis];

    /// Its name in ids of cells.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Kafka => "kafka",
            Self::Mysql => "mysql",
            Self::Redis => "redis",
        }
    }

    /// Its word for `operation`; none where it has no say.
    pub fn word_for(self, operation: &Operation) -> Option<&'static str> {
        match self {
            Self::Iam => operation.iam,
            server => operation
                .native
                .filter(|_| operation.kind.server() == Some(server)),
        }
    }
}

impl Cell {
    /// Its id, the same as long as agent, resource and operation keep their names.
    pub fn id(&self) -> String {
        format!(
            "{}/{}/{}/{}",
            self.system.word(),
            self.agent,
            self.instance,
            self.operation.name
        )
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.name)?;
        match self.condition_met {
            true => Ok(()),
            false => f.write_str("(otherwise)"),
        }
    }
}
