//! What the tasks of a service cost: told from the task definition that it refers to.

use serde_json::Value;

use super::rules::{Amount, Item, Resource, block, number, standing};
use crate::progress::Graph;

/// A service without tasks, as long as nobody wants one, costs nothing.
pub(super) fn service(service: &Resource<'_>, plan: &Value) -> Option<Vec<Item>> {
    let tasks = service.number("desired_count")?;
    if tasks == 0.0 {
        return Some(Vec::new());
    }
    let size = TaskSize::of(definition_of(service, plan)?)?;
    Some(size.items(|units| Amount::Standing(tasks * units, tasks * units)))
}

/// An hour of one task, whenever somebody wants one.
pub(super) fn each(definition: &Resource<'_>) -> Option<Vec<Item>> {
    Some(TaskSize::of(definition.attributes)?.items(Amount::Use))
}

struct TaskSize {
    architecture: &'static str,
    vcpu: f64,
    gb: f64,
}

impl TaskSize {
    fn of(definition: &Value) -> Option<Self> {
        let architecture = match block(definition, "runtime_platform")["cpu_architecture"].as_str()
        {
            Some("ARM64") => "arm",
            _ => "x86",
        };
        // Terraform counts in 1/1024 of a vCPU and in MiB.
        Some(Self {
            architecture,
            vcpu: number(&definition["cpu"])? / 1024.0,
            gb: number(&definition["memory"])? / 1024.0,
        })
    }

    fn items(&self, amount: impl Fn(f64) -> Amount) -> Vec<Item> {
        let item = |unit: &str, units: f64| Item {
            price: format!("fargate.{}.{unit}", self.architecture),
            amount: amount(units),
        };
        vec![item("vcpu", self.vcpu), item("gb", self.gb)]
    }
}

/// The task definition that a service refers to. Its ARN is not known yet, its address is: the one in
/// the same module that the configuration names, with the same key if there are several.
fn definition_of<'a>(service: &Resource<'_>, plan: &'a Value) -> Option<&'a Value> {
    let (module, own) = service.address.rsplit_once("aws_ecs_service.")?;
    let configured = Graph::configured(service.address);
    let written = written(&plan["configuration"]["root_module"], &configured)?;
    let named = |references: &'a Value| {
        let mut names = references["references"]
            .as_array()?
            .iter()
            .filter_map(Value::as_str);
        names.find_map(|n| n.strip_prefix("aws_ecs_task_definition."))
    };
    // `each.value.arn` of a service for each definition.
    let name = named(&written["expressions"]["task_definition"])
        .or_else(|| named(&written["for_each_expression"]))?;
    let name = name.split(['.', '[']).next()?;
    let key = own.find('[').map_or("", |at| &own[at..]);
    let address = format!("{module}aws_ecs_task_definition.{name}");
    let with_key = format!("{address}{key}");
    let standing = |wanted: &str| {
        let mut all = standing(plan, "aws_ecs_task_definition");
        all.find(|d| d.address == wanted).map(|d| d.attributes)
    };
    standing(&with_key).or_else(|| standing(&address))
}

/// A resource as the configuration has it, by its address without keys.
fn written<'a>(module: &'a Value, address: &str) -> Option<&'a Value> {
    if let Some((name, rest)) = address
        .strip_prefix("module.")
        .and_then(|a| a.split_once('.'))
    {
        return written(&module["module_calls"][name]["module"], rest);
    }
    let mut resources = module["resources"].as_array()?.iter();
    resources.find(|r| r["address"] == address)
}
