//! What AWS and terraform say when they refuse, in their own words, and what the engine makes of it.

use rlab_aws::terraform::cause::{Credentials, Denied, Quota};
use rlab_aws::terraform::{Cause, Diagnostic};
use serde_json::json;

fn cause(summary: &str, detail: &str) -> Cause {
    Cause::of(&Diagnostic {
        severity: "error".into(),
        summary: summary.into(),
        detail: detail.into(),
        ..Diagnostic::default()
    })
}

fn denied(text: &str) -> Denied {
    match cause(text, "") {
        Cause::Denied(denied) => denied,
        other => panic!("{other:?} for {text}"),
    }
}

const ALARM: &str = "creating CloudWatch Metric Alarm (rlab-stop): operation error CloudWatch: PutMetricAlarm, https response error StatusCode: 403, RequestID: ff6ae5f8-6d2f-4d65-be52-3a90f34b3693, api error AccessDenied: User: arn:aws:iam::111122223333:user/deploy is not authorized to perform: cloudwatch:PutMetricAlarm on resource: arn:aws:cloudwatch:eu-west-1:111122223333:alarm:rlab-stop because no identity-based policy allows the cloudwatch:PutMetricAlarm action";
const MSK: &str = "creating MSK Cluster (rlab): operation error Kafka: CreateCluster, https response error StatusCode: 403, RequestID: 3bba50f8-f56f-4d73-a50f-23eef5249e01, api error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ci/run is not authorized to perform: kafka:CreateCluster on resource: *";
const VPC: &str = "creating EC2 VPC: operation error EC2: CreateVpc, https response error StatusCode: 403, RequestID: 274df92a-ee63-47cc-9d63-9b7a3f9b27f7, api error UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/ci/i-01260e96be8c8250c is not authorized to perform: ec2:CreateVpc on resource: arn:aws:ec2:eu-west-1:111122223333:vpc/* because no identity-based policy allows the ec2:CreateVpc action. Encoded authorization failure message: p1EyykaD2fI3csh_sf_WvdHF";
const ENCODED: &str = "creating EC2 NAT Gateway: operation error EC2: CreateNatGateway, https response error StatusCode: 403, RequestID: d7393c54-8a58-48cf-b3dd-dc05113c62fd, api error UnauthorizedOperation: You are not authorized to perform this operation. Encoded authorization failure message: sPwGqJ6vBHg1vPHLcn4g";
const POLICY_OF_ORGANIZATION: &str = "reading S3 Bucket (evidence) object lock configuration: operation error S3: GetObjectLockConfiguration, https response error StatusCode: 403, RequestID: E678BEFN12V72DXP, HostID: /uxGu05=, api error AccessDenied: User: arn:aws:sts::111122223333:assumed-role/lab/user is not authorized to perform: s3:GetBucketObjectLockConfiguration on resource: \"arn:aws:s3:::evidence\" with an explicit deny in a service control policy: arn:aws:organizations::444455556666:policy/o-nuzfir8dhd/service_control_policy/p-wg5dv83d";
const BOUNDARY: &str = "creating RDS DB Instance (rlab): operation error RDS: CreateDBInstance, https response error StatusCode: 403, RequestID: 1, api error AccessDenied: User: arn:aws:iam::111122223333:user/dev is not authorized to perform: rds:CreateDBInstance on resource: arn:aws:rds:eu-west-3:111122223333:db:rlab with an explicit deny in a permissions boundary: arn:aws:iam::111122223333:policy/boundary";
const STATE_BUCKET: &str = "Error refreshing state: Unable to access object \"rlab/terraform.tfstate\" in S3 bucket \"rlab-state\": operation error S3: HeadObject, https response error StatusCode: 403, RequestID: X, HostID: Y, api error Forbidden: Forbidden";
const CHINA: &str = "creating KMS Key: operation error KMS: CreateKey, https response error StatusCode: 400, RequestID: 1, api error AccessDeniedException: User: arn:aws-cn:iam::111122223333:user/dev is not authorized to perform: kms:TagResource on resource: arn:aws-cn:kms:cn-north-1:111122223333:key/* because no identity-based policy allows the kms:TagResource action";

