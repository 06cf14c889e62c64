//! A table of text, written as Markdown, CSV, LaTeX (booktabs) or plain text.

use serde::{Deserialize, Serialize};

use crate::error::Result;

/// A table of text. Rows are grouped; groups are set apart by rules where the format has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Caption, one paragraph.
    pub caption: String,
    /// Column titles. The first column is set flush left, the others flush right unless they hold text.
    pub columns: Vec<String>,
    /// Groups of rows; each row has one cell for each column.
    pub groups: Vec<Vec<Vec<String>>>,
    /// Remarks below the table.
    pub notes: Vec<String>,
    /// Group, row in it and column of each cell that holds the best value of its column.
    #[serde(default)]
    pub best: Vec<[usize; 3]>,
}

impl Table {
    /// All rows in order.
    pub fn rows(&self) -> impl Iterator<Item = &Vec<String>> {
        self.groups.iter().flatten()
    }

    /// Marks the highest value of each of the columns named: as written, so that equal ones are all marked. `apart` ranks each
    /// group by itself.
    pub(crate) fn mark_best(mut self, columns: &[&str], apart: bool) -> Self {
        let value = |cell: &String| cell.split_whitespace().next()?.parse::<f64>().ok();
        for (at, _) in self.columns.iter().enumerate().filter(|(_, title)| columns.contains(&title.as_str()))
        {
            let cells = || {
                self.groups.iter().enumerate().flat_map(move |(group, rows)| {
                    rows.iter()
                        .enumerate()
                        .filter_map(move |(row, cells)| Some((group, row, value(&cells[at])?)))
                })
            };
            for (group, row, ours) in cells() {
                let mut others = cells().filter(|(of, ..)| !apart || *of == group);
                if others.all(|(.., other)| other <= ours) {
                    self.best.push([group, row, at]);
                }
            }
        }
        self
    }

    /// The table in Markdown (pipe table), caption above, notes below.
    pub fn to_markdown(&self) -> String {
        let escape = |cell: &String| cell.replace('|', "\\|");
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let mut text = format!("**{}**\n\n", self.caption);
        text += &line(self.columns.iter().map(escape).collect());
        text += &line(
            (0..self.columns.len()).map(|at| if self.numeric(at) { "--:" } else { ":--" }.into()).collect(),
        );
        for row in self.rows() {
            text += &line(row.iter().map(escape).collect());
        }
        text.extend(self.notes.iter().flat_map(|note| ["\n", note, "\n"]));
        text
    }

    /// Header and rows in CSV, without caption and notes.
    ///
    /// # Errors
    /// [`anomaly_eval::Error::Io`] if memory runs out.
    pub fn to_csv(&self) -> Result<String> {
        let mut out = Vec::new();
        let mut writer = csv::Writer::from_writer(&mut out);
        for row in std::iter::once(&self.columns).chain(self.rows()) {
            writer.write_record(row).map_err(|error| anomaly_eval::Error::Io(error.into()))?;
        }
        writer.flush().map_err(anomaly_eval::Error::Io)?;
        drop(writer);
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    /// A `table` environment in LaTeX. Needs the packages booktabs and graphicx (the table shrinks to the text width).
    pub fn to_latex(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| latex(cell)).collect();
            format!("    {} \\\\\n", cells.join(" & "))
        };
        let alignment: String =
            (0..self.columns.len()).map(|at| if self.numeric(at) { 'r' } else { 'l' }).collect();
        let groups: Vec<String> =
            self.groups.iter().map(|rows| rows.iter().map(|row| line(row)).collect()).collect();
        let note = |text: &String| ["  \\par\\smallskip\\footnotesize ", &latex(text), "\n"].concat();
        let notes: String = self.notes.iter().map(note).collect();
        format!(
            "\\begin{{table}}\n  \\centering\n  \\caption{{{}}}\n  \\resizebox{{\\textwidth}}{{!}}{{%\n  \
             \\begin{{tabular}}{{{alignment}}}\n    \\toprule\n{}    \\midrule\n{}    \\bottomrule\n  \
             \\end{{tabular}}}}\n{notes}\\end{{table}}\n",
            latex(&self.caption),
            line(&self.columns),
            groups.join("    \\midrule\n"),
        )
    }

    /// The table with aligned columns for a terminal.
    pub fn to_text(&self) -> String {
        let width = |at: usize| {
            let cells = std::iter::once(&self.columns).chain(self.rows());
            cells.map(|row| row[at].chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let line = |row: &[String]| {
            let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, width))| {
                if self.numeric(at) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
        };
        let rule = "-".repeat(widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1)) + "\n";
        let groups: Vec<String> =
            self.groups.iter().map(|rows| rows.iter().map(|row| line(row)).collect()).collect();
        let notes: String = self.notes.iter().flat_map(|note| [note, "\n"]).collect();
        format!("{}\n\n{}{rule}{}{rule}{notes}", self.caption, line(&self.columns), groups.join(&rule))
    }

    /// Whether a column holds numbers: each cell starts with a digit, a sign or a dash, or is empty.
    fn numeric(&self, column: usize) -> bool {
        column > 0
            && self.rows().all(|row| {
                row[column].starts_with(|c: char| c.is_ascii_digit() || "-+<–".contains(c))
                    || row[column].is_empty()
            })
    }
}

