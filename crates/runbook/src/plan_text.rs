//! A plan as text for people.

use std::fmt::{self, Display, Formatter};

use crate::action::{Effect, UndoClass};
use crate::format::Must;
use crate::plan::{ArmPlan, PhasePlan, Plan, StepPlan};

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}  {}\n", self.runbook, self.title)?;
        writeln!(f, "claim       {}", self.hypothesis)?;
        for (profile, text) in &self.proves {
            writeln!(f, "proves      on {profile}: {text}")?;
        }
        let parameters: Vec<String> = self
            .parameters
            .iter()
            .map(|(name, value)| {
                format!(
                    "{name}={}",
                    value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned)
                )
            })
            .collect();
        writeln!(f, "parameters  {}", or_none(&parameters))?;
        let agents: Vec<&str> = self.needs.agents.iter().map(|agent| agent.name()).collect();
        writeln!(
            f,
            "needs       {} brokers; {}",
            self.needs.kafka.brokers,
            agents.join(", ")
        )?;
        for (name, load) in &self.load {
            writeln!(f, "load        {name}: {load}")?;
        }
        for arm in &self.arms {
            write!(f, "\n{arm}")?;
        }
        writeln!(f, "\nin every arm")?;
        writeln!(f, "  landed    {}", or_none(&self.landed))?;
        writeln!(f, "  traffic   {}", or_none(&self.traffic))?;
        if let Some(bound) = &self.stale_after {
            writeln!(
                f,
                "  stale     a read of what was superseded {bound} before"
            )?;
        }
        let controls: Vec<String> = self.controls.iter().map(|c| c.name().to_owned()).collect();
        writeln!(f, "controls    {}", or_none(&controls))
    }
}

impl Display for ArmPlan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let must = match self.must {
            Must::ShowFailure => "must show the failure",
            Must::Hold => "must hold",
            Must::Measure => "is measured",
        };
        writeln!(f, "arm {} ({must})", self.name)?;
        for (agent, settings) in &self.settings {
            for (name, value) in settings.as_object().into_iter().flatten() {
                let value = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                writeln!(f, "  set       {agent}.{name} = {value}")?;
            }
        }
        for phase in &self.phases {
            write!(f, "{phase}")?;
        }
        writeln!(f, "  expect    {}", or_none(&self.expect))
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
        writeln!(f, "    undo    {}", self.undo)
    }
}

fn or_none(list: &[String]) -> String {
    if list.is_empty() {
        return "none".to_owned();
    }
    list.join("; ")
}
