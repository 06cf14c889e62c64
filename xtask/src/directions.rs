//! Dependencies between the workspace's crates point one way (ARCHITECTURE.md), and only two reach libtorch.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use cargo_metadata::{Metadata, MetadataCommand};

/// Which crates of the workspace each crate depends on directly, in code, tests and build scripts.
pub(crate) const DEPENDS_ON: [(&str, &[&str]); 12] = [
    ("memae-cli", &["cli-support", "memae-report", "memae-model", "anomaly-eval", "mri-phantom", "mri-io"]),
    ("cli-support", &["mri-io"]),
    ("memae-report", &["anomaly-eval"]),
    ("memae-model", &[]),
    ("strip-prior", &["mri-phantom", "mri-io"]),
    ("mri-phantom", &["mri-io"]),
    ("mri-prep-py", &["mri-prep", "mri-io"]),
    ("mri-prep", &["cli-support", "mri-io"]),
    ("anomaly-eval", &[]),
    ("mri-io", &[]),
    ("end-to-end", &["mri-io"]),
    ("xtask", &[]),
];

/// The crates that may reach libtorch; the others build and test on a machine that has none.
pub(crate) const MAY_LINK_TORCH: [&str; 3] = ["memae-model", "memae-cli", "strip-prior"];

const TORCH: &str = "torch-sys";

/// Package name to the names of its direct dependencies. Two versions of one package count as one.
type Graph = BTreeMap<String, BTreeSet<String>>;

pub(crate) fn check(root: &Path) -> Result<()> {
    let metadata = MetadataCommand::new().exec()?;
    let members: Vec<&str> =
        metadata.workspace_packages().iter().map(|package| package.name.as_str()).collect();
    let faults = faults(&members, &graph(&metadata)?);
    if !faults.is_empty() {
        bail!(
            "dependencies point the wrong way (xtask/src/directions.rs has the rules):\n  {}",
            faults.join("\n  ")
        );
    }
    let page = fs::read_to_string(root.join("ARCHITECTURE.md"))?;
    if !page.contains(&picture()) {
        bail!(
            "ARCHITECTURE.md must show the dependencies as xtask/src/directions.rs has them:\n\n{}",
            picture()
        );
    }
    Ok(())
}

/// The rules as ARCHITECTURE.md shows them, indented: a line that begins with a program's name would be a command.
fn picture() -> String {
    let line = |(name, allowed): &(&str, &[&str])| {
        let allowed = if allowed.is_empty() { "none of ours".to_owned() } else { allowed.join(", ") };
        format!("  {name:<12} -> {allowed}\n")
    };
    DEPENDS_ON.iter().map(line).collect()
}

fn graph(metadata: &Metadata) -> Result<Graph> {
    let resolve = metadata.resolve.as_ref().context("cargo metadata resolved no dependencies")?;
    let mut graph = Graph::new();
    for node in &resolve.nodes {
        let dependencies = node.dependencies.iter().map(|id| metadata[id].name.to_string());
        graph.entry(metadata[&node.id].name.to_string()).or_default().extend(dependencies);
    }
    Ok(graph)
}

/// One sentence for each broken rule.
fn faults(members: &[&str], graph: &Graph) -> Vec<String> {
    let mut faults = Vec::new();
    for &member in members {
        let Some((_, allowed)) = DEPENDS_ON.iter().find(|(name, _)| *name == member) else {
            faults.push(format!("{member} has no rule"));
            continue;
        };
        for dependency in graph.get(member).into_iter().flatten() {
            // Itself: a crate whose tests switch on its features.
            let ours = dependency != member && members.contains(&dependency.as_str());
            if ours && !allowed.contains(&dependency.as_str()) {
                faults.push(format!("{member} may not depend on {dependency}"));
            }
        }
        for unused in allowed.iter().filter(|name| !graph.get(member).is_some_and(|own| own.contains(**name)))
        {
            faults.push(format!("{member} does not depend on {unused}: the rule must not say so"));
        }
        if !MAY_LINK_TORCH.contains(&member)
            && let Some(path) = path_to(graph, member, TORCH)
        {
            faults.push(format!("{member} may not reach libtorch: {}", path.join(" -> ")));
        }
    }
    faults
}

/// A shortest chain of dependencies from one package to another.
fn path_to(graph: &Graph, from: &str, to: &str) -> Option<Vec<String>> {
    let mut seen = BTreeSet::from([from.to_owned()]);
    let mut paths = std::collections::VecDeque::from([vec![from.to_owned()]]);
    while let Some(path) = paths.pop_front() {
        let last = path.last()?;
        if last == to {
            return Some(path);
        }
        for next in graph.get(last).into_iter().flatten() {
            if seen.insert(next.clone()) {
                paths.push_back(path.iter().chain([next]).cloned().collect());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(edges: &[(&str, &[&str])]) -> Vec<String> {
        let set = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let graph = edges.iter().map(|(name, dependencies)| (name.to_string(), set(dependencies))).collect();
        let members: Vec<&str> =
            edges.iter().map(|(name, _)| *name).filter(|name| !OTHERS.contains(name)).collect();
        faults(&members, &graph)
    }

    const OTHERS: [&str; 3] = ["tch", "torch-sys", "serde"];

    #[test]
    fn the_planned_directions_pass() {
        let none = faults_of(&[
            ("mri-prep", &["cli-support", "mri-io", "serde"]),
            ("cli-support", &["mri-io"]),
            ("memae-model", &["tch"]),
            ("tch", &["torch-sys"]),
            ("mri-phantom", &["mri-io"]),
            ("mri-io", &["serde"]),
        ]);
        assert_eq!(none, Vec::<String>::new());
    }

    #[test]
    fn an_edge_that_is_gone_is_named() {
        assert_eq!(
            faults_of(&[("mri-phantom", &["serde"])]),
            ["mri-phantom does not depend on mri-io: the rule must not say so"]
        );
    }

    #[test]
    fn an_edge_against_the_direction_is_named() {
        assert_eq!(
            faults_of(&[("mri-io", &["mri-phantom"]), ("mri-phantom", &["mri-io"])]),
            ["mri-io may not depend on mri-phantom"]
        );
    }

    #[test]
    fn libtorch_is_found_through_other_packages() {
        assert_eq!(
            faults_of(&[("anomaly-eval", &["serde", "tch"]), ("tch", &["torch-sys"])]),
            ["anomaly-eval may not reach libtorch: anomaly-eval -> tch -> torch-sys"]
        );
    }

    #[test]
    fn a_new_crate_needs_a_rule() {
        assert_eq!(faults_of(&[("brand-new", &[])]), ["brand-new has no rule"]);
    }
}
