"""UsagePlan and UsagePlanKey, with every form of path that clients patch. Recorded from AWS unless said otherwise."""

import pytest

from harness.account import answer, bad_request, conflict, not_found, patch, status

UNKNOWN = "Invalid Usage Plan ID specified"
#: Seen in reports of AWS's users.
UNKNOWN_KEY = "Invalid API Key identifier specified"


@pytest.fixture
def pets(api):
    """An API deployed to the stages `dev` and `prod`."""
    api.mock("/pets")
    api.deploy("dev")
    api.deploy("prod")
    return api


def create(api, **settings):
    return api.client.create_usage_plan(**{"name": "p", **settings})["id"]


def update(api, plan, *operations):
    return answer(api.client.update_usage_plan(usagePlanId=plan, patchOperations=list(operations)))


def stage(api, name="dev", **settings):
    return {"apiId": api.id, "stage": name, **settings}


def key_in(api, *plans):
    key = api.client.create_api_key()["id"]
    for plan in plans:
        api.client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    return key


class TestOne:
    def test_a_bare_plan_has_no_stages(self, apigateway):
        created = apigateway.create_usage_plan(name="p")
        assert status(created) == 201
        created = answer(created)
        assert created == {"id": created["id"], "name": "p", "apiStages": []}
        assert answer(apigateway.get_usage_plan(usagePlanId=created["id"])) == {**created, "tags": {}}
        assert apigateway.get_usage_plans()["items"] == [created]

    def test_what_is_given_is_answered(self, pets):
        given = {
            "name": "n",
            "description": "d",
            "apiStages": [
                stage(pets, throttle={"/pets/GET": {"burstLimit": 2, "rateLimit": 0.5}}),
                stage(pets, "prod"),
            ],
            # The burst may be above the rate.
            "throttle": {"burstLimit": 20, "rateLimit": 10.0},
            "quota": {"limit": 1000, "offset": 2, "period": "WEEK"},
            "tags": {"env": "demo"},
        }
        created = answer(pets.client.create_usage_plan(**given))
        assert created == {**given, "id": created["id"]}
        got = answer(pets.client.get_usage_plan(usagePlanId=created["id"]))
        assert got == created
        assert isinstance(got["quota"]["limit"], int)

    def test_a_quota_starts_at_offset_0(self, apigateway):
        created = apigateway.create_usage_plan(name="p", quota={"limit": 5, "period": "MONTH"})
        assert created["quota"] == {"limit": 5, "offset": 0, "period": "MONTH"}

    def test_unknown_plans_are_refused(self, apigateway):
        for call in (apigateway.get_usage_plan, apigateway.update_usage_plan, apigateway.delete_usage_plan):
            with not_found(UNKNOWN):
                call(usagePlanId="nope")

    @pytest.mark.parametrize(
        ("period", "offset", "range"),
        [
            ("DAY", 1, "zero in the DAY period"),
            ("WEEK", 7, "between zero and six inclusive in the WEEK period"),
            ("MONTH", 28, "between zero and 27 inclusive in the MONTH period"),
        ],
    )
    def test_an_offset_lies_within_its_period(self, apigateway, period, offset, range):
        """Not recorded."""
        apigateway.create_usage_plan(name="p", quota={"limit": 1, "offset": offset - 1, "period": period})
        with bad_request(f"Usage Plan quota offset must be {range}"):
            apigateway.create_usage_plan(name="p", quota={"limit": 1, "offset": offset, "period": period})

    def test_stages_have_to_exist(self, pets):
        """Seen in reports of AWS's users."""
        with not_found(f"API Stage not found: {pets.id}:nope"):
            create(pets, apiStages=[stage(pets, "nope")])

    def test_methods_are_throttled_only_in_a_throttled_plan(self, pets):
        """Seen in reports of AWS's users."""
        fine = stage(pets, throttle={"/pets/GET": {"burstLimit": 1, "rateLimit": 1.0}})
        with bad_request("Can not define fine grain throttling if usage plan throttle is not defined."):
            create(pets, apiStages=[fine])

    def test_tags_change_by_arn(self, aws, apigateway):
        plan = apigateway.create_usage_plan(name="p", tags={"env": "demo"})["id"]
        arn = aws.arn(f"/usageplans/{plan}")
        apigateway.tag_resource(resourceArn=arn, tags={"a": "1"})
        apigateway.untag_resource(resourceArn=arn, tagKeys=["env"])
        assert apigateway.get_usage_plan(usagePlanId=plan)["tags"] == {"a": "1"}


