//! Throttling of methods by their stage. How buckets fill is tested beside them, where time is an
//! argument; here so little comes that no clock matters.

use serde_json::{Value, json};

use crate::house::{Api, House};

const TOO_MANY: &str = "{\"message\":\"Too Many Requests\"}";

fn house(settings: &Value) -> House {
    let mock = json!({"authorizationType": "NONE", "methodIntegration": {
        "type": "MOCK", "requestTemplates": {"application/json": "{statusCode: 200}"},
        "integrationResponses": {"200": {"statusCode": "200"}},
    }});
    let api = Api::of(json!({"/pets": {"GET": mock, "PUT": mock}, "/dogs": {"GET": mock}}));
    House::of(&api.stage(json!({"methodSettings": settings})))
}

fn limit(burst: i32) -> Value {
    json!({"throttlingBurstLimit": burst, "throttlingRateLimit": 0.000_001})
}

/// How many of nine requests pass.
fn passed(house: &House, verb: &str, target: &str) -> usize {
    let answers = (0..9).map(|_| house.send(&format!("{verb} {target}"), ""));
    answers
        .filter(|answer| {
            if answer.status != 200 {
                answer.is_refusal(429, "TooManyRequestsException", TOO_MANY);
            }
            answer.status == 200
        })
        .count()
}

/// Developer guide: the default limits of a stage are those of each of its methods.
#[test]
fn each_method_has_the_limit_that_is_set_for_all() {
    let house = house(&json!({"*/*": limit(3)}));
    assert_eq!(passed(&house, "GET", "/prod/pets"), 3);
    assert_eq!(passed(&house, "PUT", "/prod/pets"), 3);
    assert_eq!(passed(&house, "GET", "/prod/dogs/"), 3);
    // However it is written.
    assert_eq!(passed(&house, "GET", "/prod/dogs?x=1"), 0);
    assert_eq!(passed(&house, "GET", "/prod//dogs"), 0);
}

/// Measured at AWS: ANY has no settings of its own, so those of a verb hold for a method that takes any.
#[test]
fn a_method_that_takes_any_verb_has_the_limits_of_each() {
    let mock = json!({"authorizationType": "NONE", "methodIntegration": {
        "type": "MOCK", "requestTemplates": {"application/json": "{statusCode: 200}"},
        "integrationResponses": {"200": {"statusCode": "200"}},
    }});
    let settings = json!({"*/*": limit(4), "pets/GET": limit(2)});
    let api = Api::of(json!({"/pets": {"ANY": mock}})).stage(json!({"methodSettings": settings}));
    let house = House::of(&api);
    assert_eq!(passed(&house, "GET", "/prod/pets"), 2);
    // The others share what is set for all methods, for they are one.
    assert_eq!(passed(&house, "PUT", "/prod/pets"), 4);
    assert_eq!(passed(&house, "POST", "/prod/pets"), 0);
}

#[test]
fn a_methods_own_limit_comes_first() {
    let house = house(&json!({"*/*": limit(3), "pets/GET": limit(5), "pets/PUT": {"loggingLevel": "OFF"}}));
    assert_eq!(passed(&house, "GET", "/prod/pets"), 5);
    assert_eq!(passed(&house, "PUT", "/prod/pets"), 9);
    assert_eq!(passed(&house, "GET", "/prod/dogs"), 3);
}

#[test]
fn negative_limits_are_none_and_zero_is_nothing() {
    let of = |rate: f64, burst: i32| json!({"throttlingBurstLimit": burst, "throttlingRateLimit": rate});
    for (setting, expected) in [
        (of(-1.0, -1), 9),
        (of(10_000.0, 5_000), 9),
        (of(0.000_001, -1), 9),
        (of(-1.0, 0), 0),
        (of(0.0, 5), 0),
        (of(5.0, 0), 0),
    ] {
        assert_eq!(passed(&house(&json!({"*/*": setting})), "GET", "/prod/pets"), expected, "{setting}");
    }
}
