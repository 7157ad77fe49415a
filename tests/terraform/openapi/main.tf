# APIs that come from OpenAPI files: as a body of the API's own resource, overwritten and merged, and put over an API
# that is there already.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.100.0" }
  }
}

variable "region" { type = string }
variable "grown" { type = bool }

# What is put cannot be imported, so it goes when the rest grows.
variable "put" { type = string }

provider "aws" {
  region = var.region
}

locals {
  mock = {
    responses = { "200" = { description = "ok" } }
    "x-amazon-apigateway-integration" = {
      type             = "MOCK"
      requestTemplates = { "application/json" = "{\"statusCode\": 200}" }
      responses        = { default = { statusCode = "200" } }
    }
  }

  pets = {
    openapi = "3.0.1"
    info    = { title = "pets", version = "1.0" }
    servers = [{ url = "https://example.com/{basePath}", variables = { basePath = { default = "v1" } } }]
    paths   = var.grown ? { "/pets" = { get = local.mock }, "/dogs" = { get = local.mock } } : { "/pets" = { get = local.mock } }
  }
}

resource "aws_api_gateway_rest_api" "pets" {
  name              = "pets"
  body              = jsonencode(local.pets)
  fail_on_warnings  = var.grown
  put_rest_api_mode = var.grown ? "merge" : "overwrite"
  parameters        = { basepath = var.grown ? "prepend" : "ignore" }
}

resource "aws_api_gateway_deployment" "pets" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  triggers    = { body = sha1(aws_api_gateway_rest_api.pets.body) }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id   = aws_api_gateway_rest_api.pets.id
  deployment_id = aws_api_gateway_deployment.pets.id
  stage_name    = "live"
}

resource "aws_api_gateway_rest_api" "empty" {
  name = "shop"

  # Its description is put.
  lifecycle {
    ignore_changes = [description]
  }
}

resource "aws_api_gateway_rest_api_put" "shop" {
  count            = var.put == "" ? 0 : 1
  rest_api_id      = aws_api_gateway_rest_api.empty.id
  fail_on_warnings = true
  parameters       = { basepath = "ignore" }
  triggers         = { path = var.put }

  body = jsonencode({
    swagger  = "2.0"
    info     = { title = "shop", version = "1.0" }
    basePath = "/v1"
    paths    = { (var.put) = { get = local.mock } }
  })

  timeouts {
    create = "1m"
  }
}

data "aws_api_gateway_resource" "pets" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  path        = var.grown ? "/v1/dogs" : "/pets"
}

output "api" {
  value = [aws_api_gateway_rest_api.pets.id, aws_api_gateway_rest_api.empty.id, data.aws_api_gateway_resource.pets.path]
}
