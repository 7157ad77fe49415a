# An API with all of its settings, its policy, and stages with all of theirs: cache, canary, logs, certificates.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.100.0" }
  }
}

variable "region" { type = string }
variable "word" { type = string }

provider "aws" {
  region = var.region
}

locals {
  hello = var.word == "hello"
}

resource "aws_api_gateway_rest_api" "pets" {
  name                         = "stages-${var.word}"
  description                  = "says ${var.word}"
  api_key_source               = local.hello ? "HEADER" : "AUTHORIZER"
  binary_media_types           = local.hello ? ["image/png", "image/jpeg"] : ["image/png", "application/pdf"]
  minimum_compression_size     = local.hello ? "0" : "10485760"
  disable_execute_api_endpoint = !local.hello
  tags                         = { word = var.word }

  endpoint_configuration {
    types           = [local.hello ? "EDGE" : "REGIONAL"]
    ip_address_type = local.hello ? "ipv4" : "dualstack"
  }
}

data "aws_iam_policy_document" "own" {
  statement {
    actions   = ["execute-api:Invoke"]
    resources = ["*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceVpce"
      values   = ["vpce-${var.word}"]
    }
  }
}

# Private, with endpoints and a policy of its own.
resource "aws_api_gateway_rest_api" "private" {
  name   = "private"
  policy = data.aws_iam_policy_document.own.json

  endpoint_configuration {
    types            = ["PRIVATE"]
    vpc_endpoint_ids = ["vpce-00000000000000001", local.hello ? "vpce-00000000000000002" : "vpce-00000000000000003"]
  }
}

data "aws_iam_policy_document" "other" {
  statement {
    actions   = ["execute-api:Invoke"]
    resources = ["${aws_api_gateway_rest_api.pets.execution_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "IpAddress"
      variable = "aws:SourceIp"
      values   = [local.hello ? "127.0.0.0/8" : "10.0.0.0/8"]
    }
  }
}

resource "aws_api_gateway_rest_api_policy" "pets" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  policy      = data.aws_iam_policy_document.other.json
}

resource "aws_api_gateway_method" "root" {
  rest_api_id   = aws_api_gateway_rest_api.pets.id
  resource_id   = aws_api_gateway_rest_api.pets.root_resource_id
  http_method   = "GET"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "root" {
  rest_api_id       = aws_api_gateway_rest_api.pets.id
  resource_id       = aws_api_gateway_rest_api.pets.root_resource_id
  http_method       = aws_api_gateway_method.root.http_method
  type              = "MOCK"
  request_templates = { "application/json" = "{\"statusCode\": 200}" }
}

resource "aws_api_gateway_deployment" "pets" {
  for_each    = toset(["first", "second"])
  rest_api_id = aws_api_gateway_rest_api.pets.id
  description = "says ${var.word}"
  triggers    = { name = each.key }
  depends_on  = [aws_api_gateway_integration.root]
}

# The deprecated way: the deployment makes its stage, and there is a canary on it.
resource "aws_api_gateway_deployment" "with_stage" {
  rest_api_id       = aws_api_gateway_rest_api.pets.id
  stage_name        = "made"
  stage_description = "made by a deployment"
  variables         = { word = "hello" }
  depends_on        = [aws_api_gateway_integration.root]
}

resource "aws_api_gateway_deployment" "canary" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  stage_name  = aws_api_gateway_stage.plain.stage_name

  canary_settings {
    percent_traffic          = 12.5
    stage_variable_overrides = { word = "canary" }
    use_stage_cache          = true
  }
}

resource "aws_api_gateway_stage" "plain" {
  rest_api_id   = aws_api_gateway_rest_api.pets.id
  deployment_id = aws_api_gateway_deployment.pets["first"].id
  stage_name    = "plain"

  lifecycle {
    ignore_changes = [canary_settings, deployment_id]
  }
}

resource "aws_api_gateway_client_certificate" "gateway" {
  for_each    = toset(["hello", "goodbye"])
  description = each.key
}

resource "aws_api_gateway_documentation_version" "pets" {
  for_each    = toset(["hello", "goodbye"])
  rest_api_id = aws_api_gateway_rest_api.pets.id
  version     = each.key
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id           = aws_api_gateway_rest_api.pets.id
  deployment_id         = aws_api_gateway_deployment.pets[local.hello ? "first" : "second"].id
  stage_name            = "live"
  description           = "says ${var.word}"
  documentation_version = aws_api_gateway_documentation_version.pets[var.word].version
  client_certificate_id = aws_api_gateway_client_certificate.gateway[var.word].id
  xray_tracing_enabled  = local.hello
  cache_cluster_enabled = local.hello
  cache_cluster_size    = local.hello ? "0.5" : "1.6"
  variables             = { word = var.word, (var.word) = "x" }
  tags                  = { word = var.word, (var.word) = "x" }

  access_log_settings {
    destination_arn = "arn:aws:logs:${var.region}:000000000000:log-group:/terraform/${var.word}"
    format          = "$context.requestId ${var.word}"
  }

  canary_settings {
    deployment_id            = aws_api_gateway_deployment.pets[local.hello ? "second" : "first"].id
    percent_traffic          = local.hello ? 12.5 : 50
    stage_variable_overrides = { word = "canary-${var.word}", (var.word) = "y" }
    use_stage_cache          = local.hello
  }
}

# Its cache comes, its canary goes.
resource "aws_api_gateway_stage" "other" {
  rest_api_id           = aws_api_gateway_rest_api.pets.id
  deployment_id         = aws_api_gateway_deployment.pets["first"].id
  stage_name            = "other"
  cache_cluster_enabled = !local.hello
  cache_cluster_size    = local.hello ? null : "6.1"

  dynamic "canary_settings" {
    for_each = local.hello ? ["second"] : []
    content {
      deployment_id   = aws_api_gateway_deployment.pets[canary_settings.value].id
      percent_traffic = 5
    }
  }
}

data "aws_api_gateway_rest_api" "by_name" {
  for_each   = { pets = aws_api_gateway_rest_api.pets.name, private = aws_api_gateway_rest_api.private.name }
  name       = each.value
  depends_on = [aws_api_gateway_rest_api_policy.pets, aws_api_gateway_rest_api.private]
}

output "found" { value = data.aws_api_gateway_rest_api.by_name["pets"].root_resource_id == aws_api_gateway_rest_api.pets.root_resource_id }