/// Text with the special characters of LaTeX quoted.
fn latex(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => quoted.extend(['\\', c]),
            '~' => quoted.push_str("\\textasciitilde{}"),
            '^' => quoted.push_str("\\textasciicircum{}"),
            '\\' => quoted.push_str("\\textbackslash{}"),
            '<' => quoted.push_str("$<$"),
            '>' => quoted.push_str("$>$"),
            '|' => quoted.push_str("$|$"),
            '–' => quoted.push_str("--"),
            other => quoted.push(other),
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        Table {
            caption: "Rates & counts".into(),
            columns: row(["Method", "TPR", "Note"]),
            groups: vec![vec![row(["ae", "0.583", "a_b"])], vec![row(["a|b, c", "–", ""])]],
            notes: vec!["100 % synthetic".into()],
            best: Vec::new(),
        }
    }

    #[test]
    fn markdown() {
        let expected = "**Rates & counts**\n\n| Method | TPR | Note |\n| :-- | --: | :-- |\n| ae | 0.583 | a_b |\n\
                        | a\\|b, c | – |  |\n\n100 % synthetic\n";
        assert_eq!(table().to_markdown(), expected);
    }

    #[test]
    fn csv() {
        assert_eq!(table().to_csv().unwrap(), "Method,TPR,Note\nae,0.583,a_b\n\"a|b, c\",–,\n");
    }

    #[test]
    fn latex() {
        let text = table().to_latex();
        for part in [
            "\\caption{Rates \\& counts}",
            "\\begin{tabular}{lrl}",
            "    ae & 0.583 & a\\_b \\\\\n    \\midrule\n    a$|$b, c & -- &  \\\\\n    \\bottomrule",
            "\\footnotesize 100 \\% synthetic",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }

    #[test]
    fn text() {
        let expected = "Rates & counts\n\nMethod    TPR  Note\n-------------------\nae      0.583  a_b\n\
                        -------------------\na|b, c      –\n-------------------\n100 % synthetic\n";
        assert_eq!(table().to_text(), expected);
    }

    #[test]
    fn the_best_of_a_column_is_marked_within_its_group_or_among_all() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let groups = vec![
            vec![row(["ae", "0.500 [0.1, 0.9]", "–"]), row(["vae", "0.500", "1"])],
            vec![row(["mean", "0.250", "3"])],
        ];
        let table = Table { columns: row(["Method", "AP", "Rank"]), groups, ..Table::default() };
        assert_eq!(table.clone().mark_best(&["AP"], false).best, [[0, 0, 1], [0, 1, 1]]);
        assert_eq!(table.clone().mark_best(&["AP"], true).best, [[0, 0, 1], [0, 1, 1], [1, 0, 1]]);
        assert_eq!(table.mark_best(&["Rank", "Method"], false).best, [[1, 0, 2]]);
    }

    #[test]
    fn a_first_column_of_numbers_names_the_rows() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let groups = vec![vec![row(["1", "0.5"]), row(["2", "0.25"])]];
        let table = Table { columns: row(["Level", "TPR"]), groups, ..Table::default() };
        let expected = "\n\nLevel   TPR\n-----------\n1       0.5\n2      0.25\n-----------\n";
        assert_eq!(table.to_text(), expected);
    }
}
