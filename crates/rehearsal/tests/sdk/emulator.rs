//! An emulator that knows one replication group, one instance and one cluster.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

use crate::paper::Paper;

/// Answers Describe calls with what is written here, and echoes what it does not know.
pub async fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let paper = Arc::new(Paper::default());
    let router = Router::new().fallback(move |headers: HeaderMap, body: Bytes| async move {
        paper
            .answer(&headers, &body)
            .unwrap_or_else(|| answer(&body))
    });
    let router = router.layer(DefaultBodyLimit::disable());
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn answer(body: &Bytes) -> Response {
    let form = String::from_utf8_lossy(body).into_owned();
    let is = |text: &str| form.contains(text);
    let (code, text) = match () {
        () if is("Action=DescribeReplicationGroups") && is("=unknown") => (404, NO_GROUP),
        () if is("Action=DescribeReplicationGroups") => (200, GROUP),
        () if is("Action=DescribeCacheClusters") => (200, CACHE_CLUSTER),
        () if is("Action=DescribeDBInstances") && is("=single") => (200, SINGLE),
        () if is("Action=DescribeDBInstances") && is("=unknown") => (404, NO_INSTANCE),
        () if is("Action=DescribeDBInstances") => (200, INSTANCE),
        () if is("Action=DescribeDBClusters") => (200, CLUSTER),
        () if is("Action=DescribeEvents") => (200, EVENTS),
        () => return body.clone().into_response(),
    };
    // Seconds since 1970, as one of the real emulators dates its events.
    let moment_ago = jiff::Timestamp::now().as_second() - 5;
    let text = text.replace("NOW", &moment_ago.to_string());
    (StatusCode::from_u16(code).unwrap(), text).into_response()
}

const EVENTS: &str = "<DescribeEventsResponse><DescribeEventsResult><Events><Event>\
<SourceIdentifier>made</SourceIdentifier><SourceType>cache-cluster</SourceType>\
<Message>Cache cluster created</Message><Date>NOW.25</Date></Event></Events>\
</DescribeEventsResult></DescribeEventsResponse>";

const GROUP: &str = "<DescribeReplicationGroupsResponse><DescribeReplicationGroupsResult>\
<ReplicationGroups><ReplicationGroup><ReplicationGroupId>rg</ReplicationGroupId>\
<Status>available</Status><AutomaticFailover>enabled</AutomaticFailover>\
<ClusterEnabled>false</ClusterEnabled><NodeGroups><NodeGroup><NodeGroupId>0001</NodeGroupId>\
<Status>available</Status><NodeGroupMembers>\
<NodeGroupMember><CacheClusterId>rg-001</CacheClusterId><CurrentRole>primary</CurrentRole></NodeGroupMember>\
<NodeGroupMember><CacheClusterId>rg-002</CacheClusterId><CurrentRole>replica</CurrentRole></NodeGroupMember>\
</NodeGroupMembers></NodeGroup></NodeGroups></ReplicationGroup></ReplicationGroups>\
</DescribeReplicationGroupsResult></DescribeReplicationGroupsResponse>";

const CACHE_CLUSTER: &str = "<DescribeCacheClustersResponse><DescribeCacheClustersResult>\
<CacheClusters><CacheCluster><CacheClusterId>rg-002</CacheClusterId>\
<ReplicationGroupId>rg</ReplicationGroupId><CacheClusterStatus>available</CacheClusterStatus>\
<CacheNodes><CacheNode><CacheNodeId>0001</CacheNodeId></CacheNode></CacheNodes></CacheCluster>\
</CacheClusters></DescribeCacheClustersResult></DescribeCacheClustersResponse>";

const NO_GROUP: &str = "<ErrorResponse><Error><Type>Sender</Type>\
<Code>ReplicationGroupNotFoundFault</Code><Message>ReplicationGroup unknown not found.</Message>\
</Error></ErrorResponse>";

const INSTANCE: &str = "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances>\
<DBInstance><DBInstanceIdentifier>db</DBInstanceIdentifier><Engine>mysql</Engine>\
<DBInstanceStatus>available</DBInstanceStatus><MultiAZ>true</MultiAZ>\
<Endpoint><Address>localhost</Address><Port>3306</Port></Endpoint></DBInstance>\
</DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>";

const SINGLE: &str = "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances>\
<DBInstance><DBInstanceIdentifier>single</DBInstanceIdentifier><Engine>mysql</Engine>\
<DBInstanceStatus>available</DBInstanceStatus><MultiAZ>false</MultiAZ></DBInstance>\
</DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>";

const NO_INSTANCE: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>DBInstanceNotFound</Code>\
<Message>DBInstance unknown not found.</Message></Error></ErrorResponse>";

const CLUSTER: &str = "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters>\
<DBCluster><DBClusterIdentifier>aurora</DBClusterIdentifier><Status>available</Status>\
<Endpoint>localhost</Endpoint><DBClusterMembers>\
<DBClusterMember><DBInstanceIdentifier>a-0</DBInstanceIdentifier><IsClusterWriter>true</IsClusterWriter></DBClusterMember>\
<DBClusterMember><DBInstanceIdentifier>a-1</DBInstanceIdentifier><IsClusterWriter>false</IsClusterWriter></DBClusterMember>\
</DBClusterMembers></DBCluster></DBClusters></DescribeDBClustersResult></DescribeDBClustersResponse>";
