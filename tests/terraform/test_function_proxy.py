"""A Lambda function behind {proxy+}, and changes of its code and its environment."""

from harness import wire
from harness.functions import package

SOURCE = """
import os

def handler(event, context):
    return {"statusCode": 200, "body": f"VERB {os.environ['COLOR']} at {event['path']}"}
"""


def test_the_whole_life(terraform):
    gallery = terraform("function_proxy", color="blue")
    code = gallery.folder / "painter.zip"
    code.write_bytes(package({"painter.py": SOURCE.replace("VERB", "paints")}))
    gallery.init()
    gallery.apply()
    assert gallery.plans_no_change()

    api, endpoint = gallery.output("api"), gallery.aws.endpoint

    def get(target, **headers):
        return wire.send(endpoint, "GET", target, headers).text

    assert get("/live/a/b", Host=f"{api}.execute-api.us-west-2.amazonaws.com") == "paints blue at /a/b"
    assert get(f"/_aws/execute-api/{api}/live/a") == "paints blue at /a"
    assert get(f"/restapis/{api}/live/_user_request_/a") == "paints blue at /a"

    assert gallery.imports_everything()

    code.write_bytes(package({"painter.py": SOURCE.replace("VERB", "draws")}))
    gallery.variables["color"] = "red"
    gallery.apply()
    assert gallery.plans_no_change()
    assert get(f"/_aws/execute-api/{api}/live/a") == "draws red at /a"

    gallery.destroy()
    assert gallery.aws.functions.list_functions()["Functions"] == []
