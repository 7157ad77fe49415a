"""Stage: create, get, list, delete, and what its patches make of it. Recorded from AWS unless said otherwise."""

import pytest

from harness.account import answer, bad_request, conflict, invalid, not_found, patch, status

UNKNOWN = "Invalid stage identifier specified"

#: The missing commas are AWS's own.
PATHS = (
    "[/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, "
    "/accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format, "
    "/{resourcePath}/{httpMethod}/metrics/enabled, /{resourcePath}/{httpMethod}/logging/dataTrace, "
    "/{resourcePath}/{httpMethod}/logging/loglevel, "
    "/{resourcePath}/{httpMethod}/throttling/burstLimit"
    "/{resourcePath}/{httpMethod}/throttling/rateLimit"
    "/{resourcePath}/{httpMethod}/caching/ttlInSeconds, "
    "/{resourcePath}/{httpMethod}/caching/enabled, /{resourcePath}/{httpMethod}/caching/dataEncrypted, "
    "/{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, "
    "/{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, "
    "/*/*/metrics/enabled, /*/*/logging/dataTrace, /*/*/logging/loglevel, "
    "/*/*/throttling/burstLimit /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, "
    "/*/*/caching/enabled, /*/*/caching/dataEncrypted, /*/*/caching/requireAuthorizationForCacheControl, "
    "/*/*/caching/unauthorizedCacheControlHeaderStrategy, /variables/{variable_name}, /tracingEnabled]"
)
ACCESS_LOG_PATHS = (
    "Invalid accessLogSettings path. "
    "Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]"
)


def nothing_to_remove(path):
    return f"Cannot remove method setting {path} because there is no method setting for this method "


@pytest.fixture
def pets(api):
    """An API deployed to the stage `dev`."""
    api.mock("/test")
    api.deployment = api.deploy("dev")
    return api


def update(api, *operations):
    return answer(api.client.update_stage(restApiId=api.id, stageName="dev", patchOperations=list(operations)))


def settings_after(api, *operations):
    return update(api, *operations)["methodSettings"]


class TestCollection:
    def test_a_new_stage_has_awss_defaults(self, pets):
        created = pets.client.create_stage(restApiId=pets.id, stageName="prod", deploymentId=pets.deployment)
        assert status(created) == 201
        assert answer(created) == {
            "stageName": "prod",
            "deploymentId": pets.deployment,
            "cacheClusterEnabled": False,
            "cacheClusterStatus": "NOT_AVAILABLE",
            "methodSettings": {},
            "tracingEnabled": False,
        }
        got = pets.client.get_stage(restApiId=pets.id, stageName="prod")
        assert answer(got) == answer(created)

    def test_everything_given_is_returned(self, pets):
        given = {
            "stageName": "prod",
            "deploymentId": pets.deployment,
            "description": "live",
            "variables": {"color": "blue"},
            "tracingEnabled": True,
            "tags": {"team": "zoo"},
        }
        created = pets.client.create_stage(restApiId=pets.id, **given)
        assert {key: created[key] for key in given} == given

    def test_the_list_is_called_item_and_filters_by_deployment(self, pets):
        other = pets.deploy("prod")

        def names(**filters):
            return sorted(stage["stageName"] for stage in pets.client.get_stages(restApiId=pets.id, **filters)["item"])

        assert names() == ["dev", "prod"]
        assert names(deploymentId=other) == ["prod"]
        assert names(deploymentId="nope12") == []

    def test_delete(self, pets):
        assert status(pets.client.delete_stage(restApiId=pets.id, stageName="dev")) == 202
        for call in (pets.client.get_stage, pets.client.delete_stage):
            with not_found(UNKNOWN):
                call(restApiId=pets.id, stageName="dev")

    def test_a_name_is_taken_once(self, pets):
        with conflict("Stage already exists"):
            pets.client.create_stage(restApiId=pets.id, stageName="dev", deploymentId=pets.deployment)

    def test_the_list_can_be_of_one_deployment(self, pets):
        other = pets.client.create_deployment(restApiId=pets.id)["id"]
        pets.client.create_stage(restApiId=pets.id, stageName="other", deploymentId=other)
        for query, names in (({}, ["dev", "other"]), ({"deploymentId": other}, ["other"])):
            listed = answer(pets.client.get_stages(restApiId=pets.id, **query))
            assert listed.keys() == {"item"}
            assert [stage["stageName"] for stage in listed["item"]] == names

    def test_the_deployment_must_exist(self, pets):
        with bad_request("Deployment id does not exist"):
            pets.client.create_stage(restApiId=pets.id, stageName="prod", deploymentId="nope12")
        with bad_request("Deployment id does not exist"):
            update(pets, patch("replace", "/deploymentId", "nope12"))

    @pytest.mark.parametrize("name", ["a" * 129, "with space", "with/slash", "with.dot", ""])
    def test_names_that_are_refused(self, pets, name):
        # API Gateway developer guide: letters, digits, hyphens and underscores, at most 128.
        with pytest.raises(pets.client.exceptions.BadRequestException):
            pets.client.create_stage(restApiId=pets.id, stageName=name, deploymentId=pets.deployment)

    @pytest.mark.parametrize("name", ["a" * 128, "under_score", "hy-phen", "9"])
    def test_names_that_are_taken(self, pets, name):
        made = pets.client.create_stage(restApiId=pets.id, stageName=name, deploymentId=pets.deployment)
        assert made["stageName"] == name


