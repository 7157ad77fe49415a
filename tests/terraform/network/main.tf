# A way from an API to a backend behind a network load balancer, with all that it stands on.

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

resource "aws_vpc" "pets" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = var.grown
  tags                 = var.grown ? { Name = "pets", level = "gold" } : { Name = "pets" }
}

resource "aws_subnet" "pets" {
  for_each          = { a = "10.0.1.0/24", b = "10.0.2.0/24" }
  vpc_id            = aws_vpc.pets.id
  cidr_block        = each.value
  availability_zone = "${var.region}${each.key}"
  tags              = { Name = "pets-${each.key}" }
}

resource "aws_security_group" "pets" {
  name        = "pets"
  description = "who may reach the pets"
  vpc_id      = aws_vpc.pets.id

  ingress {
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = var.grown ? ["10.0.0.0/16", "10.1.0.0/16"] : ["10.0.0.0/16"]
  }
}

resource "aws_lb" "pets" {
  name                             = "pets"
  load_balancer_type               = "network"
  internal                         = true
  subnets                          = [for subnet in aws_subnet.pets : subnet.id]
  security_groups                  = [aws_security_group.pets.id]
  enable_cross_zone_load_balancing = var.grown
  tags                             = { level = var.grown ? "gold" : "silver" }
}

resource "aws_api_gateway_vpc_link" "pets" {
  name        = "pets"
  target_arns = [aws_lb.pets.arn]
}

data "aws_api_gateway_vpc_link" "pets" {
  name       = aws_api_gateway_vpc_link.pets.name
  depends_on = [aws_api_gateway_vpc_link.pets]
}

resource "aws_api_gateway_rest_api" "pets" {
  name = "pets"
}

resource "aws_api_gateway_method" "list" {
  rest_api_id   = aws_api_gateway_rest_api.pets.id
  resource_id   = aws_api_gateway_rest_api.pets.root_resource_id
  http_method   = "GET"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "list" {
  rest_api_id             = aws_api_gateway_rest_api.pets.id
  resource_id             = aws_api_gateway_rest_api.pets.root_resource_id
  http_method             = aws_api_gateway_method.list.http_method
  type                    = "HTTP_PROXY"
  integration_http_method = "GET"
  uri                     = "http://${aws_lb.pets.dns_name}/pets"
  connection_type         = "VPC_LINK"
  connection_id           = aws_api_gateway_vpc_link.pets.id
}

output "link_status" {
  value = data.aws_api_gateway_vpc_link.pets.status
}

output "hostnames" {
  value = aws_vpc.pets.enable_dns_hostnames
}
