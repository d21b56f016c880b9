//! A root and a lab's directory of their own for each test.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use rlab_aws::intent::{Intent, Recorded};
use rlab_aws::terraform::{Backend, Event, Limits, Plan, Stop, Terraform, Workdir};
use serde_json::json;

/// What the root makes, each after what stands before it: `net`, then `db` and `cache`, then `app`, then
/// `alarm` and `probe`.
pub const RESOURCES: [&str; 6] = ["alarm", "app", "cache", "db", "net", "probe"];
pub const PASSWORD: &str = "correct-horse-battery";

const HEAD: &str = r#"
terraform {
  backend "local" {}
}
variable "size" { type = string }
variable "password" {
  type      = string
  sensitive = true
}
output "size" { value = terraform_data.app.output }
output "password" {
  value     = terraform_data.db.output
  sensitive = true
}
"#;

/// Takes `TAKES` seconds to make and a tenth to remove.
fn resource(name: &str, needs: &str, input: &str, takes: f64) -> String {
    format!(
        r#"
resource "terraform_data" "{name}" {{
  input      = {input}
  depends_on = [{needs}]
  provisioner "local-exec" {{ command = "sleep {takes}" }}
  provisioner "local-exec" {{
    when    = destroy
    command = "sleep 0.1"
  }}
}}
"#
    )
}

pub fn write_root(root: &Path, takes: f64) {
    let after = |names: &[&str]| {
        let names: Vec<String> = names
            .iter()
            .map(|n| format!("terraform_data.{n}"))
            .collect();
        names.join(", ")
    };
    let text = [
        HEAD.to_owned(),
        resource("net", "", "var.size", takes),
        resource("db", &after(&["net"]), "var.password", takes),
        resource("cache", &after(&["net"]), "var.size", takes),
        resource("app", &after(&["db", "cache"]), "var.size", takes),
        resource("alarm", &after(&["app"]), "var.size", takes),
        resource("probe", &after(&["app"]), "var.size", takes),
    ];
    std::fs::create_dir_all(root).unwrap();
    std::fs::write(root.join("main.tf"), text.concat()).unwrap();
}

pub struct Lab {
    pub home: tempfile::TempDir,
    pub workdir: Workdir,
}

impl Lab {
    /// A lab whose resources take `takes` seconds each, ready to be planned.
    pub async fn new(takes: f64) -> Self {
        let home = tempfile::tempdir().unwrap();
        write_root(&home.path().join("root"), takes);
        let workdir = open(home.path()).await;
        workdir.init(&|_| {}, &Stop::default()).await.unwrap();
        Self { home, workdir }
    }
}

/// Opens the lab in `home`, as any process can.
pub async fn open(home: &Path) -> Workdir {
    open_with(home, Backend::Local).await
}

pub async fn open_with(home: &Path, backend: Backend) -> Workdir {
    let terraform = Terraform::find().await.expect("terraform 1.11 on the PATH");
    let (root, dir) = (home.join("root"), home.join("lab"));
    let mut workdir = Workdir::open(terraform, &root, &dir, backend).unwrap();
    workdir.set_env("TF_CLI_CONFIG_FILE", "/dev/null");
    workdir.set_limits(Limits {
        init: Duration::from_secs(60),
        plan: Duration::from_secs(60),
        apply: Duration::from_secs(60),
        read: Duration::from_secs(60),
        grace: Duration::from_secs(20),
        lock_s: 0,
    });
    let variables = json!({ "size": "small", "password": PASSWORD });
    let variables = variables.as_object().unwrap();
    workdir.set_variables(variables, &["password"]).unwrap();
    workdir
}

pub fn record(workdir: &Workdir) -> Recorded {
    let expiry = Timestamp::now() + jiff::SignedDuration::from_hours(4);
    let root = workdir.root().to_owned();
    let intent = Intent::new("engine", "111122223333", "eu-central-1", &root, expiry);
    intent.record(workdir.dir()).unwrap()
}

pub async fn plan(workdir: &Workdir) -> Plan {
    workdir.plan(&|_| {}, &Stop::default()).await.unwrap()
}

/// Keeps every event it is handed.
#[derive(Default)]
pub struct Seen(pub Mutex<Vec<Event>>);

impl Seen {
    pub fn note(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }

    pub fn all(&self) -> Vec<Event> {
        self.0.lock().unwrap().clone()
    }
}

pub async fn resources(workdir: &Workdir) -> Vec<String> {
    let mut names: Vec<String> = workdir.resources(&Stop::default()).await.unwrap();
    names
        .iter_mut()
        .for_each(|n| *n = n.trim_start_matches("terraform_data.").to_owned());
    names.sort();
    names
}
