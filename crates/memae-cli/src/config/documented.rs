//! `configs/paper.toml` documents every key, with the value that a key has where it is left out.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::Config;

const PAPER: &str = include_str!("../../../../configs/paper.toml");
/// Keys without which no default configuration exists, of each kind of data.
const REQUIRED: [&str; 2] = [
    "run.name = 'd'\n[data]\nkind = 'manifest'\nhealthy = 'camcan'\nlesions = 'brats2019'\nroot = 'data'\nseed = 2019\n\
     train = 600\nvalidation = 53\ntest = 335\n",
    "run.name = 'd'\n[data]\nkind = 'synthetic'\nseed = 1\ntrain = 24\nvalidation = 6\ntest = 12\n",
];
/// Stands for a key that does not exist.
const UNKNOWN: &str = "no-such-key";

/// Every value below a table, by its path.
fn leaves(path: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Table(table) => {
            let below = |key: &String| if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            table.iter().for_each(|(key, value)| leaves(&below(key), value, found));
        }
        value => {
            found.insert(path.to_owned(), value.to_string());
        }
    }
}

/// The text of each section, those in comments too, without `#`.
fn sections() -> BTreeMap<String, String> {
    let mut sections: BTreeMap<String, String> = BTreeMap::new();
    let mut name = String::new();
    for line in PAPER.lines().map(|line| line.trim_start_matches(['#', ' '])) {
        match line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((header, rest)) if rest.is_empty() || rest.trim_start().starts_with('#') => {
                header.clone_into(&mut name);
            }
            _ => *sections.entry(name.clone()).or_default() += &format!("{line}\n"),
        }
    }
    sections
}

/// The keys that a table of the configuration may have, as the parser itself lists them; none if it is no table.
fn keys(base: &str, path: &[String]) -> Vec<String> {
    let mut config: Table = toml::from_str(base).unwrap();
    let mut table = &mut config;
    for name in path {
        let value = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
        let Value::Table(inner) = value else { return Vec::new() };
        table = inner;
    }
    table.insert(UNKNOWN.to_owned(), Value::Integer(1));
    let error = toml::from_str::<Config>(&toml::to_string(&config).unwrap()).unwrap_err();
    let Some(rest) = error.message().strip_prefix(&format!("unknown field `{UNKNOWN}`")) else {
        return Vec::new();
    };
    rest.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Checks the keys below a table, and returns how many there are.
fn documented(base: &str, path: &[String], sections: &BTreeMap<String, String>) -> usize {
    let mut count = 0;
    for key in keys(base, path) {
        let below = [path, std::slice::from_ref(&key)].concat();
        let inner = documented(base, &below, sections);
        count += inner;
        if inner == 0 && !path.is_empty() {
            let section = sections.get(&path.join("."));
            let own = section.is_some_and(|text| text.contains(&format!("{key} = ")));
            // Or on one line of the section above, as `table = { key = value }`.
            let (last, above) = path.split_last().unwrap();
            let above = sections.get(&above.join(".")).map_or("", String::as_str);
            let inline =
                |line: &str| line.contains(&format!("{last} = {{")) && line.contains(&format!("{key} = "));
            assert!(
                own || above.lines().any(inline),
                "configs/paper.toml does not document {}",
                below.join(".")
            );
            count += 1;
        }
    }
    count
}

#[test]
fn every_key_is_documented() {
    let sections = sections();
    let counts = REQUIRED.map(|base| documented(base, &[], &sections));
    assert!(counts.iter().all(|count| *count > 60), "only {counts:?} keys were found");
}

#[test]
fn a_key_left_out_has_the_value_that_stands_there_unless_its_comment_says_otherwise() {
    let config = Config::parse(REQUIRED[0], "defaults").unwrap();
    let (mut shown, mut defaults) = (BTreeMap::new(), BTreeMap::new());
    leaves("", &Value::Table(toml::from_str(PAPER).unwrap()), &mut shown);
    leaves("", &Value::Table(toml::from_str(&config.to_toml().unwrap()).unwrap()), &mut defaults);
    let says_otherwise = |path: &str| {
        let (section, key) = path.rsplit_once('.').unwrap();
        let Some((_, section)) = PAPER.split_once(&format!("\n[{section}]\n")) else { return false };
        let before: Vec<&str> =
            section.lines().take_while(|line| !line.starts_with(&format!("{key} = "))).collect();
        let comment = before.into_iter().rev().take_while(|line| line.starts_with('#'));
        comment.into_iter().any(|line| line.contains("Required") || line.contains("eft out"))
    };
    for (path, value) in &shown {
        assert!(
            defaults.get(path) == Some(value) || says_otherwise(path),
            "{path} = {value} in configs/paper.toml, but left out it is {:?}, and its comment does not say so",
            defaults.get(path)
        );
    }
    // What has a default at all stands there.
    for path in defaults.keys() {
        assert!(shown.contains_key(path), "{path} has a default that configs/paper.toml does not show");
    }
}
