//! A validator for the part of JSON Schema (draft 2020-12) that `schema/metrics.schema.json` uses. A keyword that it does not
//! know is a problem too.

use serde_json::Value;

/// All places where a value breaks the schema.
pub(crate) fn problems(schema: &Value, value: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    check(schema, schema, value, "", &mut problems);
    problems
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
    for (keyword, rule) in schema.as_object().expect("a schema is an object") {
        let holds = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "required" | "additionalProperties" => true,
            "$ref" => {
                let path = rule.as_str().and_then(|path| path.strip_prefix('#')).expect("a local reference");
                let target = root.pointer(path).unwrap_or_else(|| panic!("{path} does not exist"));
                check(root, target, value, at, problems);
                true
            }
            "anyOf" => rule.as_array().unwrap().iter().any(|schema| {
                let mut found = Vec::new();
                check(root, schema, value, at, &mut found);
                found.is_empty()
            }),
            "enum" => rule.as_array().unwrap().contains(value),
            "type" => match rule {
                Value::Array(types) => types.iter().any(|kind| has_type(value, kind)),
                kind => has_type(value, kind),
            },
            "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= rule.as_f64().unwrap()),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap()),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= rule.as_u64().unwrap()),
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{at}/{index}"), problems);
                }
                true
            }
            "properties" => {
                check_fields(root, schema, value, at, problems);
                true
            }
            _ => panic!("the validator does not know {keyword}"),
        };
        if !holds {
            problems.push(format!("{at}: {value} breaks {keyword} {rule}"));
        }
    }
}

/// All required fields are there, each holds to its own schema, and there are no others.
fn check_fields(root: &Value, schema: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
    let Some(fields) = value.as_object() else { return };
    for name in schema["required"].as_array().expect("each object says what it requires") {
        if !fields.contains_key(name.as_str().unwrap()) {
            problems.push(format!("{at}: {name} is missing"));
        }
    }
    for (name, field) in fields {
        match schema["properties"].get(name) {
            Some(schema) => check(root, schema, field, &format!("{at}/{name}"), problems),
            None => problems.push(format!("{at}: {name} is not in the schema")),
        }
    }
}

fn has_type(value: &Value, kind: &Value) -> bool {
    match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        other => panic!("the validator does not know type {other}"),
    }
}