#[test]
fn a_missing_permission_is_told_with_action_and_resource() {
    let table = [
        (
            ALARM,
            "cloudwatch:PutMetricAlarm",
            Some("arn:aws:cloudwatch:eu-west-1:111122223333:alarm:rlab-stop"),
            false,
        ),
        (MSK, "kafka:CreateCluster", Some("*"), false),
        (
            VPC,
            "ec2:CreateVpc",
            Some("arn:aws:ec2:eu-west-1:111122223333:vpc/*"),
            false,
        ),
        (ENCODED, "ec2:CreateNatGateway", None, true),
        (STATE_BUCKET, "s3:GetObject", None, true),
        (
            CHINA,
            "kms:TagResource",
            Some("arn:aws-cn:kms:cn-north-1:111122223333:key/*"),
            false,
        ),
    ];
    for (text, action, resource, concluded) in table {
        let denied = denied(text);
        assert_eq!(denied.action.as_deref(), Some(action), "{text}");
        assert_eq!(denied.resource.as_deref(), resource, "{text}");
        assert_eq!(
            (denied.concluded, &denied.denied_by),
            (concluded, &None),
            "{text}"
        );
        let statement = denied.statement().unwrap();
        let expected = json!({
            "Effect": "Allow", "Action": [action], "Resource": [resource.unwrap_or("*")],
        });
        assert_eq!(statement, expected);
    }
    let principal = denied(MSK).principal;
    assert_eq!(
        principal.as_deref(),
        Some("arn:aws:sts::111122223333:assumed-role/ci/run")
    );
}

#[test]
fn against_an_explicit_deny_no_grant_is_offered() {
    for (text, action, policy) in [
        (
            POLICY_OF_ORGANIZATION,
            "s3:GetBucketObjectLockConfiguration",
            "p-wg5dv83d",
        ),
        (
            BOUNDARY,
            "rds:CreateDBInstance",
            "a permissions boundary: arn:aws:iam::111122223333:policy/boundary",
        ),
    ] {
        let denied = denied(text);
        assert_eq!(denied.action.as_deref(), Some(action));
        let by = denied.denied_by.as_deref().unwrap();
        assert!(by.ends_with(policy), "{by}");
        assert_eq!(denied.statement(), None);
        assert!(!denied.resource.as_deref().unwrap().contains(['"', ' ']));
    }
}

#[test]
fn credentials_are_told_apart() {
    let table = [
        (
            "reading: operation error STS: GetCallerIdentity, https response error StatusCode: 403, RequestID: 1, api error ExpiredToken: The security token included in the request is expired",
            Credentials::Expired,
        ),
        (
            "operation error EKS: DescribeCluster, https response error StatusCode: 403, RequestID: 1, ExpiredTokenException: The security token included in the request is expired",
            Credentials::Expired,
        ),
        (
            "error configuring S3 Backend: no valid credential sources for S3 Backend found.\n\nError: SSOProviderInvalidToken: the SSO session has expired or is invalid",
            Credentials::SsoExpired,
        ),
        (
            "No valid credential sources found\nError: failed to refresh cached credentials, refresh cached SSO token failed, unable to refresh SSO token, operation error SSO OIDC: CreateToken, https response error StatusCode: 400, RequestID: 1, InvalidGrantException:",
            Credentials::SsoExpired,
        ),
        (
            "No valid credential sources found\nPlease see https://registry.terraform.io/providers/hashicorp/aws\nfor more information about providing credentials.\n\nError: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, request canceled, context deadline exceeded",
            Credentials::Missing,
        ),
        (
            "failed to get shared config profile, lab",
            Credentials::Missing,
        ),
        (
            "validating provider credentials: retrieving caller identity from STS: operation error STS: GetCallerIdentity, https response error StatusCode: 403, RequestID: 1, api error InvalidClientTokenId: The security token included in the request is invalid.",
            Credentials::Invalid,
        ),
        (
            "operation error EC2: DescribeVpcs, https response error StatusCode: 401, RequestID: 1, api error AuthFailure: AWS was not able to validate the provided access credentials",
            Credentials::Invalid,
        ),
    ];
    for (text, kind) in table {
        assert_eq!(cause(text, ""), Cause::Credentials(kind), "{text}");
    }
}

