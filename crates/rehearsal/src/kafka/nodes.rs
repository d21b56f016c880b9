//! Brokers and where to reach them: what the data plane says.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::{Value, json};

use crate::data_plane::{Broker, Topology};
use crate::kafka::store::{Cluster, Kind};
use crate::kafka::{Request, bad_request};
use crate::protocol::refusal::Refusal;
use crate::protocol::time;
use crate::rehearsal::{Rehearsal, lock};

/// GetBootstrapBrokers: the same brokers under each way to authenticate that the cluster allows.
pub(crate) async fn bootstrap(
    rehearsal: &Rehearsal,
    request: &Request<'_>,
) -> Result<Value, Refusal> {
    let cluster = lock(&rehearsal.kafka).cluster(&request.route.arn)?.clone();
    let brokers = addresses(&rehearsal.topology().await?);
    let asked = match &cluster.kind {
        Kind::Serverless(_) => return Ok(json!({ "bootstrapBrokerStringSaslIam": brokers })),
        Kind::Provisioned(asked) => asked,
    };
    let authentication = &asked["clientAuthentication"];
    let transit = &asked["encryptionInfo"]["encryptionInTransit"]["clientBroker"];
    let (iam, scram) = (
        authentication["sasl"]["iam"]["enabled"] == true,
        authentication["sasl"]["scram"]["enabled"] == true,
    );
    let open = authentication["unauthenticated"]["enabled"] == true || !(iam || scram);
    let tls = authentication["tls"]["enabled"] == true || (open && transit != "PLAINTEXT");
    let under = |allowed: bool| allowed.then_some(&brokers);
    Ok(json!({
        "bootstrapBrokerStringSaslIam": under(iam),
        "bootstrapBrokerStringSaslScram": under(scram),
        "bootstrapBrokerStringTls": under(tls),
        "bootstrapBrokerString": under(open && transit != "TLS"),
    }))
}

/// ListNodes.
pub(crate) async fn list(rehearsal: &Rehearsal, request: &Request<'_>) -> Result<Value, Refusal> {
    let cluster = lock(&rehearsal.kafka).cluster(&request.route.arn)?.clone();
    let Kind::Provisioned(asked) = &cluster.kind else {
        return Err(bad_request(
            "This operation cannot be performed on serverless clusters.",
        ));
    };
    let topology = rehearsal.topology().await?;
    let nodes = topology.brokers.iter().enumerate();
    let nodes = nodes.map(|(place, broker)| node(&cluster, asked, place, broker));
    request.page("nodeInfoList", nodes.collect())
}

fn node(cluster: &Cluster, asked: &Value, place: usize, broker: &Broker) -> Value {
    let group = &asked["brokerNodeGroupInfo"];
    let subnets = group["clientSubnets"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let subnet = subnets.get(place % subnets.len().max(1));
    let address: Result<IpAddr, _> = broker.endpoint.host.parse();
    json!({
        "nodeARN": format!("{}/{}", cluster.arn.replace(":cluster/", ":broker/"), broker.id),
        "nodeType": "BROKER",
        "instanceType": group["instanceType"],
        "addedToClusterTime": time::iso(cluster.created),
        "brokerNodeInfo": {
            "brokerId": f64::from(broker.id),
            "clientSubnet": subnet,
            "clientVpcIpAddress": address.unwrap_or(Ipv4Addr::LOCALHOST.into()).to_string(),
            "currentBrokerSoftwareInfo": asked["currentBrokerSoftwareInfo"],
            "endpoints": [broker.endpoint.host],
        },
    })
}

fn addresses(topology: &Topology) -> String {
    let address = |broker: &Broker| format!("{}:{}", broker.endpoint.host, broker.endpoint.port);
    let addresses: Vec<String> = topology.brokers.iter().map(address).collect();
    addresses.join(",")
}
