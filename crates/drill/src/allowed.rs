//! What a drill would do to servers that the lab does not run, and whether their profile allows it. Asked
//! before anything is touched.

use rlab_lab::profile::Fault;
use rlab_lab::spec::{LabSpec, NodeKind, NodeSpec};
use rlab_runbook::{LoadKind, Resolved, Server, Step};

use crate::error::DrillError;
use crate::leg::Leg;

/// Refuses a drill of which a step may not, or cannot, be done to the servers of the lab of `spec`. An operator
/// of theirs carries failovers out, and allows them himself.
///
/// # Errors
/// [`DrillError::Forbidden`] with every such step, and the line of the profile that would allow it where one
/// would.
pub(crate) fn by_profile(spec: &LabSpec, legs: &[Leg], operated: bool) -> Result<(), DrillError> {
    let mut refused = Vec::new();
    for leg in legs {
        for why in of_drill(spec, &leg.drill, operated) {
            // Arms and cases share their phases.
            if !refused.contains(&why) {
                refused.push(why);
            }
        }
    }
    match refused.is_empty() {
        true => Ok(()),
        false => Err(DrillError::Forbidden {
            profile: spec.profile.name().to_owned(),
            refused,
        }),
    }
}

fn of_drill(spec: &LabSpec, drill: &Resolved, operated: bool) -> Vec<String> {
    let mut refused = Vec::new();
    for phase in &drill.phases {
        let steps = phase.steps.iter();
        for step in steps.filter(|step| !operated || !matches!(step, Step::Failover(_))) {
            if let Some(why) = of_step(spec, step) {
                refused.push(format!(
                    "{} in phase {}: {why}",
                    step.describe(),
                    phase.name
                ));
            }
        }
    }
    let storms = drill.load.iter();
    let storms = storms.filter(|(_, load)| load.kind == LoadKind::Connections);
    if theirs(spec, Server::Kafka).next().is_some() {
        refused.extend(storms.map(|(name, _)| {
            format!("load {name}: it takes brokers to the limit of their connections, and nothing allows that")
        }));
    }
    refused
}

/// Why `step` is not done; none where it is.
fn of_step(spec: &LabSpec, step: &Step) -> Option<String> {
    let (fault, servers): (Fault, &[Server]) = match step {
        // Agents are the lab's own.
        Step::Crash { .. }
        | Step::AgentKill { .. }
        | Step::AgentStart { .. }
        | Step::CacheFill { .. } => return None,
        Step::BrokerKill { .. } => (Fault::BrokerKill, &[Server::Kafka]),
        Step::BrokerStart { .. } => (Fault::BrokerStart, &[Server::Kafka]),
        Step::BrokerPause { .. } => (Fault::BrokerPause, &[Server::Kafka]),
        Step::Failover(_) => (Fault::Failover, &ALL),
        Step::ConnectionsCut(server) => (Fault::ConnectionsCut, std::slice::from_ref(server)),
        Step::AccessProbe(_) => (Fault::AccessProbe, &ALL),
        Step::CompatProbe(_) => (Fault::CompatProbe, &ALL),
    };
    let mut hit = servers.iter().flat_map(|server| theirs(spec, *server));
    let first = hit.next()?;
    if let Some(obstacle) = fault.obstacle() {
        return Some(format!("nothing here can do it: {obstacle}"));
    }
    if std::iter::once(first)
        .chain(hit)
        .any(|node| !node.has_slot(0))
    {
        return Some(
            "nothing here can do it: agents reach these servers past the lab, and not through its slots"
                .to_owned(),
        );
    }
    match spec.profile.allowed().contains(&fault) {
        true => None,
        false => Some(format!(
            "allowed by this line of the profile: allow = [{}]",
            line(spec.profile.allowed(), fault)
        )),
    }
}

const ALL: [Server; 3] = [Server::Kafka, Server::Mysql, Server::Redis];

/// The list with `fault` in it too.
fn line(allowed: &[Fault], fault: Fault) -> String {
    let all = allowed.iter().chain(std::iter::once(&fault));
    let quoted: Vec<String> = all.map(|fault| format!("\"{fault}\"")).collect();
    quoted.join(", ")
}