#[test]
fn a_quota_is_told_with_its_code_and_service() {
    let table = [
        (
            "creating EC2 VPC: operation error EC2: CreateVpc, https response error StatusCode: 400, RequestID: 9559ac7e, api error VpcLimitExceeded: The maximum number of VPCs has been reached.",
            "VpcLimitExceeded",
            "vpc",
            "The maximum number of VPCs has been reached.",
        ),
        (
            "creating EC2 EIP: operation error EC2: AllocateAddress, https response error StatusCode: 400, RequestID: 678a0803, api error AddressLimitExceeded: The maximum number of addresses has been reached.",
            "AddressLimitExceeded",
            "ec2",
            "The maximum number of addresses has been reached.",
        ),
        (
            "creating IAM Instance Profile (x): operation error IAM: CreateInstanceProfile, https response error StatusCode: 409, RequestID: 1, LimitExceeded: Cannot exceed quota for InstanceProfilesPerAccount: 1000",
            "LimitExceeded",
            "iam",
            "Cannot exceed quota for InstanceProfilesPerAccount: 1000",
        ),
        (
            "creating RDS DB Instance (rlab): operation error RDS: CreateDBInstance, https response error StatusCode: 400, RequestID: 1, api error InstanceQuotaExceeded: You have reached the limit of 40 DB instances",
            "InstanceQuotaExceeded",
            "rds",
            "You have reached the limit of 40 DB instances",
        ),
        (
            "creating ElastiCache Replication Group (rlab): operation error ElastiCache: CreateReplicationGroup, https response error StatusCode: 400, RequestID: 1, NodeQuotaForCustomerExceededFault: Request cannot be processed",
            "NodeQuotaForCustomerExceededFault",
            "elasticache",
            "Request cannot be processed",
        ),
    ];
    for (text, code, service, message) in table {
        let expected = Quota {
            code: code.into(),
            message: message.into(),
            service: Some(service.into()),
        };
        assert_eq!(cause(text, ""), Cause::Quota(expected), "{text}");
    }
    let capacity = "creating RDS DB Instance (rlab): operation error RDS: CreateDBInstance, https response error StatusCode: 400, RequestID: 1, api error InsufficientDBInstanceCapacity: no capacity for db.t4g.micro";
    assert!(matches!(cause(capacity, ""), Cause::Quota(q) if q.is_capacity()));
}

#[test]
fn throttling_is_no_quota() {
    for text in [
        "listing tags: operation error Elastic Load Balancing v2: DescribeListeners, exceeded maximum number of attempts, 3, https response error StatusCode: 400, RequestID: 1, api error Throttling: Rate exceeded",
        "operation error EC2: DescribeSubnets, https response error StatusCode: 503, RequestID: 1, api error RequestLimitExceeded: Request limit exceeded.",
        "operation error ECS: DescribeServices, exceeded maximum number of attempts, 25, https response error StatusCode: 400, RequestID: 1, ThrottlingException: Rate exceeded",
        "operation error Kafka: ListTagsForResource, https response error StatusCode: 429, RequestID: 1, TooManyRequestsException: too many requests",
    ] {
        assert_eq!(cause(text, ""), Cause::Throttled, "{text}");
    }
}

const LOCKED_LOCALLY: &str = "Error message: resource temporarily unavailable\nLock Info:\n  ID:        5af6dc7b-bdb5-2e92-0b35-0729749d7e72\n  Path:      /labs/a/terraform.tfstate\n  Operation: OperationTypeApply\n  Who:       sre@build-7\n  Version:   1.11.4\n  Created:   2026-11-21 09:58:31.256172965 +0000 UTC\n  Info:      \n\n\nTerraform acquires a state lock to protect the state from being written\nby multiple users at the same time.";
const LOCKED_IN_S3: &str = "Error message: operation error S3: PutObject, https response error StatusCode: 412, RequestID: 1, HostID: 2, api error PreconditionFailed: At least one of the pre-conditions you specified did not hold\nLock Info:\n  ID:        0f3e1c0a-6a0e-8a9c-9d3e-0b7e7b6a8f11\n  Path:      rlab-state/lab/terraform.tfstate\n  Operation: OperationTypePlan\n  Who:       ci@runner\n  Version:   1.11.4\n  Created:   2026-11-21 10:22:00.72746 +0000 UTC\n  Info:      \n";
const LOCKED_BY_NOBODY_KNOWN: &str = "Error message: operation error S3: PutObject, https response error StatusCode: 412, RequestID: , HostID: , api error PreconditionFailed: At least one of the pre-conditions you specified did not hold\nunable to retrieve file from S3 bucket 'terraform' with key 'terraform.tfstate.tflock': operation error S3: GetObject, https response error StatusCode: 404, RequestID: , HostID: , NoSuchKey:";