class TestScalars:
    def test_values_are_replaced(self, pets):
        other = pets.client.create_deployment(restApiId=pets.id)["id"]
        got = update(
            pets,
            patch("replace", "/deploymentId", other),
            patch("replace", "/description", "new"),
            patch("replace", "/tracingEnabled", "true"),
            patch("replace", "/variables/color", "blue"),
        )
        assert (got["deploymentId"], got["description"], got["tracingEnabled"]) == (other, "new", True)
        assert got["variables"] == {"color": "blue"}

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("a-b", "x", "Invalid stage variable name: a-b. Please use names with only word characters."),
            (
                "a",
                "{",
                "Invalid stage variable value of key a.  Please use values with alphanumeric characters and the "
                "symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','.",
            ),
            # Not recorded; the sizes are API Gateway's quotas.
            ("a" * 65, "x", f"Invalid stage variable name: {'a' * 65}. Please use names with only word characters."),
            ("a", "x" * 513, "Invalid stage variable value of key a.  Values can be at most 512 characters long."),
        ],
    )
    def test_variables_have_their_characters_and_sizes(self, pets, name, value, message):
        with bad_request(message):
            update(pets, patch("replace", f"/variables/{name}", value))
        given = {"restApiId": pets.id, "deploymentId": pets.deployment}
        with bad_request(message):
            pets.client.create_stage(**given, stageName="x", variables={name: value})
        pets.client.create_stage(**given, stageName="x", variables={"a" * 64: "x" * 512})

    def test_variables_come_and_go(self, pets):
        update(pets, patch("replace", "/variables/a", "1"), patch("replace", "/variables/b", "2"))
        assert update(pets, patch("remove", "/variables/a"))["variables"] == {"b": "2"}

    @pytest.mark.parametrize("path", ["/x", "/documentation_version", "/tags/x"])
    def test_unknown_paths_list_the_known_ones(self, pets, path):
        with bad_request(f"Invalid method setting path: {path}. Must be one of: {PATHS}"):
            update(pets, patch("replace", path, "y"))

    def test_an_unknown_stage(self, pets):
        with not_found(UNKNOWN):
            pets.client.update_stage(
                restApiId=pets.id, stageName="nope", patchOperations=[patch("replace", "/description", "x")]
            )


DEFAULTS = {
    "metricsEnabled": False,
    "dataTraceEnabled": False,
    "throttlingBurstLimit": 5000,
    "throttlingRateLimit": 10000.0,
    "cachingEnabled": False,
    "cacheTtlInSeconds": 300,
    "cacheDataEncrypted": False,
    "requireAuthorizationForCacheControl": True,
    "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
}


class TestMethodSettings:
    @pytest.mark.parametrize(
        ("path", "value", "member", "kept"),
        [
            ("metrics/enabled", "true", "metricsEnabled", True),
            ("logging/dataTrace", "true", "dataTraceEnabled", True),
            ("logging/loglevel", "INFO", "loggingLevel", "INFO"),
            ("throttling/burstLimit", "124", "throttlingBurstLimit", 124),
            ("throttling/rateLimit", "12.5", "throttlingRateLimit", 12.5),
            # Terraform's provider sends -1 for a throttle that its user left out.
            ("throttling/burstLimit", "-1", "throttlingBurstLimit", -1),
            ("caching/enabled", "true", "cachingEnabled", True),
            ("caching/ttlInSeconds", "60", "cacheTtlInSeconds", 60),
            ("caching/dataEncrypted", "true", "cacheDataEncrypted", True),
            ("caching/requireAuthorizationForCacheControl", "false", "requireAuthorizationForCacheControl", False),
            (
                "caching/unauthorizedCacheControlHeaderStrategy",
                "FAIL_WITH_403",
                "unauthorizedCacheControlHeaderStrategy",
                "FAIL_WITH_403",
            ),
        ],
    )
    def test_one_setting_brings_the_defaults_of_the_others(self, pets, path, value, member, kept):
        got = settings_after(pets, patch("replace", f"/*/*/{path}", value))
        assert got == {"*/*": {**DEFAULTS, member: kept}}

    def test_a_method_inherits_what_holds_for_all_at_the_time(self, pets):
        settings_after(pets, patch("replace", "/*/*/throttling/burstLimit", "124"))
        own = "/~1test/GET/caching/ttlInSeconds"
        got = settings_after(pets, patch("replace", own, "60"))
        assert got["test/GET"] == {**DEFAULTS, "throttlingBurstLimit": 124, "cacheTtlInSeconds": 60}
        got = settings_after(pets, patch("replace", "/*/*/throttling/burstLimit", "200"))
        assert got["*/*"]["throttlingBurstLimit"] == 200
        assert got["test/GET"]["throttlingBurstLimit"] == 124

    def test_terraforms_path_without_escape(self, pets):
        got = settings_after(pets, patch("replace", "/test/GET/metrics/enabled", "true"))
        assert got == {"test/GET": {**DEFAULTS, "metricsEnabled": True}}

    def test_removal(self, pets):
        settings_after(pets, patch("replace", "/*/*/metrics/enabled", "true"))
        assert settings_after(pets, patch("remove", "/*/*")) == {}
        with bad_request(nothing_to_remove("*/*")):
            settings_after(pets, patch("remove", "/*/*"))


