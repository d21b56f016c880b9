//! Everything that the servers of a lab hold, by name.

use rdkafka::consumer::{BaseConsumer, Consumer};
use rlab_lab::secrets::{ADMIN, Secrets};
use rlab_store::MySqlConnection;

use crate::clients::{door, kafka, runtime};
use crate::scene::Scene;

const SOON: std::time::Duration = std::time::Duration::from_secs(60);

/// Schemas, subjects, topics, groups and keys.
pub fn everything(scene: &Scene) -> Vec<String> {
    let site = rlab_lab::servers::Site::load(scene.dir()).unwrap();
    let mut held = runtime().block_on(async {
        let mut mysql: MySqlConnection = rlab_lab::pipeline::admin_connection(&site).await.unwrap();
        let mut held = rlab_store::namespace::list(&mut mysql).await.unwrap();
        let subjects = format!("http://{}/apis/ccompat/v7/subjects", door(scene, 18_091));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(subjects).send().await.unwrap();
        held.extend(answer.json::<Vec<String>>().await.unwrap());
        held
    });
    let kafka: BaseConsumer = kafka(scene, ADMIN).create().unwrap();
    let topics = kafka.fetch_metadata(None, SOON).unwrap();
    held.extend(topics.topics().iter().map(|t| t.name().to_owned()));
    let groups = kafka.fetch_group_list(None, SOON).unwrap();
    held.extend(groups.groups().iter().map(|g| g.name().to_owned()));
    let password = &Secrets::load(&scene.dir()).unwrap().redis["rlab_admin"];
    let url = format!("redis://rlab_admin:{password}@{}", door(scene, 16_379));
    let mut redis = redis::Client::open(url).unwrap().get_connection().unwrap();
    held.extend(
        redis::cmd("KEYS")
            .arg("*")
            .query::<Vec<String>>(&mut redis)
            .unwrap(),
    );
    held
}
