//! Text and JSON on stdout.
//!
//! Own table instead of `comfy-table`: scripts read it, so it has neither borders nor wrapped cells.

use std::{
    fmt::Display,
    io::{self, Write},
    path::Path,
};

use litestream_core::{Error, Result};
use serde::Serialize;

/// Pretty, as official Litestream prints it.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Error::Internal(error.to_string()))?;
    line(text)
}

pub(crate) fn line(text: impl Display) -> Result<()> {
    match writeln!(io::stdout(), "{text}") {
        // The reader has closed the pipe: it has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(Error::io("write to", "stdout")),
    }
}

/// Columns two spaces apart, under a heading.
pub(crate) fn table<const N: usize>(heading: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> Result<()> {
    let rows: Vec<_> = [heading.map(str::to_owned)].into_iter().chain(rows).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in rows {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        line(cells.join("  ").trim_end())?;
    }
    Ok(())
}

pub(crate) fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// `850 B`, `32 kB`, `4.1 MB`: decimal units, as official Litestream prints sizes.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let unit = (0..UNITS.len()).rev().find(|unit| bytes >= 1000u64.pow(*unit as u32)).unwrap_or(0);
    let value = (bytes as f64 / 1000f64.powi(unit as i32) * 10.0 + 0.5).floor() / 10.0;
    if unit > 0 && value < 10.0 { format!("{value:.1} {}", UNITS[unit]) } else { format!("{value:.0} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_as_the_official_status_prints_them() {
        for (bytes, text) in [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (32_992, "33 kB"), (4_124_152, "4.1 MB")] {
            assert_eq!(size(bytes), text);
        }
    }
}
