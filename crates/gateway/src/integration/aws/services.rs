//! How AWS services want to be called by action: the protocol of each, as AWS publishes it in its
//! service models, keyed by what stands for the service in an integration's URI, the prefix of its
//! endpoint.
//!
//! SQS and SSM are listed with the older of their two protocols: recorded from AWS, API Gateway
//! calls both by query unless the integration maps `X-Amz-Target` itself.

/// AWS JSON: the service, what stands in front of the action in `X-Amz-Target`, and the version.
/// Sorted.
static JSON: &[(&str, &str, JsonVersion)] = &[
    ("acm", "CertificateManager", JsonVersion::V11),
    ("acm-pca", "ACMPrivateCA", JsonVersion::V11),
    ("agreement-marketplace", "AWSMPCommerceService_v20200301", JsonVersion::V10),
    ("airflow-serverless", "AmazonMWAAServerless", JsonVersion::V10),
    ("aoss", "OpenSearchServerless", JsonVersion::V10),
    ("api.ecr", "AmazonEC2ContainerRegistry_V20150921", JsonVersion::V11),
    ("api.ecr-public", "SpencerFrontendService", JsonVersion::V11),
    ("api.pricing", "AWSPriceListService", JsonVersion::V11),
    ("api.sagemaker", "SageMaker", JsonVersion::V11),
    ("api.tunneling.iot", "IoTSecuredTunneling", JsonVersion::V11),
    ("application-autoscaling", "AnyScaleFrontendService", JsonVersion::V11),
    ("applicationinsights", "EC2WindowsBarleyService", JsonVersion::V11),
    ("apprunner", "AppRunner", JsonVersion::V10),
    ("appstream2", "PhotonAdminProxyService", JsonVersion::V11),
    ("athena", "AmazonAthena", JsonVersion::V11),
    ("autoscaling-plans", "AnyScaleScalingPlannerFrontendService", JsonVersion::V11),
    ("b2bi", "B2BI", JsonVersion::V10),
    ("backup-gateway", "BackupOnPremises_v20210101", JsonVersion::V10),
    ("bcm-dashboards", "AWSBCMDashboardsService", JsonVersion::V10),
    ("bcm-data-exports", "AWSBillingAndCostManagementDataExports", JsonVersion::V11),
    ("bcm-pricing-calculator", "AWSBCMPricingCalculator", JsonVersion::V10),
    ("bcm-recommended-actions", "AWSBillingAndCostManagementRecommendedActions", JsonVersion::V10),
    ("bedrock-data-automation-runtime", "AmazonBedrockKeystoneRuntimeService", JsonVersion::V11),
    ("billing", "AWSBilling", JsonVersion::V10),
    ("budgets", "AWSBudgetServiceGateway", JsonVersion::V11),
    ("cassandra", "KeyspacesService", JsonVersion::V10),
    ("cassandra-streams", "KeyspacesStreams", JsonVersion::V10),
    ("ce", "AWSInsightsIndexService", JsonVersion::V11),
    ("cloud9", "AWSCloud9WorkspaceManagementService", JsonVersion::V11),
    ("cloudcontrolapi", "CloudApiService", JsonVersion::V10),
    ("cloudhsm", "CloudHsmFrontendService", JsonVersion::V11),
    ("cloudhsmv2", "BaldrApiService", JsonVersion::V11),
    ("cloudtrail", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101", JsonVersion::V11),
    ("codebuild", "CodeBuild_20161006", JsonVersion::V11),
    ("codecommit", "CodeCommit_20150413", JsonVersion::V11),
    ("codeconnections", "com.amazonaws.codeconnections.CodeConnections_20231201", JsonVersion::V10),
    ("codedeploy", "CodeDeploy_20141006", JsonVersion::V11),
    ("codepipeline", "CodePipeline_20150709", JsonVersion::V11),
    (
        "codestar-connections",
        "com.amazonaws.codestar.connections.CodeStar_connections_20191201",
        JsonVersion::V10,
    ),
    ("cognito-identity", "AWSCognitoIdentityService", JsonVersion::V11),
    ("cognito-idp", "AWSCognitoIdentityProviderService", JsonVersion::V11),
    ("comprehend", "Comprehend_20171127", JsonVersion::V11),
    ("config", "StarlingDoveService", JsonVersion::V11),
    ("controlplane.payment-cryptography", "PaymentCryptographyControlPlane", JsonVersion::V10),
    ("cost-optimization-hub", "CostOptimizationHubService", JsonVersion::V10),
    ("cur", "AWSOrigamiServiceGatewayService", JsonVersion::V11),
    ("datapipeline", "DataPipeline", JsonVersion::V11),
    ("datasync", "FmrsService", JsonVersion::V11),
    ("dax", "AmazonDAXV3", JsonVersion::V11),
    ("devicefarm", "DeviceFarm_20150623", JsonVersion::V11),
    ("directconnect", "OvertureService", JsonVersion::V11),
    ("discovery", "AWSPoseidonService_V2015_11_01", JsonVersion::V11),
    ("dms", "AmazonDMSv20160101", JsonVersion::V11),
    ("ds", "DirectoryService_20150416", JsonVersion::V11),
    ("dynamodb", "DynamoDB_20120810", JsonVersion::V10),
    ("ec2-instance-connect", "AWSEC2InstanceConnectService", JsonVersion::V11),
    ("ecs", "AmazonEC2ContainerServiceV20141113", JsonVersion::V11),
    ("elasticmapreduce", "ElasticMapReduce", JsonVersion::V11),
    ("events", "AWSEvents", JsonVersion::V11),
    ("evs", "AmazonElasticVMwareService", JsonVersion::V10),
    ("firehose", "Firehose_20150804", JsonVersion::V11),
    ("fms", "AWSFMS_20180101", JsonVersion::V11),
    ("forecast", "AmazonForecast", JsonVersion::V11),
    ("forecastquery", "AmazonForecastRuntime", JsonVersion::V11),
    ("frauddetector", "AWSHawksNestServiceFacade", JsonVersion::V11),
    ("freetier", "AWSFreeTierService", JsonVersion::V10),
    ("fsx", "AWSSimbaAPIService_v20180301", JsonVersion::V11),
    ("globalaccelerator", "GlobalAccelerator_V20180706", JsonVersion::V11),
    ("glue", "AWSGlue", JsonVersion::V11),
    ("health", "AWSHealth_20160804", JsonVersion::V11),
    ("healthlake", "HealthLake", JsonVersion::V10),
    ("identitystore", "AWSIdentityStore", JsonVersion::V11),
    ("ingest.timestream", "Timestream_20181101", JsonVersion::V10),
    ("inspector", "InspectorService", JsonVersion::V11),
    ("invoicing", "Invoicing", JsonVersion::V10),
    ("iotfleetwise", "IoTAutobahnControlPlane", JsonVersion::V10),
    ("iotthingsgraph", "IotThingsGraphFrontEndService", JsonVersion::V11),
    ("kendra", "AWSKendraFrontendService", JsonVersion::V11),
    ("kendra-ranking", "AWSKendraRerankingFrontendService", JsonVersion::V10),
    ("kinesis", "Kinesis_20131202", JsonVersion::V11),
    ("kinesisanalytics", "KinesisAnalytics_20180523", JsonVersion::V11),
    ("kms", "TrentService", JsonVersion::V11),
    ("license-manager", "AWSLicenseManager", JsonVersion::V11),
    ("lightsail", "Lightsail_20161128", JsonVersion::V11),
    ("logs", "Logs_20140328", JsonVersion::V11),
    ("lookoutequipment", "AWSLookoutEquipmentFrontendService", JsonVersion::V10),
    ("machinelearning", "AmazonML_20141212", JsonVersion::V11),
    ("mail-manager", "MailManagerSvc", JsonVersion::V10),
    ("marketplacecommerceanalytics", "MarketplaceCommerceAnalytics20150701", JsonVersion::V11),
    ("mediastore", "MediaStore_20170901", JsonVersion::V11),
    ("memory-db", "AmazonMemoryDB", JsonVersion::V11),
    ("metering.marketplace", "AWSMPMeteringService", JsonVersion::V11),
    ("mgh", "AWSMigrationHub", JsonVersion::V11),
    ("migrationhub-config", "AWSMigrationHubMultiAccountService", JsonVersion::V11),
    ("mturk-requester", "MTurkRequesterServiceV20170117", JsonVersion::V11),
    ("network-firewall", "NetworkFirewall_20201112", JsonVersion::V10),
    ("odb", "Odb", JsonVersion::V10),
    ("organizations", "AWSOrganizationsV20161128", JsonVersion::V11),
    ("partnercentral-account", "PartnerCentralAccount", JsonVersion::V10),
    ("partnercentral-benefits", "PartnerCentralBenefitsService", JsonVersion::V10),
    ("partnercentral-channel", "PartnerCentralChannel", JsonVersion::V10),
    ("partnercentral-selling", "AWSPartnerCentralSelling", JsonVersion::V10),
    ("pcs", "AWSParallelComputingService", JsonVersion::V10),
    ("personalize", "AmazonPersonalize", JsonVersion::V11),
    ("pi", "PerformanceInsightsv20180227", JsonVersion::V11),
    ("proton", "AwsProton20200720", JsonVersion::V10),
    ("query.timestream", "Timestream_20181101", JsonVersion::V10),
    ("redshift-data", "RedshiftData", JsonVersion::V11),
    ("redshift-serverless", "RedshiftServerless", JsonVersion::V11),
    ("rekognition", "RekognitionService", JsonVersion::V11),
    ("route53-recovery-cluster", "ToggleCustomerAPI", JsonVersion::V10),
    ("route53domains", "Route53Domains_v20140515", JsonVersion::V11),
    ("route53resolver", "Route53Resolver", JsonVersion::V11),
    ("secretsmanager", "secretsmanager", JsonVersion::V11),
    ("servicecatalog", "AWS242ServiceCatalogService", JsonVersion::V11),
    ("servicediscovery", "Route53AutoNaming_v20170314", JsonVersion::V11),
    ("servicequotas", "ServiceQuotasV20190624", JsonVersion::V11),
    ("shield", "AWSShield_20160616", JsonVersion::V11),
    ("sms-voice", "PinpointSMSVoiceV2", JsonVersion::V10),
    ("ssm-contacts", "SSMContacts", JsonVersion::V11),
    ("sso", "SWBExternalService", JsonVersion::V11),
    ("states", "AWSStepFunctions", JsonVersion::V10),
    ("storagegateway", "StorageGateway_20130630", JsonVersion::V11),
    ("streams.dynamodb", "DynamoDBStreams_20120810", JsonVersion::V10),
    ("support", "AWSSupport_20130415", JsonVersion::V11),
    ("swf", "SimpleWorkflowService", JsonVersion::V10),
    ("tagging", "ResourceGroupsTaggingAPI_20170126", JsonVersion::V11),
    ("textract", "Textract", JsonVersion::V11),
    ("timestream-influxdb", "AmazonTimestreamInfluxDB", JsonVersion::V10),
    ("transcribe", "Transcribe", JsonVersion::V11),
    ("transfer", "TransferService", JsonVersion::V11),
    ("translate", "AWSShineFrontendService_20170701", JsonVersion::V11),
    ("verifiedpermissions", "VerifiedPermissions", JsonVersion::V10),
    ("voiceid", "VoiceID", JsonVersion::V10),
    ("waf", "AWSWAF_20150824", JsonVersion::V11),
    ("waf-regional", "AWSWAF_Regional_20161128", JsonVersion::V11),
    ("wafv2", "AWSWAF_20190729", JsonVersion::V11),
    ("workmail", "WorkMailService", JsonVersion::V11),
    ("workspaces", "WorkspacesService", JsonVersion::V11),
    ("workspaces-instances", "EUCMIFrontendAPIService", JsonVersion::V10),
];

/// AWS query: the service and the version of its API. Sorted.
static QUERY: &[(&str, &str)] = &[
    ("autoscaling", "2011-01-01"),
    ("cloudformation", "2010-05-15"),
    ("cloudsearch", "2013-01-01"),
    ("ec2", "2016-11-15"),
    ("elasticache", "2015-02-02"),
    ("elasticbeanstalk", "2010-12-01"),
    ("elasticloadbalancing", "2015-12-01"),
    ("email", "2010-12-01"),
    ("iam", "2010-05-08"),
    ("importexport", "2010-06-01"),
    ("monitoring", "2010-08-01"),
    ("rds", "2014-10-31"),
    ("redshift", "2012-12-01"),
    ("sdb", "2009-04-15"),
    ("sns", "2010-03-31"),
    ("sqs", "2012-11-05"),
    ("ssm", "2014-11-06"),
    ("sts", "2011-06-15"),
];

/// Services that sign under another name. Sorted.
static SIGNING_NAMES: &[(&str, &str)] = &[
    ("a2i-runtime.sagemaker", "sagemaker"),
    ("admin.wickr", "wickr"),
    ("agreement-marketplace", "aws-marketplace"),
    ("api.detective", "detective"),
    ("api.ecr", "ecr"),
    ("api.ecr-public", "ecr-public"),
    ("api.iotdeviceadvisor", "iotdeviceadvisor"),
    ("api.iotmanagedintegrations", "iotmanagedintegrations"),
    ("api.iotwireless", "iotwireless"),
    ("api.mediatailor", "mediatailor"),
    ("api.pricing", "pricing"),
    ("api.sagemaker", "sagemaker"),
    ("api.tunneling.iot", "IoTSecuredTunneling"),
    ("appconfigdata", "appconfig"),
    ("appstream2", "appstream"),
    ("bedrock-agent", "bedrock"),
    ("bedrock-agent-runtime", "bedrock"),
    ("bedrock-agentcore-control", "bedrock-agentcore"),
    ("bedrock-data-automation", "bedrock"),
    ("bedrock-data-automation-runtime", "bedrock"),
    ("bedrock-runtime", "bedrock"),
    ("cassandra-streams", "cassandra"),
    ("catalog.marketplace", "aws-marketplace"),
    ("cloudhsmv2", "cloudhsm"),
    ("cloudsearchdomain", "cloudsearch"),
    ("contact-lens", "connect"),
    ("controlplane.payment-cryptography", "payment-cryptography"),
    ("data-ats.iot", "iotdata"),
    ("data-signer", "signer"),
    ("data.iotevents", "ioteventsdata"),
    ("data.jobs.iot", "iot-jobs-data"),
    ("data.mediastore", "mediastore"),
    ("data.qapps", "qapps"),
    ("dataplane.payment-cryptography", "payment-cryptography"),
    ("deployment-marketplace", "aws-marketplace"),
    ("discovery-marketplace", "aws-marketplace"),
    ("edge.sagemaker", "sagemaker"),
    ("email", "ses"),
    ("entitlement.marketplace", "aws-marketplace"),
    ("featurestore-runtime.sagemaker", "sagemaker"),
    ("forecastquery", "forecast"),
    ("identity-chime", "chime"),
    ("ingest.timestream", "timestream"),
    ("ivsrealtime", "ivs"),
    ("mail-manager", "ses"),
    ("media-pipelines-chime", "chime"),
    ("meetings-chime", "chime"),
    ("memory-db", "memorydb"),
    ("messaging-chime", "chime"),
    ("metering.marketplace", "aws-marketplace"),
    ("metrics.sagemaker", "sagemaker"),
    ("migrationhub-config", "mgh"),
    ("models-v2-lex", "lex"),
    ("models.lex", "lex"),
    ("oidc", "sso-oauth"),
    ("participant.connect", "execute-api"),
    ("personalize-events", "personalize"),
    ("personalize-runtime", "personalize"),
    ("pinpoint", "mobiletargeting"),
    ("portal.sso", "awsssoportal"),
    ("query.timestream", "timestream"),
    ("reporting-marketplace", "aws-marketplace"),
    ("runtime-v2-lex", "lex"),
    ("runtime.lex", "lex"),
    ("runtime.sagemaker", "sagemaker"),
    ("s3-control", "s3"),
    ("servicecatalog-appregistry", "servicecatalog"),
    ("sms-voice.pinpoint", "sms-voice"),
    ("streams.dynamodb", "dynamodb"),
    ("voice-chime", "chime"),
];

/// Services that are one for all regions: their host has no region in its name, and they are
/// signed for `us-east-1` (AWS general reference, "Regional endpoints": global services).
static GLOBAL: [&str; 5] = ["budgets", "cloudfront", "iam", "organizations", "route53"];

/// The region that [`is_global`] services are signed for.
pub(super) const GLOBAL_REGION: &str = "us-east-1";

/// A version of the AWS JSON protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JsonVersion {
    V10,
    V11,
}

