# A deployed API, and what the data sources of its export and its SDKs say.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.100.0" }
  }
}

variable "region" { type = string }
variable "title" { type = string }

provider "aws" {
  region = var.region
}

resource "aws_api_gateway_rest_api" "shop" {
  name = var.title
}

resource "aws_api_gateway_method" "root" {
  rest_api_id   = aws_api_gateway_rest_api.shop.id
  resource_id   = aws_api_gateway_rest_api.shop.root_resource_id
  http_method   = "GET"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "root" {
  rest_api_id       = aws_api_gateway_rest_api.shop.id
  resource_id       = aws_api_gateway_rest_api.shop.root_resource_id
  http_method       = aws_api_gateway_method.root.http_method
  type              = "MOCK"
  request_templates = { "application/json" = "{\"statusCode\": 200}" }
}

resource "aws_api_gateway_deployment" "live" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  triggers    = { title = var.title }

  depends_on = [aws_api_gateway_integration.root]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id   = aws_api_gateway_rest_api.shop.id
  deployment_id = aws_api_gateway_deployment.live.id
  stage_name    = "live"
}

data "aws_api_gateway_export" "plain" {
  rest_api_id = aws_api_gateway_stage.live.rest_api_id
  stage_name  = aws_api_gateway_stage.live.stage_name
  export_type = "oas30"
}

data "aws_api_gateway_export" "whole" {
  rest_api_id = aws_api_gateway_stage.live.rest_api_id
  stage_name  = aws_api_gateway_stage.live.stage_name
  export_type = "swagger"
  accepts     = "application/yaml"
  parameters  = { extensions = "integrations,authorizers,postman" }
}

data "aws_api_gateway_sdk" "javascript" {
  rest_api_id = aws_api_gateway_stage.live.rest_api_id
  stage_name  = aws_api_gateway_stage.live.stage_name
  sdk_type    = "javascript"
}

data "aws_api_gateway_sdk" "java" {
  rest_api_id = aws_api_gateway_stage.live.rest_api_id
  stage_name  = aws_api_gateway_stage.live.stage_name
  sdk_type    = "java"

  parameters = {
    "service.name"      = "Shop"
    "java.package-name" = "com.example.shop"
  }
}

output "plain" { value = data.aws_api_gateway_export.plain.body }
output "whole" { value = data.aws_api_gateway_export.whole.body }

output "facts" {
  value = [
    for source in [
      data.aws_api_gateway_export.plain,
      data.aws_api_gateway_export.whole,
      data.aws_api_gateway_sdk.javascript,
      data.aws_api_gateway_sdk.java,
    ] : [source.content_type, source.content_disposition]
  ]
}

output "archives" {
  value = [for source in [data.aws_api_gateway_sdk.javascript, data.aws_api_gateway_sdk.java] : substr(source.body, 0, 2)]
}
