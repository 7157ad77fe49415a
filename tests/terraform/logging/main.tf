# The account's role for logs, a stage with an access log, and settings for all of its methods.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.100.0" }
  }
}

variable "region" { type = string }
variable "days" { type = number }
variable "level" { type = string }

provider "aws" {
  region = var.region
}

resource "aws_iam_role" "writer" {
  name = "terraform-log-writer"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "apigateway.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "writer" {
  name = "write-logs"
  role = aws_iam_role.writer.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:Describe*", "logs:PutLogEvents"]
      Resource = "*"
    }]
  })
}

resource "aws_iam_role" "other" {
  name               = "terraform-other-writer"
  assume_role_policy = aws_iam_role.writer.assume_role_policy
}

resource "aws_api_gateway_account" "this" {
  cloudwatch_role_arn = var.level == "INFO" ? aws_iam_role.writer.arn : aws_iam_role.other.arn
  reset_on_delete     = var.level == "ERROR"
  depends_on          = [aws_iam_role_policy.writer]
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/terraform/access"
  retention_in_days = var.days
}

resource "aws_cloudwatch_log_group" "other" {
  name = "/terraform/other"
}

resource "aws_api_gateway_rest_api" "quiet" {
  name = "quiet"
}

resource "aws_api_gateway_method" "root" {
  rest_api_id   = aws_api_gateway_rest_api.quiet.id
  resource_id   = aws_api_gateway_rest_api.quiet.root_resource_id
  http_method   = "GET"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "root" {
  rest_api_id       = aws_api_gateway_rest_api.quiet.id
  resource_id       = aws_api_gateway_rest_api.quiet.root_resource_id
  http_method       = aws_api_gateway_method.root.http_method
  type              = "MOCK"
  request_templates = { "application/json" = "{\"statusCode\": 200}" }
}

resource "aws_api_gateway_deployment" "current" {
  rest_api_id = aws_api_gateway_rest_api.quiet.id
  depends_on  = [aws_api_gateway_integration.root]
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id   = aws_api_gateway_rest_api.quiet.id
  deployment_id = aws_api_gateway_deployment.current.id
  stage_name    = "live"
  depends_on    = [aws_api_gateway_account.this]

  access_log_settings {
    destination_arn = var.level == "INFO" ? aws_cloudwatch_log_group.access.arn : aws_cloudwatch_log_group.other.arn
    format          = "$context.requestId $context.httpMethod $context.resourcePath $context.status ${var.level}"
  }
}

resource "aws_api_gateway_method_settings" "all" {
  rest_api_id = aws_api_gateway_rest_api.quiet.id
  stage_name  = aws_api_gateway_stage.live.stage_name
  method_path = "*/*"

  settings {
    metrics_enabled                            = var.level == "ERROR"
    logging_level                              = var.level
    data_trace_enabled                         = var.level == "INFO"
    throttling_burst_limit                     = var.level == "INFO" ? 100 : 50
    throttling_rate_limit                      = var.level == "INFO" ? 50 : 12.5
    caching_enabled                            = var.level == "INFO"
    cache_ttl_in_seconds                       = var.level == "INFO" ? 60 : 3600
    cache_data_encrypted                       = var.level == "ERROR"
    require_authorization_for_cache_control    = var.level == "INFO"
    unauthorized_cache_control_header_strategy = var.level == "INFO" ? "FAIL_WITH_403" : "SUCCEED_WITHOUT_RESPONSE_HEADER"
  }
}

# One method, and only what it sets.
resource "aws_api_gateway_method_settings" "root" {
  rest_api_id = aws_api_gateway_rest_api.quiet.id
  stage_name  = aws_api_gateway_stage.live.stage_name
  method_path = "pets~1dogs/GET"

  settings {
    logging_level = var.level
  }

  depends_on = [aws_api_gateway_method_settings.all]
}
