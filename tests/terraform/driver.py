"""Runs terraform against a gateway, as a user would: the configuration knows nothing of the endpoint, which
comes from the environment."""

import json
import os
import pathlib
import re
import shutil
import subprocess

from harness.process import clean_environment

from .coverage import Coverage

HERE = pathlib.Path(__file__).parent
PROVIDER = "registry.terraform.io/hashicorp/aws/5.100.0"

#: How each type spells the id that it is imported by; the others are imported by their `id`.
IMPORT_IDS = {
    "aws_api_gateway_account": "api-gateway-account",
    "aws_api_gateway_authorizer": "{rest_api_id}/{id}",
    "aws_api_gateway_deployment": "{rest_api_id}/{id}",
    "aws_api_gateway_documentation_part": "{rest_api_id}/{documentation_part_id}",
    "aws_api_gateway_documentation_version": "{rest_api_id}/{version}",
    "aws_api_gateway_gateway_response": "{rest_api_id}/{response_type}",
    "aws_api_gateway_integration": "{rest_api_id}/{resource_id}/{http_method}",
    "aws_api_gateway_integration_response": "{rest_api_id}/{resource_id}/{http_method}/{status_code}",
    "aws_api_gateway_method": "{rest_api_id}/{resource_id}/{http_method}",
    "aws_api_gateway_method_response": "{rest_api_id}/{resource_id}/{http_method}/{status_code}",
    "aws_api_gateway_method_settings": "{rest_api_id}/{stage_name}/{method_path}",
    "aws_api_gateway_model": "{rest_api_id}/{name}",
    "aws_api_gateway_request_validator": "{rest_api_id}/{id}",
    "aws_api_gateway_resource": "{rest_api_id}/{id}",
    "aws_api_gateway_stage": "{rest_api_id}/{stage_name}",
    "aws_api_gateway_usage_plan_key": "{usage_plan_id}/{key_id}",
    "aws_api_gateway_rest_api_policy": "{rest_api_id}",
    "aws_iam_role_policy": "{role}:{name}",
    "aws_iam_role_policy_attachment": "{role}/{policy_arn}",
    "aws_lambda_permission": "{function_name}/{statement_id}",
}


def plugin_mirror():
    """A folder that holds the provider, or None. $TF_PLUGIN_MIRROR wins over the usual places."""
    if os.environ.get("TF_PLUGIN_MIRROR"):
        return pathlib.Path(os.environ["TF_PLUGIN_MIRROR"])
    places = [pathlib.Path.home() / ".terraform.d", *map(pathlib.Path, ("/usr/local/share/terraform", "/usr/share/terraform", "/opt"))]
    for place in places:
        for mirror in (place, *sorted(place.glob("*/"))):
            if (mirror / PROVIDER).is_dir():
                return mirror
    return None


def missing():
    """What keeps terraform from running here, or None."""
    if not shutil.which("terraform"):
        return "terraform is not installed"
    if plugin_mirror() is None:
        return "terraform's provider hashicorp/aws 5.100.0 is in no mirror on this machine"
    return None


class Terraform:
    """One working folder. Variables are `TF_VAR_…` and may change between steps."""

    def __init__(self, aws, scenario, work, **variables):
        self.aws = aws
        self.source = HERE / scenario
        self.folder = work / scenario
        self.coverage = Coverage()
        shutil.copytree(self.source, self.folder)
        self.variables = {"region": aws.region, **variables}

    def run(self, *arguments, folder=None, good=(0,)):
        """Runs one command; its status has to be one of `good`. Returns (status, what it printed)."""
        variables = {f"TF_VAR_{name}": str(value) for name, value in self.variables.items()}
        environment = clean_environment(
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",
            AWS_ENDPOINT_URL=self.aws.endpoint,
            AWS_EC2_METADATA_DISABLED="true",
            AWS_MAX_ATTEMPTS="2",
            CHECKPOINT_DISABLE="1",
            TF_IN_AUTOMATION="1",
            **variables,
        )
        environment.pop("TF_CLI_CONFIG_FILE", None)
        done = subprocess.run(
            ["terraform", *arguments],
            cwd=folder or self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode in good, f"terraform {' '.join(arguments)}: {done.returncode}\n{done.stdout}"
        return done.returncode, done.stdout

    def init(self):
        self.run("init", "-no-color", "-input=false", f"-plugin-dir={plugin_mirror()}")

    def apply(self, replaced=("aws_api_gateway_deployment",)):
        """Plans and applies. What is there already changes in place, save for resources of the types `replaced`:
        what a deployment is of cannot be changed."""
        self.run("plan", "-no-color", "-input=false", "-out=next.tfplan")
        plan = json.loads(self.run("show", "-json", "next.tfplan")[1])
        anew = {
            resource["address"]
            for resource in plan.get("resource_changes", [])
            if {"create", "delete"} <= set(resource["change"]["actions"]) and resource["type"] not in replaced
        }
        assert anew == set(), f"would be replaced: {anew}"
        self.coverage.plan(plan)
        return self.run("apply", "-no-color", "-input=false", "next.tfplan")[1]

    def plans_no_change(self):
        code, printed = self.run("plan", "-no-color", "-detailed-exitcode", "-input=false", good=(0, 2))
        assert code == 0, f"terraform would change what it has just made:\n{printed}"
        return True

    def resources(self):
        """The managed resources of the state."""
        shown = json.loads(self.run("show", "-json")[1])
        self.coverage.state(shown)
        listed = shown.get("values", {}).get("root_module", {}).get("resources", [])
        return [resource for resource in listed if resource["mode"] == "managed"]

    def output(self, name):
        return json.loads(self.run("output", "-json", name)[1])

    def imports_everything(self):
        """Every resource can be imported into an empty state, and none would have to be made anew."""
        resources = self.resources()
        fresh = self.folder.with_name(self.folder.name + "-import")
        fresh.mkdir()
        for path in self.folder.iterdir():
            if path.is_file() and path.suffix not in (".tfstate", ".backup", ".tfplan"):
                shutil.copy(path, fresh)
        blocks = []
        for resource in resources:
            known = {key: value for key, value in resource["values"].items() if value is not None}
            name = IMPORT_IDS.get(resource["type"], "{id}").format_map(known)
            blocks.append(f"import {{\n  to = {resource['address']}\n  id = {json.dumps(name)}\n}}\n")
        (fresh / "imports.tf").write_text("\n".join(blocks))
        # As initialized as the folder that it is a copy of.
        shutil.copytree(self.folder / ".terraform", fresh / ".terraform", symlinks=True)
        _, printed = self.run("plan", "-no-color", "-detailed-exitcode", "-input=false", folder=fresh, good=(0, 2))
        planned = re.search(r"Plan: (\d+) to import, (\d+) to add, \d+ to change, (\d+) to destroy", printed)
        assert planned and int(planned[1]) == len(resources), printed
        # The triggers of a deployment are known to terraform alone, so an imported one is always replaced.
        replaced = re.findall(r"# (\S+) must be replaced", printed)
        assert all(name.startswith("aws_api_gateway_deployment.") for name in replaced), printed
        assert int(planned[2]) == int(planned[3]) == len(replaced), printed
        return True

    def destroy(self):
        """Destroys everything. The scenario ends here: what it has exercised is compared with its file."""
        self.run("destroy", "-no-color", "-auto-approve", "-input=false")
        assert self.run("state", "list")[1] == ""
        self.coverage.check(self.source)
