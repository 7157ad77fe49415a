# What terraform cannot read back, so that it cannot be imported: a domain name at the edge that brings its certificate
# along, and a certificate whose validation goes to another domain's mail boxes.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.100.0" }
  }
}

variable "region" { type = string }
variable "certificate" { type = string }
variable "chain" { type = string }
variable "private_key" { type = string }
variable "name" { type = string }

provider "aws" {
  region = var.region
}

resource "aws_api_gateway_domain_name" "uploaded" {
  domain_name             = "uploaded.example.com"
  certificate_name        = var.name
  certificate_body        = var.certificate
  certificate_chain       = var.chain
  certificate_private_key = var.private_key
}

data "aws_api_gateway_domain_name" "uploaded" {
  domain_name = aws_api_gateway_domain_name.uploaded.domain_name
}

resource "aws_acm_certificate" "mailed" {
  domain_name       = "mail.example.com"
  validation_method = "EMAIL"
  key_algorithm     = "EC_prime256v1"

  validation_option {
    domain_name       = "mail.example.com"
    validation_domain = "example.com"
  }
}

output "address" {
  value = [aws_api_gateway_domain_name.uploaded.cloudfront_domain_name, aws_api_gateway_domain_name.uploaded.certificate_upload_date]
}

output "read" {
  value = [data.aws_api_gateway_domain_name.uploaded.cloudfront_domain_name, data.aws_api_gateway_domain_name.uploaded.certificate_name]
}

output "mails" {
  value = aws_acm_certificate.mailed.validation_emails
}