class TestUpdate:
    def test_stages_come_and_go(self, pets):
        plan = create(pets)
        named = f"{pets.id}:dev"
        assert update(pets, plan, patch("add", "/apiStages", named)) == {
            "id": plan,
            "name": "p",
            "apiStages": [stage(pets)],
            "tags": {},
        }
        assert update(pets, plan, patch("remove", "/apiStages", named))["apiStages"] == []

    @pytest.mark.parametrize("value", [None, "", "x", ":dev", "x:"])
    @pytest.mark.parametrize("op", ["add", "remove"])
    def test_malformed_stages_are_refused(self, pets, op, value):
        plan = create(pets)
        with bad_request("Invalid API Stage specified"):
            update(pets, plan, patch(op, "/apiStages", value))

    def test_unknown_stages_are_refused(self, pets):
        plan = create(pets)
        for api, name in ((pets.id, "nope"), ("nope", "dev")):
            with not_found(f"Invalid API Stage {{api: {api}, stage: {name}}} specified for usageplan {plan}"):
                update(pets, plan, patch("add", "/apiStages", f"{api}:{name}"))

    def test_the_terraform_providers_way_with_throttles(self, pets):
        """Every stage is removed and added anew; the path of a resource is not escaped."""
        plan = create(
            pets,
            throttle={"burstLimit": 5, "rateLimit": 5.0},
            apiStages=[stage(pets, throttle={"/pets/GET": {"burstLimit": 1, "rateLimit": 1.0}})],
        )
        named = f"{pets.id}:dev"
        updated = update(
            pets,
            plan,
            patch("remove", "/apiStages", named),
            patch("add", "/apiStages", named),
            patch("replace", f"/apiStages/{named}/throttle//GET/rateLimit", "2.5"),
            patch("replace", f"/apiStages/{named}/throttle//GET/burstLimit", "3"),
            patch("replace", f"/apiStages/{named}/throttle//pets/GET/rateLimit", "4"),
            patch("replace", f"/apiStages/{named}/throttle//pets/GET/burstLimit", "6"),
        )
        assert updated["apiStages"] == [
            stage(
                pets,
                throttle={
                    "/GET": {"burstLimit": 3, "rateLimit": 2.5},
                    "/pets/GET": {"burstLimit": 6, "rateLimit": 4.0},
                },
            )
        ]
        updated = update(pets, plan, patch("remove", "/apiStages", named), patch("remove", "/throttle"))
        assert updated == {"id": plan, "name": "p", "apiStages": [], "tags": {}}

    def test_the_guides_way_with_throttles(self, pets):
        """API Gateway developer guide, "Manage a usage plan by using the AWS CLI"."""
        plan = create(pets, throttle={"burstLimit": 5, "rateLimit": 5.0}, apiStages=[stage(pets)])
        base = f"/apiStages/{pets.id}:dev/throttle"
        given = '{"/pets/GET":{"rateLimit":1.0,"burstLimit":1},"//GET":{"rateLimit":1.0,"burstLimit":1}}'
        updated = update(pets, plan, patch("replace", base, given))
        assert updated["apiStages"][0]["throttle"].keys() == {"/pets/GET", "//GET"}
        updated = update(pets, plan, patch("remove", base + "//pets/GET", ""))
        assert updated["apiStages"][0]["throttle"].keys() == {"//GET"}
        assert update(pets, plan, patch("remove", base, ""))["apiStages"] == [stage(pets)]

    def test_throttle_and_quota_are_set_part_by_part(self, pets):
        plan = create(pets)
        updated = update(
            pets,
            plan,
            patch("replace", "/throttle/rateLimit", "10.5"),
            patch("add", "/throttle/burstLimit", "20"),
            patch("replace", "/quota/limit", "1000"),
            patch("add", "/quota/offset", "2"),
            patch("replace", "/quota/period", "WEEK"),
        )
        assert updated["throttle"] == {"burstLimit": 20, "rateLimit": 10.5}
        assert updated["quota"] == {"limit": 1000, "offset": 2, "period": "WEEK"}
        updated = update(pets, plan, patch("remove", "/throttle"), patch("remove", "/quota"))
        assert "throttle" not in updated
        assert "quota" not in updated

    def test_texts_are_replaced(self, pets):
        plan = create(pets, description="d")
        for op, path, value, expected in [
            ("replace", "/name", "n", "n"),
            ("replace", "/description", "e", "e"),
            ("replace", "/description", "", None),
            ("add", "/productCode", "c", "c"),
            ("replace", "/productCode", "e", "e"),
            ("remove", "/productCode", None, None),
        ]:
            updated = update(pets, plan, patch(op, path, value))
            assert updated.get(path[1:]) == expected
            assert answer(pets.client.get_usage_plan(usagePlanId=plan)) == updated

    def test_other_paths_are_refused(self, pets):
        """Seen in a report of one of AWS's users."""
        plan = create(pets)
        with bad_request(
            f"Invalid patch path  '/apiStages/{pets.id}:dev' specified for op 'remove'. Must be one of: "
            "[/apiStages, /quota, /throttle, /productCode, "
            "/apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>, "
            "/apiStages/<apidId:stageName>/throttle]"
        ):
            update(pets, plan, patch("remove", f"/apiStages/{pets.id}:dev"))


