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
  other    = "arn:aws:apigateway:${var.region}:lambda:path/2015-03-31/functions/${local.function}:2/invocations"
  roles    = ["arn:aws:iam::000000000000:role/young", "arn:aws:iam::000000000000:role/grown"]
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
  name                         = var.grown ? "items-grown" : "items"
  protocol_type                = "HTTP"
  description                  = var.grown ? "grown" : "young"
  version                      = var.grown ? "2.0" : "1.0"
  ip_address_type              = var.grown ? "dualstack" : "ipv4"
  disable_execute_api_endpoint = var.grown
  cors_configuration {
    allow_origins     = [var.grown ? "https://grown.example.com" : "https://app.example.com"]
    allow_methods     = var.grown ? ["GET", "POST"] : ["GET"]
    allow_headers     = [var.grown ? "x-grown" : "content-type"]
    expose_headers    = [var.grown ? "x-grown" : "x-request-id"]
    allow_credentials = !var.grown
    max_age           = var.grown ? 60 : 600
  }
  tags = { grown = var.grown }
}

resource "aws_apigatewayv2_integration" "function" {
  api_id                 = aws_apigatewayv2_api.items.id
  integration_type       = "AWS_PROXY"
  integration_uri        = local.invoke
  integration_method     = "POST"
  payload_format_version = var.grown ? "1.0" : "2.0"
  timeout_milliseconds   = var.grown ? 2000 : 1000
  description            = var.grown ? "grown" : "young"
  credentials_arn        = local.roles[var.grown ? 1 : 0]
}

resource "aws_apigatewayv2_integration" "queue" {
  api_id              = aws_apigatewayv2_api.items.id
  integration_type    = "AWS_PROXY"
  integration_subtype = "SQS-SendMessage"
  credentials_arn     = local.roles[0]
  request_parameters  = { QueueUrl = "http://127.0.0.1:9/q", MessageBody = "$request.body.message" }
}

resource "aws_apigatewayv2_vpc_link" "inside" {
  for_each           = toset(["a", "b"])
  name               = var.grown ? "grown-${each.key}" : each.key
  subnet_ids         = ["subnet-1", "subnet-2"]
  security_group_ids = ["sg-1"]
  tags               = { grown = var.grown }
}

resource "aws_apigatewayv2_integration" "inside" {
  api_id             = aws_apigatewayv2_api.items.id
  integration_type   = "HTTP_PROXY"
  integration_method = var.grown ? "POST" : "GET"
  integration_uri    = "arn:aws:elasticloadbalancing:${var.region}:000000000000:listener/app/a/1/${var.grown ? "b" : "a"}"
  connection_type    = "VPC_LINK"
  connection_id      = aws_apigatewayv2_vpc_link.inside[var.grown ? "b" : "a"].id
  tls_config {
    server_name_to_verify = var.grown ? "b.example.com" : "a.example.com"
  }
}

resource "aws_apigatewayv2_integration" "moving" {
  api_id             = aws_apigatewayv2_api.items.id
  integration_type   = "HTTP_PROXY"
  integration_method = "GET"
  integration_uri    = var.grown ? "arn:aws:elasticloadbalancing:${var.region}:000000000000:listener/app/a/1/a" : "http://127.0.0.1:9/"
  connection_type    = var.grown ? "VPC_LINK" : "INTERNET"
  connection_id      = var.grown ? aws_apigatewayv2_vpc_link.inside["a"].id : null
}

resource "aws_apigatewayv2_integration" "backend" {
  api_id             = aws_apigatewayv2_api.items.id
  integration_type   = "HTTP_PROXY"
  integration_method = "ANY"
  integration_uri    = "http://127.0.0.1:9/{proxy}"
  request_parameters = var.grown ? { "append:header.b" = "2" } : { "append:header.a" = "1" }

  response_parameters {
    status_code = var.grown ? 500 : 404
    mappings    = { "overwrite:statuscode" = var.grown ? "411" : "410" }
  }
}

