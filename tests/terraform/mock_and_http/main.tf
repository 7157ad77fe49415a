# A REST API with a mock method and one that passes on to an HTTP backend, deployed to a stage.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.100.0" }
  }
}

variable "region" { type = string }
variable "backend" { type = string }
variable "greeting" { type = string }

provider "aws" {
  region = var.region
}

resource "aws_api_gateway_rest_api" "shop" {
  name               = "shop"
  description        = "says ${var.greeting}"
  binary_media_types = ["image/png"]
  tags               = { purpose = "scenario" }

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_resource" "articles" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  parent_id   = aws_api_gateway_rest_api.shop.root_resource_id
  path_part   = "articles"
}

resource "aws_api_gateway_resource" "article" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  parent_id   = aws_api_gateway_resource.articles.id
  path_part   = "{number}"
}

resource "aws_api_gateway_method" "list" {
  rest_api_id   = aws_api_gateway_rest_api.shop.id
  resource_id   = aws_api_gateway_resource.articles.id
  http_method   = "GET"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "list" {
  rest_api_id       = aws_api_gateway_rest_api.shop.id
  resource_id       = aws_api_gateway_resource.articles.id
  http_method       = aws_api_gateway_method.list.http_method
  type              = "MOCK"
  request_templates = { "application/json" = "{\"statusCode\": 200}" }
}

resource "aws_api_gateway_method_response" "list" {
  rest_api_id         = aws_api_gateway_rest_api.shop.id
  resource_id         = aws_api_gateway_resource.articles.id
  http_method         = aws_api_gateway_method.list.http_method
  status_code         = "200"
  response_models     = { "application/json" = "Empty" }
  response_parameters = { "method.response.header.X-Greeting" = false }
}

resource "aws_api_gateway_integration_response" "list" {
  rest_api_id         = aws_api_gateway_rest_api.shop.id
  resource_id         = aws_api_gateway_resource.articles.id
  http_method         = aws_api_gateway_integration.list.http_method
  status_code         = aws_api_gateway_method_response.list.status_code
  response_templates  = { "application/json" = "{\"articles\": []}" }
  response_parameters = { "method.response.header.X-Greeting" = "'${var.greeting}'" }
}

resource "aws_api_gateway_method" "read" {
  rest_api_id        = aws_api_gateway_rest_api.shop.id
  resource_id        = aws_api_gateway_resource.article.id
  http_method        = "GET"
  authorization      = "NONE"
  request_parameters = { "method.request.path.number" = true }
}

resource "aws_api_gateway_integration" "read" {
  rest_api_id             = aws_api_gateway_rest_api.shop.id
  resource_id             = aws_api_gateway_resource.article.id
  http_method             = aws_api_gateway_method.read.http_method
  type                    = "HTTP_PROXY"
  integration_http_method = "GET"
  uri                     = "${var.backend}/stock/{number}"
  timeout_milliseconds    = 4000
  request_parameters      = { "integration.request.path.number" = "method.request.path.number" }
}

resource "aws_api_gateway_deployment" "current" {
  rest_api_id = aws_api_gateway_rest_api.shop.id

  # Values that are written here, not whole resources: the provider reads some of their attributes differently
  # after it has made them.
  triggers = {
    definition = sha1(jsonencode([
      aws_api_gateway_integration.list.id,
      aws_api_gateway_integration.read.uri,
      aws_api_gateway_integration_response.list.response_parameters,
    ]))
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id   = aws_api_gateway_rest_api.shop.id
  deployment_id = aws_api_gateway_deployment.current.id
  stage_name    = "live"
  description   = "says ${var.greeting}"
  variables     = { greeting = var.greeting }
}

data "aws_api_gateway_export" "live" {
  rest_api_id = aws_api_gateway_rest_api.shop.id
  stage_name  = aws_api_gateway_stage.live.stage_name
  export_type = "oas30"
  accepts     = "application/yaml"
  parameters  = { extensions = "integrations" }
}

output "exported" { value = data.aws_api_gateway_export.live.content_type }
output "api" { value = aws_api_gateway_rest_api.shop.id }
output "url" { value = aws_api_gateway_stage.live.invoke_url }
