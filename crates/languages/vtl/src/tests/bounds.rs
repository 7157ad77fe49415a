//! Every bound, from both sides, and hostile templates.

use super::{Request, prints, rendered};
use crate::limits::TEMPLATE_BYTES;
use crate::{Overrides, RenderError, Template};

#[test]
fn a_template_has_300_kilobytes_at_most() {
    assert!(Template::compile(&"x".repeat(TEMPLATE_BYTES)).is_ok());
    assert_eq!(
        Template::compile(&"x".repeat(TEMPLATE_BYTES + 1)).unwrap_err().to_string(),
        "line 1, column 1: the template has 307201 bytes, more than the 307200 that are allowed"
    );
}

#[test]
fn a_loop_runs_a_thousand_times_at_most() {
    prints(
        "",
        &[
            ("#foreach($i in [1..1000])#set($last = $i)#end$last", "1000"),
            (
                "#foreach($i in [1..1001])#set($last = $i)#set($more = $foreach.hasNext)#end$last $more",
                "1000 true",
            ),
        ],
    );
}

#[test]
fn the_output_has_a_limit() {
    let render = |template: &str, limit: usize| {
        let template = Template::compile(template).unwrap();
        template.render(&Request { body: "12345" }, &mut Overrides::default(), limit, &mut String::new())
    };
    let too_long = |limit| Err(RenderError::OutputTooLong { limit });
    assert_eq!(render("abc$input.body", 8), Ok(()));
    assert_eq!(render("abc$input.body", 7), too_long(7));
    assert_eq!(render("$input.body.repeat(3)", 14), too_long(14));
    assert_eq!(render("#set($x = \"$input.body$input.body\")", 9), too_long(9));
    assert_eq!(render("#set($l = [1..100])$l.toString().length()", 100), too_long(100));
}

#[test]
fn macros_call_each_other_twenty_levels_deep_at_most() {
    let deep = "#macro(m)x#m()#end#m()";
    assert_eq!(
        rendered(deep, "").unwrap_err().to_string(),
        "the macro #m is called more than 20 levels deep"
    );
    // The counter is a variable: an argument is evaluated anew wherever it is used.
    let levels =
        |levels: i32| format!("#set($n = {levels})#macro(m)$n,#set($n = $n - 1)#if($n > 0)#m()#end#end#m()");
    assert!(rendered(&levels(20), "").unwrap().ends_with("2,1,"));
    assert!(rendered(&levels(21), "").is_err());
}

#[test]
fn templates_that_grow_are_stopped() {
    for template in [
        // A billion turns.
        "#foreach($a in [1..1000])#foreach($b in [1..1000])#foreach($c in [1..1000])#end#end#end",
        // A text that doubles.
        "#set($s = 'xxxxxxxx')#foreach($i in [1..1000])#set($s = \"$s$s\")#end",
        "#set($s = 'xxxxxxxx')#foreach($i in [1..1000])#set($s = $s + $s)#end",
        "#set($s = 'x')#foreach($i in [1..1000])#set($s = $s.replace('x', 'xxxxxxxxxxxxxxxx'))#end",
        "#set($s = 'x')#foreach($i in [1..1000])#set($s = $s.replaceAll('.', '\\$0\\$0\\$0$0$0'))#end",
        "#set($s = 'x')#foreach($i in [1..1000])#set($s = $s.concat($s))#end",
        // Lists that contain each other.
        "#set($l = [])#foreach($i in [1..1000])#set($l = [$l])#end$l",
        "#set($l = [])#set($m = [$l])#set($ignored = $l.add($m))$l",
        "#set($m = {})#set($n = {'m': $m})#set($m.n = $n)$m.hashCode()",
        "#set($l = [1,2])#foreach($i in [1..1000])#set($ignored = $l.addAll($l))#end",
        "#foreach($i in [1..1000])#set($l = [-2147483648..2147483647])#end",
        "#evaluate('#evaluate($input.body)')",
        "$input.body.repeat(2147483647)",
        "$input.body.matches('((((a{9}){9}){9}){9}){9}')",
    ] {
        let started = std::time::Instant::now();
        let result = rendered(template, "#evaluate($input.body)");
        assert!(result.is_err(), "{template}: {result:?}");
        assert!(started.elapsed().as_secs() < 20, "{template}");
    }
}

/// Looking through a whole payload again and again is work too.
#[test]
fn reading_large_payloads_is_counted() {
    let body: &'static str = format!("[{}0]", "0,".repeat(10_000)).leak();
    for path in ["$..a", "$[*]", "$[?(@ > 1)]", "$.length()"] {
        let template = format!("#foreach($i in [1..1000])#set($x = $input.path('{path}'))#end");
        assert_eq!(rendered(&template, body), Err(RenderError::TooMuchWork), "{path}");
    }
    let template = "#foreach($i in [1..1000])#set($x = $input.path('$[7]'))#end$x";
    assert_eq!(rendered(template, body).as_deref(), Ok("0"));
}

#[test]
fn templates_that_nest_are_refused() {
    for (open, close) in [
        ("#if(true)", "#end"),
        ("#foreach($i in [1])", "#end"),
        ("#macro(x)", "#end"),
        ("#set($x = (", "))"),
        ("#set($x = [", "])"),
        ("$x.y(", ")"),
        ("#set($x = \"", "\")"),
        ("#set($x = !", ")"),
        ("\\\\", ""),
        ("$x[", "]"),
    ] {
        let text = |levels: usize| format!("{}{}", open.repeat(levels), close.repeat(levels));
        let _ = Template::compile(&text(10));
        // Neither the stack nor the time runs out.
        let _ = Template::compile(&text(20_000));
    }
    let deep = format!("{}1{}", "#set($x = 1 ".to_owned() + &"+ (1 ".repeat(63), ")".repeat(64));
    assert!(Template::compile(&deep).is_err());
    let long = |operators: usize| format!("#set($x = 1{})$x", " + 1".repeat(operators));
    assert_eq!(rendered(&long(90), "").as_deref(), Ok("91"));
    assert!(Template::compile(&long(101)).is_err());
}