resource "aws_apigatewayv2_authorizer" "jwt" {
  api_id           = aws_apigatewayv2_api.items.id
  name             = var.grown ? "jwt-grown" : "jwt"
  authorizer_type  = "JWT"
  identity_sources = [var.grown ? "$request.header.Token" : "$request.header.Authorization"]
  jwt_configuration {
    audience = var.grown ? ["one", "two"] : ["one"]
    issuer   = var.grown ? "https://grown.example.com" : "https://issuer.example.com"
  }
  timeouts {
    delete = var.grown ? "20m" : "10m"
  }
}

resource "aws_apigatewayv2_authorizer" "other" {
  api_id           = aws_apigatewayv2_api.items.id
  name             = "other"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]
  jwt_configuration {
    audience = ["one"]
    issuer   = "https://other.example.com"
  }
}

resource "aws_apigatewayv2_authorizer" "function" {
  api_id                            = aws_apigatewayv2_api.items.id
  name                              = "function"
  authorizer_type                   = "REQUEST"
  authorizer_uri                    = var.grown ? local.other : local.invoke
  authorizer_payload_format_version = var.grown ? "1.0" : "2.0"
  enable_simple_responses           = !var.grown
  authorizer_credentials_arn        = local.roles[var.grown ? 1 : 0]
  authorizer_result_ttl_in_seconds  = var.grown ? 0 : 30
  identity_sources                  = ["$request.header.Authorization"]
}

resource "aws_apigatewayv2_route" "item" {
  api_id               = aws_apigatewayv2_api.items.id
  route_key            = "GET /items/{id}"
  target               = "integrations/${aws_apigatewayv2_integration.function.id}"
  authorization_type   = "JWT"
  authorizer_id        = var.grown ? aws_apigatewayv2_authorizer.other.id : aws_apigatewayv2_authorizer.jwt.id
  authorization_scopes = var.grown ? ["items/read", "items/list"] : ["items/read"]
  operation_name       = var.grown ? "grown" : "item"
}

resource "aws_apigatewayv2_route" "default" {
  api_id             = aws_apigatewayv2_api.items.id
  route_key          = "$default"
  target             = "integrations/${var.grown ? aws_apigatewayv2_integration.inside.id : aws_apigatewayv2_integration.backend.id}"
  authorization_type = var.grown ? "AWS_IAM" : "NONE"
}

resource "aws_cloudwatch_log_group" "access" {
  for_each = toset(["a", "b"])
  name     = "http-apis-${each.key}"
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.items.id
  name        = "$default"
  auto_deploy = true
  description = var.grown ? "grown" : "young"
  default_route_settings {
    throttling_burst_limit   = var.grown ? 200 : 100
    throttling_rate_limit    = var.grown ? 60 : 50
    detailed_metrics_enabled = !var.grown
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
    destination_arn = aws_cloudwatch_log_group.access[var.grown ? "b" : "a"].arn
    format          = jsonencode({ requestId = "$context.requestId", grown = var.grown })
  }
  stage_variables = var.grown ? { size = "large" } : { color = "blue" }
  tags            = { grown = var.grown }
}

resource "aws_apigatewayv2_deployment" "items" {
  api_id      = aws_apigatewayv2_api.items.id
  description = var.grown ? "grown" : "young"
  triggers    = { never = "again" }
  depends_on  = [aws_apigatewayv2_route.item, aws_apigatewayv2_route.default]
}

resource "aws_apigatewayv2_deployment" "other" {
  api_id     = aws_apigatewayv2_api.items.id
  depends_on = [aws_apigatewayv2_deployment.items]
}

resource "aws_apigatewayv2_stage" "other" {
  api_id        = aws_apigatewayv2_api.items.id
  name          = "other"
  auto_deploy   = false
  deployment_id = var.grown ? aws_apigatewayv2_deployment.other.id : aws_apigatewayv2_deployment.items.id
}

