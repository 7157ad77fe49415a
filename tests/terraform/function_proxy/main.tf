# A Lambda function with its role, and a REST API that passes everything to it.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.100.0" }
  }
}

variable "region" { type = string }
variable "color" { type = string }

provider "aws" {
  region = var.region
}

data "aws_caller_identity" "owner" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "painter" {
  name               = "terraform-painter"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.painter.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_lambda_function" "painter" {
  function_name    = "terraform-painter"
  role             = aws_iam_role.painter.arn
  runtime          = "python3.12"
  handler          = "painter.handler"
  filename         = "${path.module}/painter.zip"
  source_code_hash = filebase64sha256("${path.module}/painter.zip")
  tags             = { purpose = "scenario" }

  environment {
    variables = { COLOR = var.color }
  }
}

resource "aws_api_gateway_rest_api" "gallery" {
  name = "gallery-of-${data.aws_caller_identity.owner.account_id}"
}

resource "aws_api_gateway_resource" "all" {
  rest_api_id = aws_api_gateway_rest_api.gallery.id
  parent_id   = aws_api_gateway_rest_api.gallery.root_resource_id
  path_part   = "{proxy+}"
}

resource "aws_api_gateway_method" "all" {
  rest_api_id   = aws_api_gateway_rest_api.gallery.id
  resource_id   = aws_api_gateway_resource.all.id
  http_method   = "ANY"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "all" {
  rest_api_id             = aws_api_gateway_rest_api.gallery.id
  resource_id             = aws_api_gateway_resource.all.id
  http_method             = aws_api_gateway_method.all.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = aws_lambda_function.painter.invoke_arn
}

resource "aws_lambda_permission" "gallery" {
  statement_id  = "gallery"
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  function_name = aws_lambda_function.painter.function_name
  source_arn    = "${aws_api_gateway_rest_api.gallery.execution_arn}/*/*"
}

resource "aws_api_gateway_deployment" "current" {
  rest_api_id = aws_api_gateway_rest_api.gallery.id
  depends_on  = [aws_api_gateway_integration.all]
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id   = aws_api_gateway_rest_api.gallery.id
  deployment_id = aws_api_gateway_deployment.current.id
  stage_name    = "live"
}

output "api" { value = aws_api_gateway_rest_api.gallery.id }
