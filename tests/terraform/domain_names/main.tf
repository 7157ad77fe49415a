# Certificates, imported and requested, and the domain names that use them: in a region, at the edge, and private.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.100.0" }
  }
}

variable "region" { type = string }
variable "certificate" { type = string }
variable "chain" { type = string }
variable "private_key" { type = string }
variable "grown" { type = bool }

# A validation cannot be imported, so it goes when the rest grows.
variable "validated" { type = bool }

provider "aws" {
  region = var.region
}

provider "aws" {
  alias  = "east"
  region = "us-east-1"
}

resource "aws_acm_certificate" "imported" {
  certificate_body  = var.certificate
  certificate_chain = var.chain
  private_key       = var.private_key
  tags              = { env = var.grown ? "prod" : "demo" }
}

resource "aws_acm_certificate" "requested" {
  domain_name               = "api.example.com"
  subject_alternative_names = ["*.example.com"]
  validation_method         = "DNS"

  options {
    certificate_transparency_logging_preference = var.grown ? "DISABLED" : "ENABLED"
  }
}

resource "aws_acm_certificate" "spare" {
  domain_name       = "api.example.com"
  validation_method = "DNS"
}

resource "aws_acm_certificate_validation" "requested" {
  count                   = var.validated ? 1 : 0
  certificate_arn         = aws_acm_certificate.requested.arn
  validation_record_fqdns = [for option in aws_acm_certificate.requested.domain_validation_options : option.resource_record_name]
}

resource "aws_acm_certificate" "edge" {
  provider          = aws.east
  domain_name       = "*.example.com"
  validation_method = "DNS"
  key_algorithm     = "EC_prime256v1"
}

resource "aws_api_gateway_domain_name" "regional" {
  domain_name                            = "api.example.com"
  regional_certificate_arn               = var.grown ? aws_acm_certificate.requested.arn : aws_acm_certificate.imported.arn
  ownership_verification_certificate_arn = var.grown ? aws_acm_certificate.spare.arn : aws_acm_certificate.requested.arn
  security_policy                        = "TLS_1_2"

  endpoint_configuration {
    types           = ["REGIONAL"]
    ip_address_type = var.grown ? "dualstack" : "ipv4"
  }

  mutual_tls_authentication {
    truststore_uri     = "s3://bucket/${var.grown ? "new" : "old"}.pem"
    truststore_version = var.grown ? "2" : "1"
  }

  tags = { env = var.grown ? "prod" : "demo" }
}

resource "aws_api_gateway_domain_name" "wildcard" {
  domain_name              = "*.example.com"
  regional_certificate_arn = aws_acm_certificate.requested.arn

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_domain_name" "edge" {
  domain_name     = "edge.example.com"
  certificate_arn = aws_acm_certificate.edge.arn
  security_policy = var.grown ? "TLS_1_2" : "TLS_1_0"
}

# It moves from the edge to the region.
resource "aws_api_gateway_domain_name" "moving" {
  domain_name              = "moving.example.com"
  certificate_arn          = var.grown ? null : aws_acm_certificate.edge.arn
  regional_certificate_arn = var.grown ? aws_acm_certificate.requested.arn : null

  endpoint_configuration {
    types = [var.grown ? "REGIONAL" : "EDGE"]
  }
}

resource "aws_api_gateway_domain_name" "private" {
  domain_name     = "private.example.com"
  certificate_arn = aws_acm_certificate.requested.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = "execute-api:Invoke"
      Resource  = "execute-api:/${var.grown ? "v2" : "v1"}/*"
    }]
  })

  endpoint_configuration {
    types = ["PRIVATE"]
  }
}

resource "aws_api_gateway_domain_name_access_association" "endpoint" {
  access_association_source      = "vpce-0123456789abcdef0"
  access_association_source_type = "VPCE"
  domain_name_arn                = aws_api_gateway_domain_name.private.arn
  tags                           = { env = var.grown ? "prod" : "demo" }
}

resource "aws_api_gateway_rest_api" "pets" {
  for_each = toset(["REGIONAL", "PRIVATE", "EDGE"])
  name     = lower(each.key)

  endpoint_configuration {
    types = [each.key]
  }
}

resource "aws_api_gateway_method" "get" {
  for_each      = aws_api_gateway_rest_api.pets
  rest_api_id   = each.value.id
  resource_id   = each.value.root_resource_id
  http_method   = "GET"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "get" {
  for_each    = aws_api_gateway_method.get
  rest_api_id = each.value.rest_api_id
  resource_id = each.value.resource_id
  http_method = each.value.http_method
  type        = "MOCK"
}

resource "aws_api_gateway_deployment" "pets" {
  for_each    = aws_api_gateway_integration.get
  rest_api_id = each.value.rest_api_id
  triggers    = { integration = each.value.id }
}

resource "aws_api_gateway_stage" "dev" {
  for_each      = aws_api_gateway_deployment.pets
  rest_api_id   = each.value.rest_api_id
  deployment_id = each.value.id
  stage_name    = "dev"
}

resource "aws_api_gateway_base_path_mapping" "root" {
  domain_name = aws_api_gateway_domain_name.regional.domain_name
  api_id      = aws_api_gateway_stage.dev[var.grown ? "EDGE" : "REGIONAL"].rest_api_id
}

resource "aws_api_gateway_base_path_mapping" "version" {
  domain_name = aws_api_gateway_domain_name.edge.domain_name
  base_path   = var.grown ? "v2" : "v1"
  api_id      = aws_api_gateway_stage.dev["REGIONAL"].rest_api_id
  stage_name  = var.grown ? null : aws_api_gateway_stage.dev["REGIONAL"].stage_name
}

resource "aws_api_gateway_base_path_mapping" "private" {
  domain_name    = aws_api_gateway_domain_name.private.domain_name
  domain_name_id = aws_api_gateway_domain_name.private.domain_name_id
  base_path      = "pets"
  api_id         = aws_api_gateway_stage.dev["PRIVATE"].rest_api_id
  stage_name     = aws_api_gateway_stage.dev["PRIVATE"].stage_name
}

data "aws_api_gateway_domain_name" "regional" {
  domain_name = aws_api_gateway_domain_name.regional.domain_name
}

data "aws_api_gateway_domain_name" "private" {
  domain_name    = aws_api_gateway_domain_name.private.domain_name
  domain_name_id = aws_api_gateway_domain_name.private.domain_name_id
}

data "aws_acm_certificate" "imported" {
  domain    = aws_acm_certificate.imported.domain_name
  types     = ["IMPORTED"]
  key_types = ["RSA_2048"]
}

output "addresses" {
  value = [
    data.aws_api_gateway_domain_name.regional.regional_domain_name,
    data.aws_api_gateway_domain_name.regional.regional_zone_id,
    aws_api_gateway_domain_name.edge.cloudfront_domain_name,
    aws_api_gateway_domain_name.edge.cloudfront_zone_id,
    coalesce(aws_api_gateway_domain_name.moving.regional_domain_name, aws_api_gateway_domain_name.moving.cloudfront_domain_name),
  ]
}

output "private" {
  value = [aws_api_gateway_domain_name.private.arn, data.aws_api_gateway_domain_name.private.domain_name_id]
}

output "certificates" {
  value = [
    aws_acm_certificate.imported.type,
    aws_acm_certificate.requested.status,
    tostring(length(aws_acm_certificate.requested.domain_validation_options)),
    data.aws_acm_certificate.imported.arn == aws_acm_certificate.imported.arn ? "found" : "another",
  ]
}