resource "aws_apigatewayv2_stage" "automatic" {
  api_id      = aws_apigatewayv2_api.items.id
  name        = "automatic"
  auto_deploy = var.grown
}

resource "aws_acm_certificate" "names" {
  for_each          = toset(["a", "b"])
  domain_name       = "*.routed.example.com"
  validation_method = "DNS"
}

resource "aws_apigatewayv2_domain_name" "items" {
  domain_name = "items.routed.example.com"
  domain_name_configuration {
    certificate_arn                        = aws_acm_certificate.names[var.grown ? "b" : "a"].arn
    endpoint_type                          = "REGIONAL"
    security_policy                        = "TLS_1_2"
    ip_address_type                        = var.grown ? "dualstack" : "ipv4"
    ownership_verification_certificate_arn = aws_acm_certificate.names[var.grown ? "a" : "b"].arn
  }
  mutual_tls_authentication {
    truststore_uri     = "s3://trusted/${var.grown ? "b" : "a"}.pem"
    truststore_version = var.grown ? "2" : "1"
  }
  timeouts {
    update = var.grown ? "20m" : "10m"
  }
  tags = { grown = var.grown }
}

resource "aws_apigatewayv2_api_mapping" "items" {
  domain_name     = aws_apigatewayv2_domain_name.items.domain_name
  api_id          = aws_apigatewayv2_api.items.id
  stage           = var.grown ? aws_apigatewayv2_stage.automatic.name : aws_apigatewayv2_stage.other.name
  api_mapping_key = var.grown ? "v2/items" : "v1"
}

resource "aws_apigatewayv2_api" "quick" {
  name          = "quick"
  protocol_type = "HTTP"
  target        = var.grown ? "http://127.0.0.1:9/b" : "http://127.0.0.1:9/a"
}

resource "aws_apigatewayv2_api" "quick_function" {
  name            = "quick-function"
  protocol_type   = "HTTP"
  target          = local.function
  credentials_arn = local.roles[0]
  route_key       = "GET /quick"
}

resource "aws_apigatewayv2_api" "file" {
  name          = "file"
  protocol_type = "HTTP"
  version       = "1.0"

  fail_on_warnings = var.grown
  body = jsonencode({
    openapi = "3.0.1"
    info    = { title = "file", version = "1.0" }
    paths   = var.grown ? { "/b" = { get = local.proxied } } : { "/a" = { get = local.proxied } }
  })
}

resource "aws_apigatewayv2_api" "chat" {
  name                         = "chat"
  protocol_type                = "WEBSOCKET"
  route_selection_expression   = var.grown ? "$request.body.kind" : "$request.body.action"
  api_key_selection_expression = var.grown ? "$context.authorizer.usageIdentifierKey" : "$request.header.x-api-key"
}

resource "aws_apigatewayv2_integration" "pong" {
  api_id                        = aws_apigatewayv2_api.chat.id
  integration_type              = "MOCK"
  passthrough_behavior          = var.grown ? "NEVER" : "WHEN_NO_MATCH"
  content_handling_strategy     = var.grown ? "CONVERT_TO_BINARY" : "CONVERT_TO_TEXT"
  template_selection_expression = var.grown ? "400" : "200"
  request_templates             = { "200" = var.grown ? "{\"statusCode\": 200}" : "{\"statusCode\":200}" }
}

resource "aws_apigatewayv2_integration_response" "pong" {
  api_id                        = aws_apigatewayv2_api.chat.id
  integration_id                = aws_apigatewayv2_integration.pong.id
  integration_response_key      = var.grown ? "/400/" : "/200/"
  content_handling_strategy     = var.grown ? "CONVERT_TO_BINARY" : "CONVERT_TO_TEXT"
  template_selection_expression = var.grown ? "400" : "200"
  response_templates            = { "200" = var.grown ? "grown" : "pong" }
}

