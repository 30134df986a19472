use proptest::prelude::*;

use super::*;

fn check(pattern: &str, message: &str, expected: bool) {
    let parsed = Pattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    assert_eq!(parsed.matches(message), expected, "{pattern} on {message}");
}

#[test]
fn terms_must_all_be_there_and_excluded_ones_must_not() {
    check("", "anything", true);
    check("ERROR", "an ERROR here", true);
    check("ERROR", "an error here", false);
    check("ERROR 404", "404 is an ERROR", true);
    check("ERROR 404", "ERROR 500", false);
    check("\"not found\"", "it was not found", true);
    check("\"not found\"", "found it was not", false);
    check("ERROR -health", "ERROR of users", true);
    check("ERROR -health", "ERROR of /health", false);
    check("-\"a b\"", "a b", false);
    check(r#""say \"hi\"""#, r#"they say "hi""#, true);
}

#[test]
fn one_of_the_terms_with_a_question_mark_is_enough_and_beside_others_they_do_not_count() {
    check("?ERROR ?WARN", "a WARN", true);
    check("?ERROR ?WARN", "an INFO", false);
    check("?\"out of\" ?WARN", "out of room", true);
    check("INFO ?ERROR", "an INFO", true);
}

const MESSAGE: &str = r#"{"trace_id": "abc", "level": "ERROR", "status": 503, "took": 1.5, "service.name": "users", "ok": false,
    "none": null, "http": {"route": "/api/x", "codes": [200, 503]}, "text": "7"}"#;

#[test]
fn selectors_compare_texts_and_numbers() {
    for (pattern, expected) in [
        (r#"{ $.trace_id = "abc" }"#, true),
        (r#"{$.trace_id="abc"}"#, true),
        (r#"{ $.trace_id = "abd" }"#, false),
        (r#"{ $.trace_id != "abd" }"#, true),
        (r#"{ $.trace_id != "abc" }"#, false),
        ("{ $.trace_id = abc }", true),
        (r#"{ $.absent = "abc" }"#, false),
        (r#"{ $.absent != "abc" }"#, false),
        ("{ $.status = 503 }", true),
        ("{ $.status = \"503\" }", true),
        ("{ $.status != 503 }", false),
        ("{ $.status > 502.5 }", true),
        ("{ $.status < 503 }", false),
        ("{ $.status <= 503 }", true),
        ("{ $.status >= 504 }", false),
        ("{ $.took = 1.5 }", true),
        ("{ $.level > 5 }", false),
        ("{ $.text = 7 }", false),
        ("{ $.http.route = \"/api/x\" }", true),
        ("{ $.http.codes[1] = 503 }", true),
        ("{ $.http.codes[2] = 503 }", false),
        ("{ $.service.name = \"users\" }", true),
        ("{ $['service.name'] = \"users\" }", true),
        ("{ $.['http'].['route'] = \"/api/x\" }", true),
    ] {
        check(pattern, MESSAGE, expected);
    }
    check(r#"{ $.trace_id = "abc" }"#, "abc", false);
}

#[test]
fn a_star_stands_for_any_characters() {
    for (value, expected) in [
        ("ERR*", true),
        ("*ROR", true),
        ("*RR*", true),
        ("E*O*", true),
        ("*", true),
        ("ERRO*OR", false),
        ("*X*", false),
    ] {
        check(&format!("{{ $.level = \"{value}\" }}"), MESSAGE, expected);
        check(&format!("{{ $.level != \"{value}\" }}"), MESSAGE, !expected);
    }
    check("{ $.level = ERR* }", MESSAGE, true);
}

#[test]
fn conditions_are_joined_and_grouped() {
    let (yes, no) = ("$.status = 503", "$.status = 200");
    for (pattern, expected) in [
        (format!("{{ {yes} && {yes} }}"), true),
        (format!("{{ {yes} && {no} }}"), false),
        (format!("{{ {yes} || {no} }}"), true),
        (format!("{{ {yes} || {no} && {no} }}"), true),
        (format!("{{ ({yes} || {no}) && {no} }}"), false),
        (format!("{{ (({yes})) }}"), true),
        ("{ $.none IS NULL && $.ok is false && $.absent NOT EXISTS }".to_owned(), true),
        ("{ $.ok IS TRUE || $.status NOT EXISTS || $.absent IS NULL }".to_owned(), false),
    ] {
        check(&pattern, MESSAGE, expected);
    }
}

#[test]
fn what_is_no_pattern_or_not_supported_says_so() {
    let error = |pattern: &str| Pattern::parse(pattern).unwrap_err().to_string();
    for (pattern, says) in [
        ("\"open", "does not end"),
        ("ERROR -", "a term is empty"),
        ("%[0-9]%", "regular expressions"),
        ("[ip, user]", "patterns of columns"),
        ("{", "a selector"),
        ("{ level = 1 }", "a selector"),
        ("{ $ = 1 }", "names no field"),
        ("{ $.a }", "NOT EXISTS is missing"),
        ("{ $.a = }", "a value is missing"),
        ("{ $.a = %x% }", "regular expressions"),
        ("{ $.a > x }", "is no number"),
        ("{ $.a = 1 ", "is missing at"),
        ("{ $.a = 1 } x", "nothing may follow"),
        ("{ ($.a = 1 }", "parenthesis"),
        ("{ $.a IS 7 }", "NULL, TRUE or FALSE"),
        ("{ $.a NOT 7 }", "EXISTS"),
        ("{ $.a[x] = 1 }", "neither a number nor a name"),
    ] {
        assert!(error(pattern).contains(says), "{pattern}: {}", error(pattern));
    }
    assert!(error(&"x".repeat(1025)).contains("1024"));
    assert!(error(&format!("{{ {}$.a = 1", "(".repeat(17))).contains("deeper than 16"));
}

proptest! {
    #[test]
    fn any_text_is_a_pattern_or_an_error_and_never_a_panic(pattern in any::<String>(), message in any::<String>()) {
        if let Ok(pattern) = Pattern::parse(&pattern) {
            pattern.matches(&message);
        }
    }

    #[test]
    fn any_text_made_of_the_signs_of_patterns_is_one_or_an_error(
        pattern in "\\{?( |\\$|\\.|a|é|\\[|\\]|'|\"|\\\\|=|!|<|>|&&|\\|\\||\\(|\\)|\\*|%|-|\\?|7|IS|NOT|NULL){0,24}\\}?",
    ) {
        if let Ok(pattern) = Pattern::parse(&pattern) {
            for message in ["", "a", MESSAGE, "{\"a\": \"é7\"}", "[[7]]"] {
                pattern.matches(message);
            }
        }
    }

    #[test]
    fn a_phrase_is_found_where_it_was_put(before in any::<String>(), phrase in "[^\"\\\\]{1,20}", after in any::<String>()) {
        let found = Pattern::parse(&format!("\"{phrase}\"")).unwrap().matches(&format!("{before}{phrase}{after}"));
        prop_assert!(found);
    }
}
