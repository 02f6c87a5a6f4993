//! The table at the end.

use std::{fmt, time::Duration};

use crate::measure::{Figures, Restores};

pub struct Report {
    megabytes: u64,
    columns: Vec<(&'static str, Figures)>,
}

impl Report {
    pub fn new(megabytes: u64) -> Self {
        Report { megabytes, columns: Vec::new() }
    }

    pub fn add(&mut self, name: &'static str, figures: Figures) {
        self.columns.push((name, figures));
    }

    /// Writes one row: each figure, and its ratio to ours.
    fn row(
        &self,
        f: &mut fmt::Formatter<'_>,
        label: &str,
        unit: &str,
        figure: impl Fn(&Figures) -> f64,
    ) -> fmt::Result {
        self.row_where_known(f, label, unit, |figures| Some(figure(figures)))
    }

    fn row_where_known(
        &self,
        f: &mut fmt::Formatter<'_>,
        label: &str,
        unit: &str,
        figure: impl Fn(&Figures) -> Option<f64>,
    ) -> fmt::Result {
        write!(f, "{:<32}", format!("{label}, {unit}"))?;
        let ours = self.columns.first().and_then(|(_, figures)| figure(figures)).unwrap_or_default();
        for (column, (_, figures)) in self.columns.iter().enumerate() {
            let cell = match figure(figures) {
                None => "-".into(),
                Some(value) if column == 0 => format!("{value:.3}"),
                Some(value) if ours > 0.0 => format!("{value:.3} ({:.1}x)", value / ours),
                Some(value) => format!("{value:.3} (-)"),
            };
            write!(f, "{cell:>24}")?;
        }
        writeln!(f)
    }

    fn restores(&self, f: &mut fmt::Formatter<'_>, label: &str, of: impl Fn(&Figures) -> &Restores) -> fmt::Result {
        let known = |figure: fn(&Restores) -> f64| {
            let of = &of;
            move |figures: &Figures| Some(of(figures)).filter(|restores| !restores.times.is_empty()).map(figure)
        };
        self.row_where_known(f, label, "s", known(|restores| median(&restores.times)))?;
        self.row_where_known(f, &format!("{label}, peak"), "MiB", known(|restores| restores.peak_kib as f64 / 1024.0))?;
        self.row_where_known(
            f,
            &format!("{label}, read"),
            "MB",
            known(|restores| restores.downloaded_bytes as f64 / 1e6),
        )
    }
}

fn median(sorted: &[Duration]) -> f64 {
    sorted.get(sorted.len() / 2).map(Duration::as_secs_f64).unwrap_or_default()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<32}", format!("{} MiB", self.megabytes))?;
        for (name, _) in &self.columns {
            write!(f, "{name:>24}")?;
        }
        writeln!(f)?;
        self.row(f, "first backup", "s", |figures| figures.first_backup.as_secs_f64())?;
        self.row(f, "first backup, sent", "MB", |figures| figures.first_backup_bytes as f64 / 1e6)?;
        self.row(f, "peak memory", "MiB", |figures| figures.peak_rss_kib as f64 / 1024.0)?;
        self.row(f, "idle memory", "MiB", |figures| figures.idle_rss_kib as f64 / 1024.0)?;
        self.row(f, "idle CPU", "1/1000 core", |figures| figures.idle_cpu_millicores)?;
        self.row(f, "idle requests", "count", |figures| figures.idle_requests as f64)?;
        self.row(f, "lag, median", "ms", |figures| median(&figures.lags) * 1000.0)?;
        self.row(f, "lag, longest", "ms", |figures| {
            figures.lags.last().map(Duration::as_secs_f64).unwrap_or_default() * 1000.0
        })?;
        self.row(f, "stop", "s", |figures| figures.stop.as_secs_f64())?;
        self.row(f, "verify (official: restore)", "s", |figures| match &figures.verifications[..] {
            [] => median(&figures.restores.times),
            times => median(times),
        })?;
        self.row(f, "restore, not checked", "s", |figures| match &figures.unchecked[..] {
            [] => median(&figures.restores.times),
            times => median(times),
        })?;
        self.restores(f, "restore", |figures| &figures.restores)?;
        self.restores(f, "with many deltas", |figures| &figures.restores_of_deltas)?;
        writeln!(f, "(in brackets: times ours; times of several runs are medians)")
    }
}