resource "aws_apigatewayv2_route" "connect" {
  api_id           = aws_apigatewayv2_api.chat.id
  route_key        = "$connect"
  target           = "integrations/${aws_apigatewayv2_integration.pong.id}"
  api_key_required = var.grown
  request_parameter {
    request_parameter_key = var.grown ? "route.request.querystring.room" : "route.request.header.room"
    required              = var.grown
  }
}

resource "aws_apigatewayv2_route" "ping" {
  api_id                              = aws_apigatewayv2_api.chat.id
  route_key                           = var.grown ? "pong" : "ping"
  target                              = "integrations/${aws_apigatewayv2_integration.pong.id}"
  model_selection_expression          = var.grown ? "$request.body.model" : "$request.body.kind"
  request_models                      = { message = aws_apigatewayv2_model.message[var.grown ? "b" : "a"].name }
  route_response_selection_expression = "$default"
}

resource "aws_apigatewayv2_route" "shy" {
  api_id                              = aws_apigatewayv2_api.chat.id
  route_key                           = "shy"
  target                              = "integrations/${aws_apigatewayv2_integration.pong.id}"
  route_response_selection_expression = var.grown ? "$default" : null
}

resource "aws_apigatewayv2_route_response" "ping" {
  api_id                     = aws_apigatewayv2_api.chat.id
  route_id                   = aws_apigatewayv2_route.ping.id
  route_response_key         = "$default"
  model_selection_expression = var.grown ? "$request.body.model" : "$request.body.kind"
  response_models            = { message = aws_apigatewayv2_model.message[var.grown ? "b" : "a"].name }
}

resource "aws_apigatewayv2_model" "message" {
  for_each     = toset(["a", "b"])
  api_id       = aws_apigatewayv2_api.chat.id
  content_type = var.grown ? "application/x-json" : "application/json"
  name         = var.grown ? "Grown${each.key}" : "Message${each.key}"
  description  = var.grown ? "grown" : "young"
  schema       = jsonencode({ "$schema" = "http://json-schema.org/draft-04/schema#", type = "object", title = var.grown ? "b" : "a" })
}

resource "aws_api_gateway_client_certificate" "shown" {
  for_each    = toset(["a", "b"])
  description = each.key
}

resource "aws_apigatewayv2_stage" "chat" {
  api_id                = aws_apigatewayv2_api.chat.id
  name                  = "chat"
  auto_deploy           = true
  client_certificate_id = aws_api_gateway_client_certificate.shown[var.grown ? "b" : "a"].id
  default_route_settings {
    data_trace_enabled     = var.grown
    logging_level          = var.grown ? "ERROR" : "INFO"
    throttling_burst_limit = 10
    throttling_rate_limit  = 5
  }
  route_settings {
    route_key                = aws_apigatewayv2_route.connect.route_key
    data_trace_enabled       = var.grown
    detailed_metrics_enabled = var.grown
    logging_level            = var.grown ? "ERROR" : "INFO"
    throttling_burst_limit   = var.grown ? 20 : 10
    throttling_rate_limit    = var.grown ? 10 : 5
  }
  depends_on = [aws_apigatewayv2_route.ping]
}

data "aws_apigatewayv2_api" "items" {
  api_id = aws_apigatewayv2_api.items.id
}

data "aws_apigatewayv2_apis" "found" {
  name          = aws_apigatewayv2_api.items.name
  protocol_type = "HTTP"
  tags          = aws_apigatewayv2_api.items.tags
}

data "aws_apigatewayv2_vpc_link" "inside" {
  vpc_link_id = aws_apigatewayv2_vpc_link.inside["a"].id
}

data "aws_apigatewayv2_export" "items" {
  api_id             = aws_apigatewayv2_route.item.api_id
  specification      = "OAS30"
  output_type        = "JSON"
  export_version     = "1.0"
  include_extensions = true
  stage_name         = aws_apigatewayv2_stage.default.name
  depends_on         = [aws_apigatewayv2_deployment.items]
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
