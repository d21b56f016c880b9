//! VPC endpoints: the emulator forgets their security groups and whether they answer to AWS's names.

use std::collections::BTreeMap;

use crate::forward::Answer;
use crate::protocol::form::Form;
use crate::protocol::xml::Element;
use crate::rehearsal::Call;

/// What was asked for, by endpoint.
pub(super) type Endpoints = BTreeMap<String, Endpoint>;

#[derive(Debug, Default)]
pub(super) struct Endpoint {
    private_dns: bool,
    groups: Vec<String>,
}

/// Takes down what a call says of an endpoint and puts it into the answer.
pub(super) fn mend(endpoints: &mut Endpoints, call: &Call, answer: &Answer) -> Option<String> {
    let mut told = answer.tree().ok()?;
    match call.action.as_str() {
        "CreateVpcEndpoint" => {
            let id = told.child("vpcEndpoint")?.value("vpcEndpointId").to_owned();
            let endpoint = endpoints.entry(id).or_default();
            endpoint.change(&call.form, "SecurityGroupId");
        }
        "ModifyVpcEndpoint" => {
            let id = call.form.get("VpcEndpointId")?.to_owned();
            let endpoint = endpoints.entry(id).or_default();
            let gone = call.form.list("RemoveSecurityGroupId");
            endpoint
                .groups
                .retain(|group| !gone.contains(&group.as_str()));
            endpoint.change(&call.form, "AddSecurityGroupId");
            return None;
        }
        _ => {}
    }
    let mut complete = |told: &mut Element| {
        if let Some(endpoint) = endpoints.get(told.value("vpcEndpointId")) {
            endpoint.tell(told);
        }
    };
    told.each("vpcEndpoint", &mut complete);
    told.each("item", &mut complete);
    Some(told.document())
}

impl Endpoint {
    fn change(&mut self, form: &Form, list: &str) {
        self.groups
            .extend(form.list(list).into_iter().map(str::to_owned));
        if form.get("PrivateDnsEnabled").is_some() {
            self.private_dns = form.is_true("PrivateDnsEnabled");
        }
    }

    fn tell(&self, told: &mut Element) {
        told.set_text("privateDnsEnabled", self.private_dns);
        let group = |id: &String| Element::new("item", vec![Element::text("groupId", id)]);
        let groups = self.groups.iter().map(group).collect();
        told.set(Element::new("groupSet", groups));
    }
}