class TestAccessLogs:
    ARN = "arn:aws:logs:us-east-1:000000000000:log-group:access"

    @pytest.mark.parametrize("op", ["add", "replace"])
    def test_both_parts_are_set_and_kept_verbatim(self, pets, op):
        got = update(
            pets,
            patch(op, "/accessLogSettings/destinationArn", self.ARN),
            patch(op, "/accessLogSettings/format", "$context.requestId"),
        )
        assert got["accessLogSettings"] == {"destinationArn": self.ARN, "format": "$context.requestId"}

    def test_removal_is_of_both(self, pets):
        update(pets, patch("replace", "/accessLogSettings/destinationArn", self.ARN))
        with bad_request(nothing_to_remove("accessLogSettings/destinationArn")):
            update(pets, patch("remove", "/accessLogSettings/destinationArn"))
        assert "accessLogSettings" not in update(pets, patch("remove", "/accessLogSettings"))

    @pytest.mark.parametrize("op", ["add", "replace"])
    @pytest.mark.parametrize("path", ["/accessLogSettings", "/accessLogSettings/*", "/accessLogSettings/randomValue"])
    def test_unknown_members_are_refused(self, pets, op, path):
        with bad_request(ACCESS_LOG_PATHS):
            update(pets, patch(op, path, "x"))

    def test_unknown_members_cannot_be_removed(self, pets):
        with bad_request(nothing_to_remove("accessLogSettings/randomValue")):
            update(pets, patch("remove", "/accessLogSettings/randomValue"))

    def test_an_empty_value_is_refused(self, pets):
        for path in ("/accessLogSettings/destinationArn", "/accessLogSettings/format"):
            with bad_request("Access Log value must not be empty"):
                update(pets, patch("replace", path, ""))


class TestCacheCluster:
    """API Gateway API reference, `Stage`: the call that changes a cache says that it is being changed. AWS's then
    takes minutes; here a new one is there at once, and one that goes is on its way for ten seconds, because the
    Terraform provider looks for that."""

    def stage(self, deployed, **settings):
        api, deployment = deployed
        made = api.client.create_stage(
            restApiId=api.id, stageName="cached", deploymentId=deployment, cacheClusterEnabled=True, **settings
        )
        return made, lambda: api.client.get_stage(restApiId=api.id, stageName="cached")

    @pytest.fixture
    def deployed(self, api):
        api.mock("/")
        return api, api.client.create_deployment(restApiId=api.id)["id"]

    @pytest.mark.parametrize("size", ["0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"])
    def test_a_cache_is_made_in_every_size(self, deployed, size):
        made, got = self.stage(deployed, cacheClusterSize=size)
        assert (made["cacheClusterStatus"], made["cacheClusterSize"]) == ("CREATE_IN_PROGRESS", size)
        assert (got()["cacheClusterStatus"], got()["cacheClusterSize"]) == ("AVAILABLE", size)

    def test_it_is_resized_and_removed(self, deployed):
        made, got = self.stage(deployed)
        assert made["cacheClusterSize"] == "0.5"
        for path, value, answered, then in [
            ("/cacheClusterSize", "6.1", "CREATE_IN_PROGRESS", "AVAILABLE"),
            ("/cacheClusterEnabled", "false", "DELETE_IN_PROGRESS", "DELETE_IN_PROGRESS"),
            ("/cacheClusterEnabled", "true", "CREATE_IN_PROGRESS", "AVAILABLE"),
        ]:
            updated = deployed[0].client.update_stage(
                restApiId=deployed[0].id, stageName="cached", patchOperations=[patch("replace", path, value)]
            )
            assert (updated["cacheClusterStatus"], got()["cacheClusterStatus"]) == (answered, then)

    def test_other_sizes_are_refused(self, deployed):
        with invalid(
            "1 validation error detected: Value '3' at 'createStageInput.cacheClusterSize' failed to satisfy "
            "constraint: Member must satisfy enum value set: [0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118, 237]"
        ):
            self.stage(deployed, cacheClusterSize="3")
