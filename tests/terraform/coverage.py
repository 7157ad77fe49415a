"""What a scenario exercises of the provider's `aws_api_gateway_*` and `aws_apigatewayv2_*`, read off terraform's plans and states.

A scenario's folder keeps it in `coverage.json`. The scenario's own test compares that with what it has just done, so
the file cannot say more (or less) than is true, and `test_coverage.py` adds the files up without running anything:
the scenarios may run in any order and on any worker.
"""

import collections
import json
import os

PREFIXES = ("aws_api_gateway_", "aws_apigatewayv2_")
FILE = "coverage.json"


def leaves(values, path=""):
    """The attributes that have a value, as `{"name": [value], "block.name": [value of each block], …}`. A map is
    one attribute."""
    found = collections.defaultdict(list)
    for name, value in values.items():
        if isinstance(value, list) and any(isinstance(element, dict) for element in value):
            for element in value:
                for inner, inner_values in leaves(element, f"{path}{name}.").items():
                    found[inner] += inner_values
        elif value not in (None, "", [], {}):
            found[path + name].append(value)
    return found


def written(expressions, path=""):
    """The attributes that a configuration gives a value."""
    for name, expression in expressions.items():
        blocks = expression if isinstance(expression, list) else []
        if blocks:
            for block in blocks:
                yield from written(block, f"{path}{name}.")
        else:
            yield path + name


class Coverage:
    """Of each type: what the configuration has `set`, what else has been `read`, what was `updated` in place."""

    def __init__(self):
        self._written = collections.defaultdict(set)
        self._valued = collections.defaultdict(set)
        self._updated = collections.defaultdict(set)

    def state(self, state):
        """Takes a state, as `terraform show -json` has it."""
        for resource in state.get("values", {}).get("root_module", {}).get("resources", []):
            self._values(resource, resource["values"])

    def plan(self, plan):
        """Takes a plan, as `terraform show -json` has it."""
        self.state(plan.get("prior_state", {}))
        for resource in plan["configuration"]["root_module"].get("resources", []):
            self._written[_type(resource)].update(written(resource.get("expressions", {})))
        for resource in plan.get("resource_changes", []):
            change = resource["change"]
            after = change["after"] or {}
            self._values(resource, after)
            if change["actions"] == ["update"]:
                old, new = leaves(change["before"]), leaves(after)
                unknown = leaves({k: v for k, v in change["after_unknown"].items() if v})
                changed = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
                self._updated[_type(resource)].update(changed | unknown.keys())

    def _values(self, resource, values):
        self._valued[_type(resource)].update(leaves(values))

    def summary(self):
        """As the file has it."""
        return {
            name: {
                "set": sorted(self._valued[name] & self._written[name]),
                "read": sorted(self._valued[name] - self._written[name]),
                "updated": sorted(self._updated[name]),
            }
            for name in sorted(self._valued)
            if name.removeprefix("data.").startswith(PREFIXES)
        }

    def check(self, folder):
        """Compares with the folder's file, or writes it if $TERRAFORM_COVERAGE is `write`."""
        file = folder / FILE
        if os.environ.get("TERRAFORM_COVERAGE") == "write":
            file.write_text(json.dumps(self.summary(), indent=1) + "\n")
        if file.exists():
            assert self.summary() == json.loads(file.read_text()), (
                f"{file} is out of date: run this test again with TERRAFORM_COVERAGE=write"
            )


def _type(resource):
    return ("data." if resource["mode"] == "data" else "") + resource["type"]