#[test]
fn a_locked_state_is_told_with_who_since_when_and_the_id() {
    for (detail, id, who, word) in [
        (
            LOCKED_LOCALLY,
            "5af6dc7b-bdb5-2e92-0b35-0729749d7e72",
            "sre@build-7",
            "apply",
        ),
        (
            LOCKED_IN_S3,
            "0f3e1c0a-6a0e-8a9c-9d3e-0b7e7b6a8f11",
            "ci@runner",
            "plan",
        ),
    ] {
        let Cause::Locked(Some(lock)) = cause("Error acquiring the state lock", detail) else {
            panic!("{detail}");
        };
        assert_eq!((lock.id.as_str(), lock.who.as_str()), (id, who));
        assert_eq!(lock.operation_word(), word);
        assert!(lock.created.starts_with("2026-11-21 "));
    }
    assert_eq!(
        cause("Error acquiring the state lock", LOCKED_BY_NOBODY_KNOWN),
        Cause::Locked(None)
    );
    // Who may not lock is not locked out.
    let refused = "Error message: operation error S3: PutObject, https response error StatusCode: 403, RequestID: 1, HostID: 2, api error AccessDenied: User: arn:aws:iam::111122223333:user/dev is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::rlab-state/lab/terraform.tfstate.tflock\" because no identity-based policy allows the s3:PutObject action";
    let Cause::Denied(denied) = cause("Error acquiring the state lock", refused) else {
        panic!("not denied");
    };
    assert_eq!(denied.action.as_deref(), Some("s3:PutObject"));
}

#[test]
fn other_failures_have_their_own_cause_or_none() {
    let table = [
        (
            "Failed to query available provider packages",
            Cause::Providers,
        ),
        ("Inconsistent dependency lock file", Cause::Providers),
        ("Saved plan is stale", Cause::StalePlan),
        (
            "creating CloudWatch Logs Log Group (/rlab/one/relay): operation error CloudWatch Logs: CreateLogGroup, https response error StatusCode: 400, RequestID: 1, ResourceAlreadyExistsException: The specified log group already exists",
            Cause::Exists,
        ),
        (
            "creating ECS Service (registry): operation error ECS: CreateService, https response error StatusCode: 400, RequestID: 1, InvalidParameterException: Creation of service was not idempotent.",
            Cause::Exists,
        ),
        (
            "creating Route Table Association: operation error EC2: AssociateRouteTable, https response error StatusCode: 400, RequestID: 1, api error Resource.AlreadyAssociated: the specified association for route table rtb-1 conflicts with an existing association",
            Cause::Exists,
        ),
        ("Provider dependency changes detected", Cause::Providers),
        (
            "Invalid provider configuration: invalid AWS Region: eu-wset-1",
            Cause::Region,
        ),
        ("Invalid AWS Region: eu-wset-1", Cause::Region),
        ("AWS account ID not allowed: 111122223333", Cause::Account),
        (
            "creating EC2 VPC: operation error EC2: CreateVpc, https response error StatusCode: 0, RequestID: , request send failed, Post \"https://ec2.us-east-1.amazonaws.com/\": dial tcp: lookup ec2.us-east-1.amazonaws.com on 10.0.0.2:53: no such host",
            Cause::Unreachable,
        ),
        (
            "reading: operation error STS: GetCallerIdentity, exceeded maximum number of attempts, 2, https response error StatusCode: 0, RequestID: , request send failed, Post \"http://127.0.0.1:9/\": dial tcp 127.0.0.1:9: connect: connection refused",
            Cause::Unreachable,
        ),
        (
            "waiting for MSK Cluster (arn) create: timeout while waiting for state to become 'ACTIVE' (last state: 'CREATING', timeout: 2h0m0s)",
            Cause::TimedOut,
        ),
        (
            "waiting for MSK Cluster (arn:aws:kafka:us-east-1:111122223333:cluster/x) create: unexpected state 'FAILED', wanted target 'ACTIVE'. last error: %!s(<nil>)",
            Cause::Other,
        ),
        ("Reference to undeclared input variable", Cause::Other),
    ];
    for (text, expected) in table {
        assert_eq!(cause(text, ""), expected, "{text}");
    }
}

#[test]
fn errors_are_found_in_text_for_people_with_and_without_a_frame() {
    let framed = "╷\n│ Error: Error acquiring the state lock\n│ \n│ Error message: resource temporarily unavailable\n│ Lock Info:\n│   ID:        5af6dc7b\n│   Who:       sre@build-7\n╵\n";
    let plain = "\nError: Backend initialization required, please run \"terraform init\"\n\nReason: Initial configuration of the requested backend \"local\"\n";
    let [lock] = Diagnostic::errors_in(framed).try_into().unwrap();
    assert!(matches!(Cause::of(&lock), Cause::Locked(Some(l)) if l.id == "5af6dc7b"));
    let [init] = Diagnostic::errors_in(plain).try_into().unwrap();
    assert!(init.summary.starts_with("Backend initialization required"));
    assert!(init.detail.starts_with("Reason: "));
}
