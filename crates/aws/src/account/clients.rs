//! The clients of AWS's services, all with the same bounds and the same journal.

use aws_config::SdkConfig;

use super::journal::Journal;

/// One client for each service that is asked.
#[derive(Debug)]
pub(super) struct Clients {
    pub sts: aws_sdk_sts::Client,
    pub s3: aws_sdk_s3::Client,
    pub ecs: aws_sdk_ecs::Client,
    pub ecr: aws_sdk_ecr::Client,
    pub secrets: aws_sdk_secretsmanager::Client,
    pub quotas: aws_sdk_servicequotas::Client,
    pub logs: aws_sdk_cloudwatchlogs::Client,
    pub tags: aws_sdk_resourcegroupstagging::Client,
    pub rds: aws_sdk_rds::Client,
    pub elasticache: aws_sdk_elasticache::Client,
    pub kafka: aws_sdk_kafka::Client,
    pub kms: aws_sdk_kms::Client,
}

macro_rules! client {
    ($service:ident, $sdk:expr, $journal:expr) => {{
        let config = $service::config::Builder::from($sdk);
        $service::Client::from_conf(config.interceptor($journal.clone()).build())
    }};
}

impl Clients {
    pub(super) fn new(sdk: &SdkConfig, journal: &Journal) -> Self {
        // What stands for AWS has one name, not one for each bucket.
        let by_path = sdk.endpoint_url().is_some();
        let s3 = aws_sdk_s3::config::Builder::from(sdk)
            .force_path_style(by_path)
            .interceptor(journal.clone());
        Self {
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
            sts: client!(aws_sdk_sts, sdk, journal),
            ecs: client!(aws_sdk_ecs, sdk, journal),
            ecr: client!(aws_sdk_ecr, sdk, journal),
            secrets: client!(aws_sdk_secretsmanager, sdk, journal),
            quotas: client!(aws_sdk_servicequotas, sdk, journal),
            logs: client!(aws_sdk_cloudwatchlogs, sdk, journal),
            tags: client!(aws_sdk_resourcegroupstagging, sdk, journal),
            rds: client!(aws_sdk_rds, sdk, journal),
            elasticache: client!(aws_sdk_elasticache, sdk, journal),
            kafka: client!(aws_sdk_kafka, sdk, journal),
            kms: client!(aws_sdk_kms, sdk, journal),
        }
    }
}
