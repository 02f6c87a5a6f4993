//! The table at the end.

use std::{fmt, time::Duration};

use crate::measure::Figures;

#[derive(Default)]
pub struct Report {
    columns: Vec<(&'static str, Figures)>,
}

impl Report {
    pub fn add(&mut self, name: &'static str, figures: Figures) {
        self.columns.push((name, figures));
    }

    /// One row: the figure of each, and how many times ours it is.
    fn row(
        &self,
        f: &mut fmt::Formatter<'_>,
        label: &str,
        unit: &str,
        figure: impl Fn(&Figures) -> f64,
    ) -> fmt::Result {
        write!(f, "{:<24}", format!("{label}, {unit}"))?;
        let ours = self.columns.first().map(|(_, figures)| figure(figures)).unwrap_or_default();
        for (column, (_, figures)) in self.columns.iter().enumerate() {
            let value = figure(figures);
            let ratio = match column {
                0 => String::new(),
                _ if ours > 0.0 => format!(" ({:.1}x)", value / ours),
                _ => " (-)".into(),
            };
            write!(f, "{:>24}", format!("{value:.2}{ratio}"))?;
        }
        writeln!(f)
    }
}

fn median(sorted: &[Duration]) -> f64 {
    sorted.get(sorted.len() / 2).map(Duration::as_secs_f64).unwrap_or_default()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<24}", "")?;
        for (name, _) in &self.columns {
            write!(f, "{name:>24}")?;
        }
        writeln!(f)?;
        self.row(f, "first backup", "s", |figures| figures.first_backup.as_secs_f64())?;
        self.row(f, "idle memory", "MiB", |figures| figures.idle_rss_kib as f64 / 1024.0)?;
        self.row(f, "idle CPU", "1/1000 core", |figures| figures.idle_cpu_millicores)?;
        self.row(f, "idle requests", "count", |figures| figures.idle_requests as f64)?;
        self.row(f, "lag, median", "ms", |figures| median(&figures.lags) * 1000.0)?;
        self.row(f, "lag, longest", "ms", |figures| {
            figures.lags.last().map(Duration::as_secs_f64).unwrap_or_default() * 1000.0
        })?;
        self.row(f, "stop", "s", |figures| figures.stop.as_secs_f64())?;
        self.row(f, "restore, median", "s", |figures| median(&figures.restores))?;
        self.row(f, "restore, peak memory", "MiB", |figures| figures.restore_peak_kib as f64 / 1024.0)?;
        writeln!(f, "(in brackets: times ours)")
    }
}
