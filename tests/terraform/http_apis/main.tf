# HTTP and WebSocket APIs: part by part, as a quick create, and from an OpenAPI file.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.100.0" }
  }
}

variable "region" { type = string }
variable "grown" { type = bool }

provider "aws" {
  region = var.region
}

locals {
  function = "arn:aws:lambda:${var.region}:000000000000:function:items"
  invoke   = "arn:aws:apigateway:${var.region}:lambda:path/2015-03-31/functions/${local.function}/invocations"
  proxied = {
    responses = { default = { description = "any" } }
    "x-amazon-apigateway-integration" = {
      type                 = "HTTP_PROXY"
      httpMethod           = "GET"
      uri                  = "http://127.0.0.1:9/items"
      payloadFormatVersion = "1.0"
    }
  }
}

resource "aws_apigatewayv2_api" "items" {
  name          = var.grown ? "items-grown" : "items"
  protocol_type = "HTTP"
  description   = var.grown ? "grown" : null
  cors_configuration {
    allow_origins     = ["https://app.example.com"]
    allow_methods     = var.grown ? ["GET", "POST"] : ["GET"]
    allow_headers     = ["content-type"]
    expose_headers    = ["x-request-id"]
    allow_credentials = true
    max_age           = 600
  }
  tags = { grown = var.grown }
}

resource "aws_apigatewayv2_integration" "function" {
  api_id                 = aws_apigatewayv2_api.items.id
  integration_type       = "AWS_PROXY"
  integration_uri        = local.invoke
  integration_method     = "POST"
  payload_format_version = "2.0"
  timeout_milliseconds   = var.grown ? 2000 : 1000
}

resource "aws_apigatewayv2_integration" "backend" {
  api_id             = aws_apigatewayv2_api.items.id
  integration_type   = "HTTP_PROXY"
  integration_method = "ANY"
  integration_uri    = "http://127.0.0.1:9/{proxy}"
  request_parameters = var.grown ? { "append:header.b" = "2" } : { "append:header.a" = "1" }

  response_parameters {
    status_code = var.grown ? 500 : 404
    mappings    = { "overwrite:statuscode" = "410" }
  }
}

resource "aws_apigatewayv2_authorizer" "jwt" {
  api_id           = aws_apigatewayv2_api.items.id
  name             = "jwt"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]
  jwt_configuration {
    audience = var.grown ? ["one", "two"] : ["one"]
    issuer   = "https://issuer.example.com"
  }
}

resource "aws_apigatewayv2_authorizer" "function" {
  api_id                            = aws_apigatewayv2_api.items.id
  name                              = "function"
  authorizer_type                   = "REQUEST"
  authorizer_uri                    = local.invoke
  authorizer_payload_format_version = "2.0"
  enable_simple_responses           = true
  authorizer_result_ttl_in_seconds  = var.grown ? 0 : 30
  identity_sources                  = ["$request.header.Authorization"]
}

resource "aws_apigatewayv2_route" "item" {
  api_id               = aws_apigatewayv2_api.items.id
  route_key            = "GET /items/{id}"
  target               = "integrations/${aws_apigatewayv2_integration.function.id}"
  authorization_type   = "JWT"
  authorizer_id        = aws_apigatewayv2_authorizer.jwt.id
  authorization_scopes = var.grown ? ["items/read", "items/list"] : ["items/read"]
  operation_name       = "item"
}

resource "aws_apigatewayv2_route" "default" {
  api_id             = aws_apigatewayv2_api.items.id
  route_key          = "$default"
  target             = "integrations/${aws_apigatewayv2_integration.backend.id}"
  authorization_type = var.grown ? "AWS_IAM" : "NONE"
}

resource "aws_cloudwatch_log_group" "access" {
  name = "http-apis"
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.items.id
  name        = "$default"
  auto_deploy = true
  default_route_settings {
    throttling_burst_limit   = 100
    throttling_rate_limit    = 50
    detailed_metrics_enabled = true
  }
  dynamic "route_settings" {
    for_each = var.grown ? [] : [1]
    content {
      route_key              = aws_apigatewayv2_route.item.route_key
      throttling_burst_limit = 10
      throttling_rate_limit  = 5
    }
  }
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format          = jsonencode({ requestId = "$context.requestId" })
  }
  stage_variables = var.grown ? { size = "large" } : { color = "blue" }
  tags            = { grown = var.grown }
}

resource "aws_apigatewayv2_deployment" "items" {
  api_id      = aws_apigatewayv2_api.items.id
  description = var.grown ? "grown" : "young"
  depends_on  = [aws_apigatewayv2_route.item, aws_apigatewayv2_route.default]
}

resource "aws_apigatewayv2_api" "quick" {
  name          = "quick"
  protocol_type = "HTTP"
  target        = var.grown ? "http://127.0.0.1:9/b" : "http://127.0.0.1:9/a"
}

resource "aws_apigatewayv2_api" "file" {
  name          = "file"
  protocol_type = "HTTP"
  version       = "1.0"
  body = jsonencode({
    openapi = "3.0.1"
    info    = { title = "file", version = "1.0" }
    paths   = var.grown ? { "/b" = { get = local.proxied } } : { "/a" = { get = local.proxied } }
  })
}

resource "aws_apigatewayv2_api" "chat" {
  name                       = "chat"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
}

resource "aws_apigatewayv2_integration" "pong" {
  api_id                        = aws_apigatewayv2_api.chat.id
  integration_type              = "MOCK"
  template_selection_expression = "200"
  request_templates             = { "200" = "{\"statusCode\":200}" }
}

resource "aws_apigatewayv2_integration_response" "pong" {
  api_id                   = aws_apigatewayv2_api.chat.id
  integration_id           = aws_apigatewayv2_integration.pong.id
  integration_response_key = "/200/"
  response_templates       = { "200" = var.grown ? "grown" : "pong" }
}

resource "aws_apigatewayv2_route" "ping" {
  api_id                              = aws_apigatewayv2_api.chat.id
  route_key                           = "ping"
  target                              = "integrations/${aws_apigatewayv2_integration.pong.id}"
  route_response_selection_expression = "$default"
}

resource "aws_apigatewayv2_route_response" "ping" {
  api_id             = aws_apigatewayv2_api.chat.id
  route_id           = aws_apigatewayv2_route.ping.id
  route_response_key = "$default"
}

resource "aws_apigatewayv2_model" "message" {
  api_id       = aws_apigatewayv2_api.chat.id
  content_type = "application/json"
  name         = "Message"
  description  = var.grown ? "grown" : "young"
  schema       = jsonencode({ "$schema" = "http://json-schema.org/draft-04/schema#", type = "object" })
}

data "aws_apigatewayv2_api" "items" {
  api_id = aws_apigatewayv2_api.items.id
}

data "aws_apigatewayv2_export" "items" {
  api_id        = aws_apigatewayv2_route.item.api_id
  specification = "OAS30"
  output_type   = "JSON"
  depends_on    = [aws_apigatewayv2_stage.default]
}

output "endpoint" {
  value = data.aws_apigatewayv2_api.items.api_endpoint
}

output "document" {
  value = jsondecode(data.aws_apigatewayv2_export.items.body)
}

output "apis" {
  value = { items = aws_apigatewayv2_api.items.id, quick = aws_apigatewayv2_api.quick.id, file = aws_apigatewayv2_api.file.id }
}
