//! What a runbook asks for that this build cannot do yet. The registries say what can be done.

use crate::expression::ValueRef;
use crate::resolved::{Resolved, ResolvedExpectations};
use crate::settings::SETTINGS;
use crate::values::{VALUES, ValueSpec};

impl Resolved {
    /// What this build would have to do for the drill and cannot do yet, each as the end of the
    /// sentence "this build cannot yet ...". Empty for a drill that can be run.
    pub fn not_yet(&self) -> Vec<String> {
        let mut lacking = Vec::new();
        self.topology(&mut lacking);
        self.settings(&mut lacking);
        let loads = self.load.values().map(|load| load.kind.spec());
        lacking.extend(
            loads
                .filter(|spec| !spec.built)
                .map(|spec| format!("drive the load `{}`", spec.name)),
        );
        let steps = self.phases.iter().flat_map(|phase| &phase.steps);
        lacking.extend(
            steps
                .filter(|step| !step.spec().built)
                .map(|step| format!("carry out `{}`", step.name())),
        );
        let series = self.observe.iter().map(|series| series.probe.spec());
        lacking.extend(
            series
                .filter(|spec| !spec.built)
                .map(|spec| format!("sample `{}`", spec.name)),
        );
        self.measures(&mut lacking);
        let mut told = std::collections::HashSet::new();
        lacking.retain(|what| told.insert(what.clone()));
        lacking
    }

    fn topology(&self, lacking: &mut Vec<String>) {
        if let Some(zones) = self.needs.zones {
            lacking.push(format!("make sure that a lab has {zones} zones"));
        }
        if self.needs.mysql.is_some() {
            lacking.push("give MySQL a standby on shared storage".to_owned());
        }
        if self.needs.redis.is_some() {
            lacking.push("give Redis replicas".to_owned());
        }
    }

    /// Settings that no agent understands, each once, however many agents have it.
    fn settings(&self, lacking: &mut Vec<String>) {
        for (agent, settings) in self.arms.values().flat_map(|arm| &arm.settings) {
            for (name, value) in settings {
                let known = SETTINGS.iter().find(|setting| {
                    setting.name == name && (setting.of == agent.name() || setting.of == "agents")
                });
                let value = value.as_str().unwrap_or_default();
                if let Some(setting) = known.filter(|known| known.not_yet.contains(&value)) {
                    lacking.push(format!("set `{}.{name}` to `{value}`", setting.of));
                }
            }
        }
    }

    /// Values that nothing measures, although their load or series is there.
    fn measures(&self, lacking: &mut Vec<String>) {
        for named in self.named_values() {
            let spec = self.spec_of(&named.name);
            if spec.is_some_and(|spec| !spec.built) {
                lacking.push(format!("measure `{}`", named.name));
            }
        }
    }

    fn spec_of(&self, name: &str) -> Option<&'static ValueSpec> {
        if let Some(spec) = VALUES.iter().find(|spec| spec.name == name) {
            return Some(spec);
        }
        let (load, value) = name.split_once('.')?;
        let load = self.load.get(load)?.kind.spec();
        // A load that cannot be driven is told of itself.
        let own = load.outputs.iter().find(|spec| spec.name == value);
        own.filter(|_| load.built)
    }

    /// Every value that an expression names.
    fn named_values(&self) -> Vec<ValueRef> {
        let untils = self.phases.iter().filter_map(|phase| phase.until.as_ref());
        let conditions = untils.map(|until| &until.condition).chain(&self.stop);
        let mut named: Vec<ValueRef> = conditions.flat_map(|e| e.values().to_vec()).collect();
        named.extend(in_expectations(&self.expect));
        let others = self.cases.values();
        named.extend(others.flat_map(|case| in_expectations(&case.expect)));
        named.extend(self.table.iter().flat_map(|table| table.columns.clone()));
        named
    }
}

fn in_expectations(expect: &ResolvedExpectations) -> Vec<ValueRef> {
    let everywhere = expect.landed.iter().chain(&expect.traffic);
    let expressions = everywhere.chain(expect.arms.values().flatten());
    let mut named: Vec<ValueRef> = expressions.flat_map(|e| e.values().to_vec()).collect();
    let compared = expect.compare.iter().flat_map(|c| c.values());
    named.extend(compared.map(|(_, value)| value));
    named
}
