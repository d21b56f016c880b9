//! What the generated files allow, read back by evaluators that know each system's rules and nothing of
//! the model.

mod iam;
mod kafka;
mod mysql;
mod redis;

use crate::cell::{Cell, System};
use crate::generate::{Artifacts, KAFKA, MYSQL, REDIS, policy_file};

pub use iam::{Decision, simulate};

/// Everything that was generated, read back.
pub(crate) struct Evaluators {
    iam: iam::Policies,
    kafka: kafka::Acls,
    mysql: mysql::Grants,
    redis: redis::Users,
}

/// A line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub file: String,
    pub line: usize,
    pub why: String,
}

/// The answer to a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Allowed,
    Denied,
    /// It depends on what cannot be decided, which is told.
    Unknown(String),
}

impl Evaluators {
    /// Reads `files`; what is missing or cannot be read allows nothing, and is told.
    pub fn read(files: &Artifacts) -> (Self, Vec<Unreadable>) {
        let mut unreadable = Vec::new();
        let text = |name: &str| files.get(name).map_or("", String::as_str);
        let mut note = |file: &str, (line, why): (usize, String)| {
            let file = file.to_owned();
            unreadable.push(Unreadable { file, line, why });
        };
        let (kafka, bad) = kafka::Acls::read(text(KAFKA));
        bad.into_iter().for_each(|line| note(KAFKA, line));
        let (mysql, bad) = mysql::Grants::read(text(MYSQL));
        bad.into_iter().for_each(|line| note(MYSQL, line));
        let (redis, bad) = redis::Users::read(text(REDIS));
        bad.into_iter().for_each(|line| note(REDIS, line));
        // Policies that cannot be read are told by the lint.
        let iam = iam::Policies::read(files);
        let all = Self {
            iam,
            kafka,
            mysql,
            redis,
        };
        (all, unreadable)
    }

    /// What the files answer to `cell`.
    pub fn ask(&self, cell: &Cell) -> Answer {
        let name = cell.instance.name.as_str();
        let Some(word) = cell.system.word_for(cell.operation) else {
            return Answer::Denied;
        };
        let allowed = match cell.system {
            System::Iam => return self.iam.ask(cell, word),
            System::Kafka => self.kafka.allow(&cell.user, cell.instance.kind, name, word),
            System::Mysql => self.mysql.allow(&cell.user, name, word),
            System::Redis => self.redis.allow(&cell.user, cell.instance.kind, name, word),
        };
        match allowed {
            true => Answer::Allowed,
            false => Answer::Denied,
        }
    }
}

/// The file that answers `cell`.
pub(crate) fn file_of(cell: &Cell) -> String {
    match cell.system {
        System::Iam => policy_file(&cell.agent),
        System::Kafka => KAFKA.to_owned(),
        System::Mysql => MYSQL.to_owned(),
        System::Redis => REDIS.to_owned(),
    }
}