impl JsonVersion {
    /// The media type of its payloads.
    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::V10 => "application/x-amz-json-1.0",
            Self::V11 => "application/x-amz-json-1.1",
        }
    }
}

/// How a service is told which action is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// By `X-Amz-Target`, which begins with this.
    Json { target: &'static str, version: JsonVersion },
    /// By `Action` and `Version`. Of services that are not listed no version is known.
    Query { version: Option<&'static str> },
}

/// The protocol of `service`.
pub(super) fn protocol(service: &str) -> Protocol {
    if let Some((_, target, version)) = found(JSON, |row| row.0, service) {
        return Protocol::Json { target, version: *version };
    }
    Protocol::Query { version: found(QUERY, |row| row.0, service).map(|row| row.1) }
}

/// The name that requests to `service` are signed for.
pub(super) fn signing_name(service: &str) -> &str {
    found(SIGNING_NAMES, |row| row.0, service).map_or(service, |row| row.1)
}

/// Whether `name`, which has a dot in it, is a service of its own and not a part of one.
pub(super) fn is_listed(name: &str) -> bool {
    found(JSON, |row| row.0, name).is_some() || found(SIGNING_NAMES, |row| row.0, name).is_some()
}

/// Whether the service is one for all regions.
pub(super) fn is_global(service: &str) -> bool {
    GLOBAL.contains(&service)
}

fn found<R>(rows: &'static [R], name: impl Fn(&R) -> &'static str, service: &str) -> Option<&'static R> {
    rows.binary_search_by(|row| name(row).cmp(service)).ok().and_then(|at| rows.get(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        let sorted = |names: Vec<&str>| assert!(names.is_sorted(), "{names:?}");
        sorted(JSON.iter().map(|row| row.0).collect());
        sorted(QUERY.iter().map(|row| row.0).collect());
        sorted(SIGNING_NAMES.iter().map(|row| row.0).collect());
    }

    #[test]
    fn services_speak_as_aws_says() {
        use JsonVersion::{V10, V11};
        let json = |service: &str, target, version| {
            assert_eq!(protocol(service), Protocol::Json { target, version }, "{service}");
        };
        json("dynamodb", "DynamoDB_20120810", V10);
        json("streams.dynamodb", "DynamoDBStreams_20120810", V10);
        json("states", "AWSStepFunctions", V10);
        json("kinesis", "Kinesis_20131202", V11);
        json("firehose", "Firehose_20150804", V11);
        json("events", "AWSEvents", V11);
        json("logs", "Logs_20140328", V11);
        json("kms", "TrentService", V11);
        json("secretsmanager", "secretsmanager", V11);
        let query =
            |service: &str, version| assert_eq!(protocol(service), Protocol::Query { version }, "{service}");
        query("sqs", Some("2012-11-05"));
        query("sns", Some("2010-03-31"));
        query("ssm", Some("2014-11-06"));
        query("iam", Some("2010-05-08"));
        query("s3", None);
    }

    #[test]
    fn some_services_sign_under_another_name() {
        for (service, expected) in [
            ("email", "ses"),
            ("streams.dynamodb", "dynamodb"),
            ("runtime.sagemaker", "sagemaker"),
            ("sqs", "sqs"),
            ("unheard-of", "unheard-of"),
        ] {
            assert_eq!(signing_name(service), expected);
        }
    }
}