/// The nodes of `server` that the lab does not run.
fn theirs(spec: &LabSpec, server: Server) -> impl Iterator<Item = &NodeSpec> {
    let is = move |kind| match server {
        Server::Kafka => matches!(kind, NodeKind::Broker { .. }),
        Server::Mysql => kind == NodeKind::Mysql,
        Server::Redis => kind == NodeKind::Redis,
    };
    let nodes = spec.nodes.iter().filter(|node| node.theirs.is_some());
    nodes.filter(move |node| is(node.kind))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use rlab_lab::profile::LabProfile;
    use rlab_runbook::Runbook;

    use super::*;
    use crate::leg::legs;

    fn lab(profile: &str) -> LabSpec {
        let profile = LabProfile::parse("mine.toml", profile).unwrap();
        LabSpec {
            format: rlab_lab::spec::FORMAT,
            lab: "one".to_owned(),
            nodes: rlab_lab::layout::nodes(&profile, 0).unwrap(),
            profile,
            port_offset: 0,
            mark: Some("one_00c0de".to_owned()),
            cluster_id: String::new(),
            versions: Default::default(),
            servers: rlab_artifacts::Servers::default(),
            agent_dir: PathBuf::new(),
        }
    }

    /// Servers that the lab reaches without TLS; `allow` is what their profile allows.
    fn external(allow: &str, tls: &str) -> LabSpec {
        lab(&format!(
            "schema = \"rlab/profile/v1\"\nname = \"mine\"\nengine = \"external\"\nzones = [\"a\"]\n\
             allow = [{allow}]\n\
             [kafka]\nbrokers = [\"k1:9092\", \"k2:9092\", \"k3:9092\"]\n\
             [redis]\naddresses = [\"r1:6379\"]\n{tls}\
             [registry]\nzone = \"a\"\nheap_mib = 96\n\
             [agents.query-service]\nzone = \"a\"\n\
             [mysql]\naddress = \"m:3306\"\nlogin = {{ user = \"u\", password_env = \"PATH\" }}\n"
        ))
    }

    /// What is said of a drill that does `step` to the lab of `spec`; nothing where it is let pass.
    fn refused(spec: &LabSpec, step: &str) -> String {
        refused_where(spec, step, false)
    }

    fn refused_where(spec: &LabSpec, step: &str, operated: bool) -> String {
        let text = format!(
            "schema: rlab/runbook/v1\nid: T-100\ntitle: t\nhypothesis: h\nproves: {{ local: p }}\n\
             needs: {{ kafka: {{ brokers: 3 }}, redis: {{ replicas: 1 }}, agents: [command_service, outbox_relay] }}\n\
             arms: {{ a: {{ must: hold }} }}\n\
             load: {{ o: {{ http.post: commands, count: 100, rate: 100/s, keys: 10 }} }}\n\
             phases: [ {{ name: hurt, for: 1s, do: [ {step} ] }} ]\n\
             expect:\n  landed: [ o.obligations >= 0 ]\n  traffic: [ o.obligations >= 50 ]\n\
             \x20 arms: {{ a: [ ledger.lost == 0 ] }}\n"
        );
        let book = Runbook::parse("t.yaml", &text).unwrap();
        let drill = book.resolve(&[]).unwrap();
        match by_profile(spec, &legs(&drill), operated) {
            Ok(()) => String::new(),
            Err(error) => format!("{error}\n{}", error.hint().unwrap_or_default()),
        }
    }

    #[test]
    fn a_drill_on_servers_of_the_lab_itself_is_never_refused() {
        let spec = lab(include_str!("../../../profiles/local.toml"));
        assert_eq!(refused(&spec, "broker.kill: 3"), "");
        assert_eq!(refused(&spec, "connections.cut: redis"), "");
    }

    #[test]
    fn a_fault_in_an_agent_needs_nobodys_leave() {
        let crash = "crash: { agent: outbox_relay, point: after_publish, times: 1 }";
        assert_eq!(refused(&external("", ""), crash), "");
    }

    #[test]
    fn what_the_profile_could_allow_is_told_with_its_line_and_then_done() {
        let said = refused(&external("", ""), "connections.cut: redis");
        assert!(
            said.contains("connections.cut redis in phase hurt"),
            "{said}"
        );
        assert!(said.contains(r#"allow = ["connections.cut"]"#), "{said}");
        let allowed = external("\"connections.cut\"", "");
        assert_eq!(refused(&allowed, "connections.cut: redis"), "");
        assert_eq!(refused(&allowed, "connections.cut: mysql"), "");
    }

    #[test]
    fn a_failover_is_for_the_operator_of_the_servers_to_allow_and_nothing_else_is() {
        let spec = external("", "");
        let failover = "failover: redis";
        assert!(refused(&spec, failover).contains("nothing here can do it"));
        assert_eq!(refused_where(&spec, failover, true), "");
        assert!(!refused_where(&spec, "broker.kill: 3", true).is_empty());
    }

    #[test]
    fn what_nothing_can_carry_out_is_not_blamed_on_the_profile() {
        let spec = external("\"connections.cut\"", "tls = {}\n");
        for step in [
            "broker.kill: 3",
            "connections.cut: kafka",
            "connections.cut: redis",
        ] {
            let said = refused(&spec, step);
            assert!(said.contains("nothing here can do it"), "{step}: {said}");
            assert!(!said.contains("allow = ["), "{step}: {said}");
        }
    }
}
