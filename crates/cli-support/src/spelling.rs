//! Misspelt names, and what was probably meant.

/// `: did you mean ...?` if one of the known names is near; else nothing.
pub fn did_you_mean<T: AsRef<str>>(name: &str, known: &[T]) -> String {
    let lower = name.to_lowercase();
    let near = known.iter().map(AsRef::as_ref).map(|known| (distance(&lower, &known.to_lowercase()), known));
    // A third of the letters may be wrong; of equally near names the first counts.
    match near.min_by_key(|(distance, _)| *distance) {
        Some((distance, known)) if distance <= name.chars().count().max(3) / 3 => {
            format!(": did you mean `{known}`?")
        }
        _ => String::new(),
    }
}

/// Letters to insert, to drop, to change, or to swap with the next (optimal string alignment) from one word to the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// The message of a TOML error, with what was probably meant where a key or a value is unknown.
pub fn explain(error: &toml::de::Error) -> String {
    let text = error.to_string();
    let mut quoted = error.message().split('`').skip(1).step_by(2);
    let unknown = ["unknown field", "unknown variant"].iter().any(|start| error.message().starts_with(start));
    let (Some(name), true) = (quoted.next(), unknown) else { return text };
    let meant = did_you_mean(name, &quoted.collect::<Vec<_>>());
    format!("{}{meant}", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_of_known_words() {
        for (a, b, expected) in [
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("epoch", "epochs", 1),
            ("skael", "skale", 1),
            ("ab", "ba", 1),
        ] {
            assert_eq!((distance(a, b), distance(b, a)), (expected, expected), "{a} {b}");
        }
    }

    #[test]
    fn only_near_names_are_suggested() {
        let known = ["epochs", "batch", "learning_rate"];
        assert_eq!(did_you_mean("epoch", &known), ": did you mean `epochs`?");
        assert_eq!(did_you_mean("Learningrate", &known), ": did you mean `learning_rate`?");
        assert_eq!(did_you_mean("colour", &known), "");
        assert_eq!(did_you_mean::<&str>("colour", &[]), "");
    }

    #[test]
    fn unknown_keys_and_values_of_toml_are_explained() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        #[allow(dead_code)]
        struct Settings {
            epochs: usize,
            scope: Option<Scope>,
        }
        #[derive(Debug, serde::Deserialize)]
        #[serde(rename_all = "kebab-case")]
        enum Scope {
            Slice,
            Volume,
        }
        let explained = |text: &str| explain(&toml::from_str::<Settings>(text).unwrap_err());
        assert!(explained("epoch = 3").ends_with("did you mean `epochs`?"));
        assert!(explained("epochs = 3\nscope = \"volumes\"").ends_with("did you mean `volume`?"));
        assert!(!explained("epochs = \"3\"").contains("did you mean"));
        assert!(!explained("epochs = 3\ncolour = 4").contains("did you mean"));
    }
}
