"""GetSdkTypes, GetSdkType, GetSdk: the clients are unpacked and used. Type and name of the archives are as in
the AWS CLI's examples; texts of refusals are not recorded."""

import io
import json
import re
import subprocess
import zipfile

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import tree_sitter
import tree_sitter_java

from harness.account import bad_request, not_found

@pytest.fixture
def pets(api, backend):
    """A deployed API: mocks, one that sends what it gets to the backend, and hostile names."""
    client = api.client
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "class": {"type": "integer"},
            "tags": {"type": "array", "items": {"type": "object", "properties": {"of": {"type": "number"}}}},
        },
    }
    client.create_model(restApiId=api.id, name="Pet", contentType="application/json", schema=json.dumps(schema))
    link = f"https://apigateway.amazonaws.com/restapis/{api.id}/models"
    listed = {"type": "array", "items": {"$ref": f"{link}/Pet"}}
    client.create_model(restApiId=api.id, name="String", contentType="application/json", schema=json.dumps(listed))
    looped = {"type": "array", "items": {"type": "object", "properties": {"next": {"$ref": f"{link}/Loop"}}}}
    client.create_model(restApiId=api.id, name="Loop", contentType="application/json", schema='{"type": "array"}')
    client.update_model(
        restApiId=api.id,
        modelName="Loop",
        patchOperations=[{"op": "replace", "path": "/schema", "value": json.dumps(looped)}],
    )
    api.mock("/", body='{"root": true}')
    api.mock(
        "/pets",
        body='[{"name": "a", "tags": [{"of": 1.5}]}, {"name": "b", "class": 3}]',
        operationName="ListPets",
        requestParameters={"method.request.querystring.page": True},
    )
    client.update_method_response(
        **api.at("/pets"),
        statusCode="200",
        patchOperations=[{"op": "add", "path": "/responseModels/application~1json", "value": "String"}],
    )
    declared = {
        "method.request.path.petId": True,
        "method.request.header.X-Who": False,
        "method.request.querystring.q": False,
    }
    for method in ("POST", "ANY"):
        api.method("/pets/{petId}", method, requestParameters=declared, requestModels={"application/json": "Pet"})
        api.integration(
            "/pets/{petId}",
            method,
            type="HTTP_PROXY",
            integrationHttpMethod="POST",
            uri=f"{backend.url}/{{petId}}",
            requestParameters={"integration.request.path.petId": "method.request.path.petId"},
        )
    api.mock("/missing", body='{"message": "none"}', status="404")
    api.mock(
        "/class",
        "PUT",
        operationName='class\\u0022"*/ {}\n',
        requestModels={"application/json": "Loop"},
        requestParameters={"method.request.header.X-$.1": False, "method.request.querystring.class": False},
    )
    api.deploy("dev")
    return api


def sdk(api, kind, **parameters):
    return api.client.get_sdk(restApiId=api.id, stageName="dev", sdkType=kind, parameters=parameters)


def unpack(answer, folder):
    with zipfile.ZipFile(io.BytesIO(answer["body"].read())) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
        return archive.namelist()


def check_signature(backend, access_key, secret_key, region):
    """What reached the backend last is signed as botocore signs it."""
    seen = backend.last
    header = seen.header("authorization")
    names = re.search("SignedHeaders=([^,]*)", header)[1]
    assert names == "content-type;host;x-amz-date;x-amz-security-token"
    headers = {name: seen.header(name) for name in names.split(";")}
    request = botocore.awsrequest.AWSRequest(seen.method, backend.url + seen.target, headers, seen.body)
    request.context["timestamp"] = seen.header("x-amz-date")
    keys = botocore.credentials.Credentials(access_key, secret_key)
    signer = botocore.auth.SigV4Auth(keys, "execute-api", region)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    scope = f"{access_key}/{headers['x-amz-date'][:8]}/{region}/execute-api/aws4_request"
    assert header == (
        f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names}, Signature={signer.signature(text, request)}"
    )