class TestDelete:
    def test_a_plan_with_stages_stays(self, pets):
        """Seen in reports of AWS's users."""
        plan = create(pets, apiStages=[stage(pets)])
        with bad_request(
            f"Cannot delete Usage Plan {plan} because there are API Stages associated with it, "
            f"including {pets.id}:dev"
        ):
            pets.client.delete_usage_plan(usagePlanId=plan)
        update(pets, plan, patch("remove", "/apiStages", f"{pets.id}:dev"))
        assert status(pets.client.delete_usage_plan(usagePlanId=plan)) == 202
        with not_found(UNKNOWN):
            pets.client.get_usage_plan(usagePlanId=plan)

    def test_a_deleted_stage_leaves_its_plans(self, pets):
        """Seen in reports of AWS's users."""
        plan = create(pets, apiStages=[stage(pets), stage(pets, "prod")])
        pets.client.delete_stage(restApiId=pets.id, stageName="dev")
        assert pets.client.get_usage_plan(usagePlanId=plan)["apiStages"] == [stage(pets, "prod")]
        pets.deploy("dev")
        assert pets.client.get_usage_plan(usagePlanId=plan)["apiStages"] == [stage(pets, "prod")]
        pets.client.delete_rest_api(restApiId=pets.id)
        assert pets.client.get_usage_plan(usagePlanId=plan)["apiStages"] == []
        pets.client.delete_usage_plan(usagePlanId=plan)


class TestKeys:
    def test_a_key_is_shown_with_its_value(self, apigateway):
        plan = apigateway.create_usage_plan(name="p")["id"]
        key = apigateway.create_api_key(name="k")
        place = {"usagePlanId": plan, "keyId": key["id"]}
        created = apigateway.create_usage_plan_key(**place, keyType="API_KEY")
        assert status(created) == 201
        expected = {"id": key["id"], "name": "k", "type": "API_KEY", "value": key["value"]}
        assert answer(created) == expected
        assert answer(apigateway.get_usage_plan_key(**place)) == expected
        assert apigateway.get_usage_plan_keys(usagePlanId=plan)["items"] == [expected]
        assert [p["id"] for p in apigateway.get_usage_plans(keyId=key["id"])["items"]] == [plan]
        assert status(apigateway.delete_usage_plan_key(**place)) == 202
        assert apigateway.get_usage_plans(keyId=key["id"])["items"] == []
        with not_found(UNKNOWN_KEY):
            apigateway.get_usage_plan_key(**place)

    def test_the_newest_come_first(self, apigateway):
        plan = apigateway.create_usage_plan(name="p")["id"]
        for name in ("test-a", "test-b", "other"):
            key = apigateway.create_api_key(name=name)["id"]
            apigateway.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")

        def names(**query):
            return [key["name"] for key in apigateway.get_usage_plan_keys(usagePlanId=plan, **query)["items"]]

        assert names() == ["other", "test-b", "test-a"]
        assert names(nameQuery="test") == ["test-b", "test-a"]
        first = apigateway.get_usage_plan_keys(usagePlanId=plan, limit=2)
        assert names(limit=2, position=first["position"]) == ["test-a"]

    def test_an_unknown_plan_has_no_keys(self, apigateway):
        assert apigateway.get_usage_plan_keys(usagePlanId="nope")["items"] == []

    def test_unknown_things_are_refused(self, apigateway):
        plan = apigateway.create_usage_plan(name="p")["id"]
        key = apigateway.create_api_key()["id"]
        with not_found(UNKNOWN):
            apigateway.create_usage_plan_key(usagePlanId="nope", keyId=key, keyType="API_KEY")
        with not_found(UNKNOWN_KEY):
            apigateway.create_usage_plan_key(usagePlanId=plan, keyId="nope", keyType="API_KEY")

    def test_a_key_has_one_plan_a_stage(self, pets):
        """API Gateway developer guide, "Creating and using usage plans with API keys"; the text is not recorded."""
        first = create(pets, apiStages=[stage(pets)])
        second = create(pets)
        key = key_in(pets, first, second)
        with conflict(
            f"API Key {key} cannot be added because it already subscribes to api/stages through other usage plans: "
            f"{pets.id}:dev"
        ):
            update(pets, second, patch("add", "/apiStages", f"{pets.id}:dev"))
        update(pets, second, patch("add", "/apiStages", f"{pets.id}:prod"))

    def test_a_deleted_key_leaves_its_plans(self, pets):
        plan = create(pets)
        key = key_in(pets, plan)
        pets.client.delete_api_key(apiKey=key)
        assert pets.client.get_usage_plan_keys(usagePlanId=plan)["items"] == []
