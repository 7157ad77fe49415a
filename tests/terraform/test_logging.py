"""The account's log role, an access log and method settings."""


def test_the_whole_life(terraform):
    quiet = terraform("logging", days=7, level="INFO")
    quiet.init()
    quiet.apply()
    assert quiet.plans_no_change()
    assert quiet.imports_everything()

    quiet.variables.update(days=14, level="ERROR")
    quiet.apply()
    assert quiet.plans_no_change()
    [group] = quiet.aws.logs.describe_log_groups(logGroupNamePrefix="/terraform/access")["logGroups"]
    assert group["retentionInDays"] == 14
    [api] = [api for api in quiet.aws.apigateway.get_rest_apis()["items"] if api["name"] == "quiet"]
    stage = quiet.aws.apigateway.get_stage(restApiId=api["id"], stageName="live")
    settings = stage["methodSettings"]["*/*"]
    assert (settings["loggingLevel"], settings["throttlingRateLimit"]) == ("ERROR", 12.5)

    quiet.destroy()