class TestTypes:
    def test_all_are_listed(self, apigateway):
        listed = apigateway.get_sdk_types()["items"]
        assert {of["id"]: of["friendlyName"] for of in listed} == {
            "android": "Android",
            "java": "Java",
            "javascript": "JavaScript",
            "objectivec": "iOS (Objective-C)",
            "ruby": "Ruby",
            "swift": "iOS (Swift)",
        }
        for of in listed:
            got = apigateway.get_sdk_type(id=of["id"])
            del got["ResponseMetadata"]
            assert got == of

    def test_required_properties(self, apigateway):
        """API reference, GetSdk."""
        required = {
            of["id"]: [p["name"] for p in of["configurationProperties"] if p["required"]]
            for of in apigateway.get_sdk_types()["items"]
        }
        assert required == {
            "android": ["groupId", "invokerPackage", "artifactId", "artifactVersion"],
            "java": ["service.name", "java.package-name"],
            "javascript": [],
            "objectivec": ["classPrefix"],
            "ruby": ["service.name"],
            "swift": ["classPrefix"],
        }

    def test_an_unknown_type(self, apigateway):
        with not_found("Invalid SDK type identifier specified"):
            apigateway.get_sdk_type(id="cobol")


def test_refusals(pets):
    with bad_request("SDKs of type ruby are not built yet. Must be one of: [java, javascript]"):
        sdk(pets, "ruby", **{"service.name": "x"})
    with bad_request("Invalid SDK type specified: cobol"):
        sdk(pets, "cobol")
    with bad_request("Missing required parameter: java.package-name"):
        sdk(pets, "java", serviceName="Pets")
    with not_found("Invalid stage identifier specified"):
        pets.client.get_sdk(restApiId=pets.id, stageName="nope", sdkType="javascript")


@pytest.mark.parametrize("kind", ["javascript", "java"])
def test_archives_are_the_same_every_time(pets, kind):
    first, second = (sdk(pets, kind, serviceName="Pets", javaPackageName="a.b") for _ in range(2))
    assert first["contentType"] == "application/octet-stream"
    assert re.fullmatch(
        rf'attachment; filename="{kind}_\d{{4}}-\d\d-\d\d_\d\d-\d\dZ\.zip"', first["contentDisposition"]
    )
    assert first["contentDisposition"] == second["contentDisposition"]
    assert first["body"].read() == second["body"].read()


