# Who may call an API, how fast and how often; and a way to a private backend.

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

resource "aws_api_gateway_rest_api" "pets" {
  name = "pets"
}

resource "aws_api_gateway_resource" "pets" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  parent_id   = aws_api_gateway_rest_api.pets.root_resource_id
  path_part   = "pets"
}

resource "aws_api_gateway_method" "list" {
  rest_api_id      = aws_api_gateway_rest_api.pets.id
  resource_id      = aws_api_gateway_resource.pets.id
  http_method      = "GET"
  authorization    = "NONE"
  api_key_required = true
}

resource "aws_api_gateway_integration" "list" {
  rest_api_id       = aws_api_gateway_rest_api.pets.id
  resource_id       = aws_api_gateway_resource.pets.id
  http_method       = aws_api_gateway_method.list.http_method
  type              = "MOCK"
  request_templates = { "application/json" = "{\"statusCode\": 200}" }
}

resource "aws_api_gateway_deployment" "pets" {
  rest_api_id = aws_api_gateway_rest_api.pets.id
  depends_on  = [aws_api_gateway_integration.list]
}

resource "aws_api_gateway_stage" "live" {
  for_each      = toset(["blue", "green"])
  rest_api_id   = aws_api_gateway_rest_api.pets.id
  deployment_id = aws_api_gateway_deployment.pets.id
  stage_name    = each.key
}

# The whole of it, and all of it changes.
resource "aws_api_gateway_usage_plan" "gold" {
  name         = var.grown ? "gold" : "silver"
  description  = var.grown ? null : "for a start"
  product_code = var.grown ? "CODE" : null
  tags         = var.grown ? { level = "gold", team = "pets" } : { level = "silver" }

  api_stages {
    api_id = aws_api_gateway_rest_api.pets.id
    stage  = aws_api_gateway_stage.live[var.grown ? "green" : "blue"].stage_name

    throttle {
      path        = "/pets/GET"
      burst_limit = var.grown ? 7 : 5
      rate_limit  = var.grown ? 3.5 : 2
    }

    dynamic "throttle" {
      for_each = var.grown ? ["/GET"] : []
      content {
        path        = throttle.value
        burst_limit = 1
        rate_limit  = 1
      }
    }
  }

  throttle_settings {
    burst_limit = var.grown ? 200 : 20
    rate_limit  = var.grown ? 99.5 : 10
  }

  quota_settings {
    limit  = var.grown ? 2000 : 1000
    offset = var.grown ? 0 : 2
    period = var.grown ? "DAY" : "WEEK"
  }
}

# What is there goes, and what is not there comes.
resource "aws_api_gateway_usage_plan" "other" {
  name = "other"

  dynamic "api_stages" {
    for_each = var.grown ? [] : [aws_api_gateway_stage.live["green"].stage_name]
    content {
      api_id = aws_api_gateway_rest_api.pets.id
      stage  = api_stages.value
    }
  }

  dynamic "throttle_settings" {
    for_each = var.grown ? [] : [1]
    content {
      burst_limit = 5
      rate_limit  = 5
    }
  }

  dynamic "quota_settings" {
    for_each = var.grown ? [1] : []
    content {
      limit  = 10
      period = "MONTH"
    }
  }
}

resource "aws_api_gateway_api_key" "generated" {
  name        = var.grown ? "after" : "before"
  description = var.grown ? "changed" : null
  enabled     = !var.grown
  customer_id = var.grown ? "c-1" : null
  tags        = var.grown ? {} : { env = "demo" }
}

resource "aws_api_gateway_api_key" "given" {
  name        = "given"
  description = "with a value of our own"
  value       = "apikey1234abcdefghij0123456789"
  customer_id = "c-2"
  tags        = { env = "demo" }
}

resource "aws_api_gateway_usage_plan_key" "generated" {
  key_id        = aws_api_gateway_api_key.generated.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.gold.id
}

resource "aws_api_gateway_vpc_link" "private" {
  name        = var.grown ? "after" : "before"
  description = var.grown ? "changed" : "private"
  target_arns = ["arn:aws:elasticloadbalancing:${var.region}:000000000000:loadbalancer/net/a/50dc6c495c0c9188"]
  tags        = { env = var.grown ? "after" : "before" }
}

data "aws_api_gateway_api_key" "one" {
  for_each = { generated = aws_api_gateway_api_key.generated.id, given = aws_api_gateway_api_key.given.id }
  id       = each.value
}

data "aws_api_gateway_api_keys" "of_customer" {
  customer_id = aws_api_gateway_api_key.given.customer_id
}

data "aws_api_gateway_api_keys" "all" {
  include_values = true
  depends_on     = [aws_api_gateway_api_key.generated, aws_api_gateway_api_key.given]
}

data "aws_api_gateway_vpc_link" "private" {
  name       = aws_api_gateway_vpc_link.private.name
  depends_on = [aws_api_gateway_vpc_link.private]
}

output "value_length" {
  value     = length(data.aws_api_gateway_api_key.one["generated"].value)
  sensitive = true
}

output "keys" {
  value = length(data.aws_api_gateway_api_keys.all.items)
}

output "link_status" {
  value = data.aws_api_gateway_vpc_link.private.status
}
