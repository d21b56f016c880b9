//! The images of a lab: the agents, the registry and the runner, as they are installed here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rlab_artifacts::Servers;
use rlab_images::{
    About, Architecture, AssembleError, AssembleEvent, ImagePlan, Layout, Piece, Plan,
};
use rlab_lab::LabError;
use rlab_lab::profile::{AGENTS, agent_binary};

use crate::error::CloudError;
use crate::event::{CloudEvent, OnCloud};

/// Image of the registry.
const REGISTRY: &str = "registry";
/// Image that drills run in.
const RUNNER: &str = "runner";

/// Images of one lab, and what Terraform has to know of them.
#[derive(Debug)]
pub struct Images {
    /// On disk.
    pub layout: Layout,
    /// Name → digest.
    pub digests: BTreeMap<String, String>,
    /// Fargate's word for what they run on.
    pub architecture: &'static str,
}

/// Assembles all images into `to`. The same programs give the same digests.
///
/// # Errors
/// When a program is missing, or the disk is full.
pub fn assemble(servers: &Servers, to: &Path, on: OnCloud<'_>) -> Result<Images, CloudError> {
    on(CloudEvent::Step("the images"));
    let this =
        std::env::current_exe().map_err(|e| CloudError::io(Path::new("/proc/self/exe"), e))?;
    let beside = this.parent().unwrap_or(Path::new("/"));
    let architecture = Architecture::of_this_machine().ok_or_else(|| AssembleError::Plan {
        image: RUNNER.into(),
        why: "Fargate has no processors of this kind".into(),
    })?;
    let mut images = Vec::new();
    let mut agents = Vec::new();
    for agent in AGENTS {
        let name = agent_binary(agent);
        let program = beside.join(&name);
        if !program.is_file() {
            let searched = beside.display().to_string();
            return Err(LabError::AgentMissing { name, searched }.into());
        }
        images.push(ImagePlan::program(agent, &program));
        agents.push(Piece {
            to: format!("/usr/bin/{name}"),
            from: program,
        });
    }
    images.push(runner(&this, agents));
    images.push(registry(servers));
    let plan = Plan {
        architecture,
        sysroot: "/".into(),
        trust: Vec::new(),
        about: About {
            version: env!("CARGO_PKG_VERSION").into(),
            revision: env!("CARGO_PKG_VERSION").into(),
            source: None,
        },
        images,
    };
    let mut unmet = BTreeSet::new();
    let layout = rlab_images::assemble(&plan, to, &mut |event| match event {
        AssembleEvent::Unmet { library, .. } => {
            unmet.insert(library);
        }
        AssembleEvent::Packing {
            layer,
            bytes_done,
            bytes_total,
        } => on(CloudEvent::Packing {
            layer,
            bytes_done,
            bytes_total,
        }),
    })?;
    if !unmet.is_empty() {
        let names = unmet.into_iter().collect::<Vec<_>>().join(", ");
        on(CloudEvent::Note(format!(
            "not in the images, since they are not here: {names}"
        )));
    }
    let digests = layout.images().iter();
    let digests = digests
        .map(|image| (image.name.clone(), image.digest().to_owned()))
        .collect();
    Ok(Images {
        layout,
        digests,
        architecture: match architecture {
            Architecture::Amd64 => "X86_64",
            Architecture::Arm64 => "ARM64",
        },
    })
}

/// The images of every lab, as if each had been made: for a root that is only to be destroyed.
pub(crate) fn supposed() -> BTreeMap<String, String> {
    let names = AGENTS.iter().copied().chain([REGISTRY, RUNNER]);
    let digest = format!("sha256:{}", "0".repeat(64));
    names
        .map(|name| (name.to_owned(), digest.clone()))
        .collect()
}

/// The command line, with `agents` beside it: those of a drill are its own.
fn runner(this: &Path, agents: Vec<Piece>) -> ImagePlan {
    let to = "/usr/bin/rlab-ops".to_owned();
    let mut pieces = vec![Piece {
        from: this.into(),
        to: to.clone(),
    }];
    pieces.extend(agents);
    ImagePlan {
        name: RUNNER.into(),
        pieces,
        entrypoint: vec![to],
        // The root of a task is read-only but for this.
        environment: [("RLAB_HOME", "/tmp/rlab"), ("RLAB_CACHE", "/tmp/cache")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        writable: Vec::new(),
    }
}

/// The registry's jar on its own Java.
fn registry(servers: &Servers) -> ImagePlan {
    let java = servers.java.ancestors().nth(2).unwrap_or(&servers.java);
    let piece = |from: &Path, to: &str| Piece {
        from: from.into(),
        to: to.into(),
    };
    let mut entrypoint = vec!["/opt/java/bin/java".to_owned()];
    entrypoint.extend(["-jar", "/opt/registry/registry.jar"].map(str::to_owned));
    ImagePlan {
        name: REGISTRY.into(),
        pieces: vec![
            piece(java, "/opt/java"),
            piece(&servers.registry_jar, "/opt/registry/registry.jar"),
        ],
        entrypoint,
        environment: BTreeMap::new(),
        writable: vec!["/data".into()],
    }
}
