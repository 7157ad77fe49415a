//! `$input`. Recorded from AWS unless said otherwise.

use super::{prints, rendered};

const PETS: &str = r#"{"pets": [{"id": 1, "type": "dog", "price": 249.99}, {"id": 2, "type": "cat"}],
    "foo": "bar", "none": null, "empty": [], "nested": {"list": [{"a": "b"}]}, "big": 12345678901}"#;

#[test]
fn the_payload_is_a_text_and_an_empty_one_an_empty_object() {
    prints("", &[("$input.body", "{}"), ("$input.json('$')", "{}"), ("$input.path('$')", "{}")]);
    prints("x y", &[("$input.body", "x y"), ("$input.body.length()", "3")]);
    prints("{}", &[("$input.body.anything|", "|")]);
}

#[test]
fn json_gives_json() {
    prints(
        PETS,
        &[
            ("$input.json('$.pets[0]')", r#"{"id":1,"type":"dog","price":249.99}"#),
            ("$input.json('$.foo')", "\"bar\""),
            ("$input.json(\"$.foo\")", "\"bar\""),
            // In double quotes a path is text too, however deep it goes.
            ("$input.json(\"$.pets[0].type\")", "\"dog\""),
            ("#set($n = 1)$input.json(\"$.pets[$n].type\")", "\"cat\""),
            ("#set($p = '$.foo')$input.json($p)", "\"bar\""),
            ("$input.json('$.big')", "12345678901"),
            ("$input.json('$.empty')", "[]"),
            ("$input.json('foo')", "\"bar\""),
            ("$input.json('$.pets[*].id')", "[1,2]"),
            ("$input.json('$..type')", r#"["dog","cat"]"#),
            ("$input.json('$.pets[?(@.price > 200)].id')", "[1]"),
            // Not recorded.
            ("$input.json('$.missing')", "\"\""),
        ],
    );
}

#[test]
fn path_gives_values() {
    prints(
        PETS,
        &[
            ("$input.path('$.foo')", "bar"),
            ("$input.path('$.pets').size()", "2"),
            // As the developer guide's table has it.
            ("$input.path('$.pets').count()", "2"),
            ("$input.path('$.pets')[1].type", "cat"),
            ("#set($root = $input.path('$'))$root.pets[0].price $root.foo", "249.99 bar"),
            ("#foreach($pet in $input.path('$.pets'))$pet.id#if($foreach.hasNext),#end#end", "1,2"),
            ("#set($p = $input.path('$.pets[0]'))#set($ignored = $p.put('id', 5))$p.id", "5"),
        ],
    );
}

#[test]
fn maps_print_as_javas_and_lists_as_json() {
    prints(
        r#"{"foo": [{"nested": "bar"}], "k": {"v": 1, "w": null}}"#,
        &[
            ("$input.path('$')", r#"{foo=[{"nested":"bar"}], k={v=1, w=null}}"#),
            ("$input.path('$').toString()", r#"{foo=[{"nested":"bar"}], k={v=1, w=null}}"#),
            ("$input.path('$.foo')", r#"[{"nested":"bar"}]"#),
        ],
    );
}

#[test]
fn what_is_missing_is_null_and_equals_the_empty_text() {
    prints(
        PETS,
        &[
            ("[$input.path('$.missing')]", "[]"),
            ("#if($input.path('$.missing') == \"\")yes#end", "yes"),
            ("#if($input.path('$.missing') == $null)yes#end", "yes"),
            ("#if($input.path('$.missing') != \"\")no#end", ""),
            ("#set($x = $input.path('$.missing'))[$x]#if($x == '')yes#end", "[]yes"),
            ("$input.path('$.empty')", "[]"),
            ("#if($input.path('$.empty') == \"\")no#end#if($input.path('$.empty') == $null)no#end", ""),
            ("[$input.path('$.none')]", "[]"),
            // Not recorded.
            ("#if($input.path('$.missing'))yes#{else}no#end", "no"),
            ("[$input.path('$').missing.more][$undefined]", "[][]"),
            ("#set($x = 1)#set($x = $input.path('$.missing'))[$x]", "[]"),
        ],
    );
}

#[test]
fn text_that_is_no_json_is_a_text() {
    // As json-smart, which API Gateway's JSONPath engine reads with, does.
    prints("a=b&c=d", &[("$input.json('$')", "\"a=b&c=d\""), ("$input.path('$')", "a=b&c=d")]);
    let error = rendered("$input.json('$')", "{\"a\": ").unwrap_err();
    assert_eq!(error.to_string(), "the payload is not JSON: EOF while parsing a value at line 1 column 5");
}

#[test]
fn parameters_are_looked_up_and_listed() {
    prints(
        "",
        &[
            ("$input.params('petId') $input.params('type') $input.params(\"X-Owner\")", "7 dog it's me"),
            ("[$input.params('none')]", "[]"),
            ("#if($input.params('none') == '')none#end", "none"),
            ("$input.params().path.petId $input.params().header.get('X-Owner')", "7 it's me"),
            ("$input.params().querystring", "{type=dog}"),
            ("#foreach($k in $input.params().keySet())$k #end", "path querystring header "),
            ("$input.params().header['Host']", "localhost"),
        ],
    );
}

#[test]
fn paths_that_cannot_be_read_fail() {
    for template in ["$input.path('$.a[?(')", "#set($p = '$..')$input.json($p)"] {
        let error = rendered(template, PETS).unwrap_err().to_string();
        assert!(error.starts_with("a JSONPath cannot be read: "), "{error}");
    }
}
