# What methods refer to, and what else an API has besides its resources.

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
  function   = "arn:aws:lambda:${var.region}:000000000000:function:auth"
  invocation = "arn:aws:apigateway:${var.region}:lambda:path/2015-03-31/functions/${local.function}/invocations"
}

resource "aws_api_gateway_rest_api" "pets" {
  name = "pets"
}

resource "aws_api_gateway_model" "pet" {
  rest_api_id  = aws_api_gateway_rest_api.pets.id
  name         = "Pet"
  description  = "says ${var.word}"
  content_type = "application/json"
  schema       = jsonencode({ title = var.word, type = "object", properties = { id = { type = "integer" } } })
}

resource "aws_api_gateway_model" "dog" {
  rest_api_id  = aws_api_gateway_rest_api.pets.id
  name         = "Dog"
  content_type = "application/json"
  schema       = jsonencode({ type = "object" })
}

resource "aws_api_gateway_request_validator" "body" {
  rest_api_id           = aws_api_gateway_rest_api.pets.id
  name                  = "body"
  validate_request_body = true
}

resource "aws_api_gateway_request_validator" "all" {
  rest_api_id                 = aws_api_gateway_rest_api.pets.id
  name                        = "all-${var.word}"
  validate_request_body       = var.word == "hello"
  validate_request_parameters = var.word != "hello"
}

resource "aws_api_gateway_authorizer" "token" {
  rest_api_id                      = aws_api_gateway_rest_api.pets.id
  name                             = "token-${var.word}"
  authorizer_uri                   = replace(local.invocation, "auth", "auth-${var.word}")
  authorizer_credentials           = "arn:aws:iam::000000000000:role/invoke-${var.word}"
  identity_validation_expression   = "^Bearer ${var.word}$"
  authorizer_result_ttl_in_seconds = var.word == "hello" ? 0 : 60
}

resource "aws_api_gateway_authorizer" "request" {
  rest_api_id     = aws_api_gateway_rest_api.pets.id
  name            = "request"
  type            = var.word == "hello" ? "REQUEST" : "TOKEN"
  authorizer_uri  = local.invocation
  identity_source = var.word == "hello" ? "method.request.header.X-Word,context.stage" : "method.request.header.X-Word"
}

resource "aws_api_gateway_authorizer" "pools" {
  rest_api_id   = aws_api_gateway_rest_api.pets.id
  name          = "pools"
  type          = "COGNITO_USER_POOLS"
  provider_arns = ["arn:aws:cognito-idp:${var.region}:000000000000:userpool/${var.word}"]
}

resource "aws_api_gateway_method" "create" {
  rest_api_id          = aws_api_gateway_rest_api.pets.id
  resource_id          = aws_api_gateway_rest_api.pets.root_resource_id
  http_method          = "POST"
  authorization        = "COGNITO_USER_POOLS"
  authorizer_id        = aws_api_gateway_authorizer.pools.id
  authorization_scopes = ["pets/${var.word}"]
  operation_name       = "create-${var.word}"
  api_key_required     = var.word == "hello"
  request_validator_id = var.word == "hello" ? aws_api_gateway_request_validator.all.id : aws_api_gateway_request_validator.body.id
  request_models       = { "application/json" = var.word == "hello" ? aws_api_gateway_model.pet.name : aws_api_gateway_model.dog.name }
  request_parameters = {
    "method.request.header.X-${var.word}" = true
    "method.request.querystring.age"      = var.word == "hello"
  }
}

resource "aws_api_gateway_method" "list" {
  rest_api_id   = aws_api_gateway_rest_api.pets.id
  resource_id   = aws_api_gateway_rest_api.pets.root_resource_id
  http_method   = "GET"
  authorization = var.word == "hello" ? "NONE" : "CUSTOM"
  authorizer_id = var.word == "hello" ? null : aws_api_gateway_authorizer.token.id
}

resource "aws_api_gateway_method_response" "list" {
  rest_api_id     = aws_api_gateway_rest_api.pets.id
  resource_id     = aws_api_gateway_rest_api.pets.root_resource_id
  http_method     = aws_api_gateway_method.list.http_method
  status_code     = "200"
  response_models = { "application/json" = var.word == "hello" ? aws_api_gateway_model.pet.name : aws_api_gateway_model.dog.name }
  response_parameters = {
    "method.response.header.X-${var.word}" = true
    "method.response.header.X-Age"         = var.word == "hello"
  }
}

resource "aws_api_gateway_integration" "list" {
  for_each    = { list = aws_api_gateway_method.list.http_method, create = aws_api_gateway_method.create.http_method }
  rest_api_id = aws_api_gateway_rest_api.pets.id
  resource_id = aws_api_gateway_rest_api.pets.root_resource_id
  http_method = each.value
  type        = "MOCK"
}

resource "aws_api_gateway_gateway_response" "unauthorized" {
  rest_api_id         = aws_api_gateway_rest_api.pets.id
  response_type       = "UNAUTHORIZED"
  status_code         = var.word == "hello" ? "401" : "403"
  response_parameters = { "gatewayresponse.header.X-Word" = "'${var.word}'" }
  response_templates  = { "application/json" = "{\"word\":\"${var.word}\"}" }
}

resource "aws_api_gateway_documentation_part" "api" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  properties  = jsonencode({ description = var.word })

  location {
    type = "API"
  }
}

resource "aws_api_gateway_documentation_part" "header" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  properties  = jsonencode({ description = var.word })

  location {
    type        = "RESPONSE_HEADER"
    path        = "/"
    method      = "GET"
    status_code = "200"
    name        = "X-Word"
  }
}

resource "aws_api_gateway_documentation_version" "first" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  version     = "1"
  description = "says ${var.word}"
  depends_on  = [aws_api_gateway_documentation_part.api, aws_api_gateway_documentation_part.header]
}

resource "aws_api_gateway_client_certificate" "gateway" {
  description = "says ${var.word}"
  tags        = { word = var.word }
}

resource "aws_api_gateway_deployment" "pets" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  depends_on  = [aws_api_gateway_integration.list]
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id           = aws_api_gateway_rest_api.pets.id
  deployment_id         = aws_api_gateway_deployment.pets.id
  stage_name            = "live"
  documentation_version = aws_api_gateway_documentation_version.first.version
  client_certificate_id = aws_api_gateway_client_certificate.gateway.id
}

data "aws_api_gateway_authorizer" "request" {
  for_each      = { request = aws_api_gateway_authorizer.request.id, token = aws_api_gateway_authorizer.token.id, pools = aws_api_gateway_authorizer.pools.id }
  rest_api_id   = aws_api_gateway_rest_api.pets.id
  authorizer_id = each.value
}

data "aws_api_gateway_authorizers" "all" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  depends_on  = [aws_api_gateway_authorizer.token, aws_api_gateway_authorizer.request, aws_api_gateway_authorizer.pools]
}

output "ttl" { value = data.aws_api_gateway_authorizer.request["request"].authorizer_result_ttl_in_seconds }
output "authorizers" { value = length(data.aws_api_gateway_authorizers.all.ids) }
