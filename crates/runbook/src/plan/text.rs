//! A plan as text for people.

use std::fmt::{self, Display, Formatter};

use indexmap::IndexMap;
use serde_json::Value;

use super::{ArmPlan, CasePlan, PhasePlan, Plan, StepPlan};
use crate::action::{Effect, UndoClass};
use crate::format::Rows;
use crate::needs::{MysqlNeeds, Needs, Standby};

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}  {}\n", self.runbook, self.title)?;
        if !self.not_yet.is_empty() {
            writeln!(f, "this build cannot yet:")?;
            for what in &self.not_yet {
                writeln!(f, "  {what}")?;
            }
            writeln!(f)?;
        }
        writeln!(f, "claim       {}", self.hypothesis)?;
        for (profile, text) in &self.proves {
            writeln!(f, "proves      on {profile}: {text}")?;
        }
        writeln!(f, "tags        {}", list(&self.tags, ", "))?;
        let parameters: Vec<String> = self
            .parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", plain(value)))
            .collect();
        writeln!(f, "parameters  {}", or_none(&parameters))?;
        writeln!(f, "needs       {}", self.needs)?;
        write_loads(f, &self.load)?;
        for (name, series) in &self.observe {
            writeln!(f, "observe     {name}: {series}")?;
        }
        for arm in &self.arms {
            write!(f, "\n{arm}")?;
        }
        for (index, case) in self.cases.iter().enumerate() {
            case.write(f, self.cases.get(index.wrapping_sub(1)))?;
        }
        self.write_expectations(f)
    }
}

impl Plan {
    fn write_expectations(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nin every arm")?;
        writeln!(f, "  landed    {}", or_none(&self.landed))?;
        writeln!(f, "  traffic   {}", or_none(&self.traffic))?;
        if let Some(bound) = &self.stale_after {
            writeln!(
                f,
                "  stale     a read of what was superseded {bound} before"
            )?;
        }
        if !self.stop.is_empty() {
            writeln!(f, "  stop      {}", or_none(&self.stop))?;
        }
        if !self.compare.is_empty() {
            writeln!(f, "compare     {}", or_none(&self.compare))?;
        }
        let controls: Vec<String> = self.controls.iter().map(|c| c.name().to_owned()).collect();
        writeln!(f, "controls    {}", or_none(&controls))?;
        if let Some(table) = &self.table {
            let rows = match table.rows {
                Rows::Arm => "arm",
                Rows::Case => "case",
            };
            writeln!(f, "table       by {rows}: {}", list(&table.columns, ", "))?;
        }
        if !self.plot.is_empty() {
            writeln!(f, "plot        {}", list(&self.plot, ", "))?;
        }
        Ok(())
    }
}

impl CasePlan {
    /// What happens in the case; the phases only where they are not those of the case before.
    fn write(&self, f: &mut Formatter<'_>, before: Option<&Self>) -> fmt::Result {
        writeln!(f, "\ncase {}", self.name)?;
        write_loads(f, &self.load)?;
        for (index, arm) in self.arms.iter().enumerate() {
            let before = before.and_then(|case| case.arms.get(index));
            if before.is_some_and(|before| before.phases == arm.phases) {
                arm.write_head(f)?;
                writeln!(f, "  phases    as in the case before")?;
                writeln!(f, "  expect    {}", or_none(&arm.expect))?;
            } else {
                write!(f, "{arm}")?;
            }
        }
        Ok(())
    }
}

impl Display for Needs {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(zones) = self.zones {
            write!(f, "{zones} zones; ")?;
        }
        write!(f, "{} brokers; ", self.kafka.brokers)?;
        if let Some(MysqlNeeds {
            standby: Standby::SharedStorage,
        }) = self.mysql
        {
            write!(f, "a MySQL standby on shared storage; ")?;
        }
        match self.redis.as_ref().map(|redis| redis.replicas.get()) {
            None => {}
            Some(1) => write!(f, "a Redis replica; ")?,
            Some(replicas) => write!(f, "{replicas} Redis replicas; ")?,
        }
        let agents: Vec<String> = self
            .agents
            .iter()
            .map(|(agent, count)| match count.get() {
                1 => agent.to_string(),
                count => format!("{count} {agent}"),
            })
            .collect();
        match agents.is_empty() {
            true => f.write_str("no agents"),
            false => f.write_str(&agents.join(", ")),
        }
    }
}

impl Display for ArmPlan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.write_head(f)?;
        for phase in &self.phases {
            write!(f, "{phase}")?;
        }
        writeln!(f, "  expect    {}", or_none(&self.expect))
    }
}

impl ArmPlan {
    fn write_head(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "arm {} ({})", self.name, self.must.in_words())?;
        for (agent, settings) in &self.settings {
            for (name, value) in settings.as_object().into_iter().flatten() {
                writeln!(f, "  set       {agent}.{name} = {}", plain(value))?;
            }
        }
        Ok(())
    }
}

impl Display for PhasePlan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "  phase     {}", self.name)?;
        if let Some(least) = &self.least {
            write!(f, " for {least}")?;
        }
        if let (Some(until), Some(within)) = (&self.until, &self.within) {
            write!(f, " until {until}, within {within}")?;
        }
        writeln!(f)?;
        self.steps.iter().try_for_each(|step| write!(f, "{step}"))
    }
}

impl Display for StepPlan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let effect = match self.effect {
            Effect::Reads => "reads",
            Effect::Mutates => "mutates",
        };
        let class = match self.undo_class {
            UndoClass::Reversible => "reversible",
            UndoClass::SelfHealing => "self-healing",
            UndoClass::Irreversible => "irreversible",
        };
        writeln!(f, "    do      {} [{effect}, {class}]", self.does)?;
        writeln!(f, "    undo    {}", self.undo)?;
        match self.permissions.as_deref() {
            Some([]) => writeln!(f, "    aws     no permission needed"),
            Some(needed) => writeln!(f, "    aws     {}", needed.join(", ")),
            None => writeln!(f, "    aws     cannot be done there"),
        }
    }
}

fn write_loads(f: &mut Formatter<'_>, loads: &IndexMap<String, String>) -> fmt::Result {
    loads
        .iter()
        .try_for_each(|(name, load)| writeln!(f, "load        {name}: {load}"))
}

/// A value as a person would write it.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn or_none(entries: &[String]) -> String {
    list(entries, "; ")
}

fn list(entries: &[String], between: &str) -> String {
    match entries {
        [] => "none".to_owned(),
        entries => entries.join(between),
    }
}