class TestJavaScript:
    @pytest.fixture
    def run(self, pets, gateway, tmp_path):
        """Runs statements that have `client`; they return what is to be looked at."""
        unpack(sdk(pets, "javascript"), tmp_path)

        def run(statements, **config):
            config = {"invokeUrl": f"{gateway.endpoint}/_aws/execute-api/{pets.id}/dev", **config}
            script = f"""
            import {{ apigClientFactory }} from './apiGateway-js-sdk/apigClient.js';
            const client = apigClientFactory.newClient({json.dumps(config)});
            const result = await (async () => {{ {statements} }})();
            console.log(JSON.stringify(result));
            """
            (tmp_path / "main.mjs").write_text(script)
            done = subprocess.run(
                ["node", "main.mjs"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
            )
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout)

        return run

    def test_methods_are_named_by_path_and_verb(self, run):
        """Developer guide, "Use a JavaScript SDK generated by API Gateway"."""
        assert run("return Object.keys(client)") == [
            "invokeApi",
            "rootGet",
            "classPut",
            "missingGet",
            "petsGet",
            "petsPetIdPost",
            "classU0022",
            "listPets",
        ]

    def test_a_call_answers_status_headers_and_data(self, run):
        result = run("return client.rootGet()")
        assert (result["status"], result["data"]) == (200, {"root": True})
        assert result["headers"]["content-type"] == "application/json"
        assert run("return (await client.listPets({ page: 1 })).data")[1] == {"name": "b", "class": 3}

    def test_parameters_and_body_go_where_they_belong(self, run, backend):
        run(
            "return client.petsPetIdPost({ petId: 'a b', 'X-Who': 'me', q: ['1', '2/'], other: 1 }, { name: 'x' },"
            " { headers: { 'X-More': 'y' }, queryParams: { z: '&' } })",
            apiKey="k-1",
        )
        [seen] = backend.received
        assert (seen.method, seen.target) == ("POST", "/a%20b?q=1&q=2%2F&z=%26")
        assert [seen.header(name) for name in ("x-who", "x-more", "x-api-key")] == ["me", "y", "k-1"]
        assert seen.header("content-type") == "application/json"
        assert json.loads(seen.body) == {"name": "x"}

    def test_requests_are_signed(self, run, backend):
        """The signature is botocore's of the same request."""
        run(
            "return client.petsPetIdPost({ petId: 'a b/\u00fc', q: ['2', '1 ~*'] }, { a: '\u00fc' },"
            " { queryParams: { Q: '' } })",
            invokeUrl=f"{backend.url}/dev",
            accessKey="AKIDEXAMPLE",
            secretKey="secret",
            sessionToken="token",
            region="eu-west-1",
        )
        assert backend.last.target == "/dev/pets/a%20b%2F%C3%BC?q=2&q=1%20~%2A&Q="
        check_signature(backend, "AKIDEXAMPLE", "secret", "eu-west-1")
        assert backend.last.header("x-amz-security-token") == "token"

    def test_errors_reject(self, run):
        caught = "try { await %s; } catch (e) { return { status: e.status, data: e.data, message: e.message }; }"
        missing = run(caught % "client.petsGet({})")
        assert missing == {"message": "Missing required parameter: page"}
        assert run(caught % "client.petsPetIdPost({ petId: '..' })") == {"message": '".." cannot be a part of a path'}

    def test_any_methods_are_called_by_their_path(self, run, backend):
        run("return client.invokeApi({ petId: 'x' }, '/pets/{petId}', 'PATCH', {}, { a: 1 })")
        [seen] = backend.received
        assert (seen.target, json.loads(seen.body)) == ("/x", {"a": 1})


class TestJava:
    PARAMETERS = {
        "service.name": "pets",
        "java.package-name": "com.example.pets",
        "java.group-id": "com.example</groupId>&",
        "java.artifact-version": "1.2.3",
        "java.license-text": "Free */ class X {} \\u002a/",
    }

    def test_the_project_compiles_as_far_as_its_syntax_goes(self, pets, tmp_path):
        names = unpack(sdk(pets, "java", **self.PARAMETERS), tmp_path)
        source = "generated-code/src/main/java/com/example/pets"
        expected = ["Pets", "PetsBuilder", "PetsClient", "model/Pet", "model/ListPetsRequest", "model/ListPetsResult"]
        assert {f"{source}/{name}.java" for name in expected} <= set(names)
        parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_java.language()))
        for name in names:
            if name.endswith(".java"):
                text = (tmp_path / name).read_bytes()
                assert text.isascii(), name
                assert not parser.parse(text).root_node.has_error, name
        interface = (tmp_path / source / "Pets.java").read_text()
        assert re.findall(r"^    \w+ (\w+)\(\w+ request\);", interface, re.M) == [
            "getRoot",
            "classU0022",
            "getMissing",
            "listPets",
            "postPetsPetId",
        ]

    def test_the_project_file(self, pets, tmp_path):
        unpack(sdk(pets, "java", **self.PARAMETERS), tmp_path)
        pom = (tmp_path / "generated-code/pom.xml").read_text()
        assert "<groupId>com.example&lt;/groupId&gt;&amp;</groupId>" in pom
        assert "<artifactId>Pets</artifactId>\n  <version>1.2.3</version>" in pom
        names = unpack(sdk(pets, "java", **self.PARAMETERS, **{"java.build-system": "gradle"}), tmp_path)
        assert "generated-code/build.gradle" in names and "generated-code/pom.xml" not in names
