# Every kind of integration with everything that it can be told, and everything that can change changes.

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
  name = "integrations"
}

# It is renamed, and the next one moves below the other.
resource "aws_api_gateway_resource" "pets" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  parent_id   = aws_api_gateway_rest_api.pets.root_resource_id
  path_part   = "pets-${var.word}"
}

resource "aws_api_gateway_resource" "dogs" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  parent_id   = local.hello ? aws_api_gateway_rest_api.pets.root_resource_id : aws_api_gateway_resource.pets.id
  path_part   = "dogs"
}

resource "aws_api_gateway_resource" "dog" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  parent_id   = aws_api_gateway_resource.dogs.id
  path_part   = "{dog}"
}

resource "aws_api_gateway_method" "all" {
  for_each      = toset(["GET", "POST", "PUT", "DELETE", "PATCH"])
  rest_api_id   = aws_api_gateway_rest_api.pets.id
  resource_id   = aws_api_gateway_resource.dog.id
  http_method   = each.key
  authorization = "NONE"
  request_parameters = {
    "method.request.path.dog"        = true
    "method.request.header.Accept"   = false
    "method.request.querystring.age" = false
  }
}

resource "aws_api_gateway_method_response" "all" {
  for_each            = aws_api_gateway_method.all
  rest_api_id         = aws_api_gateway_rest_api.pets.id
  resource_id         = each.value.resource_id
  http_method         = each.value.http_method
  status_code         = "200"
  response_models     = { "application/json" = "Empty" }
  response_parameters = { "method.response.header.X-Word" = true }
}

resource "aws_api_gateway_integration" "http" {
  rest_api_id             = aws_api_gateway_rest_api.pets.id
  resource_id             = aws_api_gateway_resource.dog.id
  http_method             = aws_api_gateway_method.all["GET"].http_method
  type                    = "HTTP"
  integration_http_method = "GET"
  uri                     = "https://example.com/${var.word}/{dog}"
  passthrough_behavior    = "WHEN_NO_TEMPLATES"
  content_handling        = local.hello ? "CONVERT_TO_TEXT" : "CONVERT_TO_BINARY"
  timeout_milliseconds    = local.hello ? 50 : 29000
  cache_namespace         = "cache-${var.word}"
  cache_key_parameters    = local.hello ? ["method.request.path.dog"] : ["method.request.querystring.age"]
  request_templates       = { "application/json" = "{\"word\": \"${var.word}\"}", "text/plain" = var.word }
  request_parameters = {
    "integration.request.path.dog"                = "method.request.path.dog"
    "integration.request.header.X-Word"           = "'${var.word}'"
    "integration.request.querystring.${var.word}" = "method.request.querystring.age"
  }

  tls_config {
    insecure_skip_verification = local.hello
  }
}

resource "aws_api_gateway_integration" "service" {
  rest_api_id             = aws_api_gateway_rest_api.pets.id
  resource_id             = aws_api_gateway_resource.dog.id
  http_method             = aws_api_gateway_method.all["POST"].http_method
  type                    = "AWS"
  integration_http_method = "POST"
  uri                     = "arn:aws:apigateway:${var.region}:sqs:path/000000000000/dogs"
  credentials             = "arn:aws:iam::000000000000:role/send"
  request_parameters      = { "integration.request.header.Content-Type" = "'application/x-www-form-urlencoded'" }
  request_templates       = { "application/json" = "Action=SendMessage&MessageBody=${var.word}" }
}

resource "aws_api_gateway_integration" "proxy" {
  rest_api_id             = aws_api_gateway_rest_api.pets.id
  resource_id             = aws_api_gateway_resource.dog.id
  http_method             = aws_api_gateway_method.all["PUT"].http_method
  type                    = "HTTP_PROXY"
  integration_http_method = "ANY"
  uri                     = "http://example.com/${var.word}"
}

# To a private backend, by one link or by the other; at first it is on the internet.
resource "aws_api_gateway_vpc_link" "private" {
  for_each    = toset(["one", "other"])
  name        = each.key
  target_arns = ["arn:aws:elasticloadbalancing:${var.region}:000000000000:loadbalancer/net/${each.key}/50dc6c495c0c9188"]
}

resource "aws_api_gateway_integration" "private" {
  rest_api_id             = aws_api_gateway_rest_api.pets.id
  resource_id             = aws_api_gateway_resource.dog.id
  http_method             = aws_api_gateway_method.all["DELETE"].http_method
  type                    = "HTTP_PROXY"
  integration_http_method = "DELETE"
  uri                     = "http://private.example.com/"
  connection_type         = local.hello ? "INTERNET" : "VPC_LINK"
  connection_id           = local.hello ? null : aws_api_gateway_vpc_link.private["one"].id
}

resource "aws_api_gateway_integration" "linked" {
  rest_api_id             = aws_api_gateway_rest_api.pets.id
  resource_id             = aws_api_gateway_resource.dog.id
  http_method             = aws_api_gateway_method.all["PATCH"].http_method
  type                    = "HTTP_PROXY"
  integration_http_method = "PATCH"
  uri                     = "http://private.example.com/"
  connection_type         = "VPC_LINK"
  connection_id           = aws_api_gateway_vpc_link.private[local.hello ? "one" : "other"].id
}

resource "aws_api_gateway_integration_response" "http" {
  rest_api_id         = aws_api_gateway_rest_api.pets.id
  resource_id         = aws_api_gateway_resource.dog.id
  http_method         = aws_api_gateway_integration.http.http_method
  status_code         = aws_api_gateway_method_response.all["GET"].status_code
  selection_pattern   = local.hello ? "2\\d{2}" : "4\\d{2}"
  content_handling    = local.hello ? "CONVERT_TO_BINARY" : "CONVERT_TO_TEXT"
  response_templates  = { "application/json" = "{\"word\": \"${var.word}\"}" }
  response_parameters = { "method.response.header.X-Word" = local.hello ? "'hello'" : "integration.response.header.X-Word" }
}

# The default one.
resource "aws_api_gateway_integration_response" "service" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  resource_id = aws_api_gateway_resource.dog.id
  http_method = aws_api_gateway_integration.service.http_method
  status_code = aws_api_gateway_method_response.all["POST"].status_code
}

data "aws_api_gateway_resource" "dog" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  path        = aws_api_gateway_resource.dog.path
}

output "dog" { value = data.aws_api_gateway_resource.dog.id == aws_api_gateway_resource.dog.id }
