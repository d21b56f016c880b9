//! What a runbook asks for that this build cannot do yet. The registries say what can be done.

use crate::resolved::Resolved;
use crate::settings::SETTINGS;
use crate::values::{VALUES, ValueSpec};

impl Resolved {
    /// What this build would have to do for the drill and cannot do yet, each as the end of the
    /// sentence "this build cannot yet ...". Empty for a drill that can be run.
    pub fn not_yet(&self) -> Vec<String> {
        let mut lacking = Vec::new();
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
}
