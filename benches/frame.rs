//! What one frame of the dashboard costs at 200×60: built from the model and turned into the bytes for the terminal. With few
//! processes and many, with a log of coloured lines in view.

#[cfg(target_os = "linux")]
mod figures;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    figures::bench(linux::run)
}

#[cfg(not(target_os = "linux"))]
#[allow(clippy::print_stderr, reason = "nothing else could say it")]
fn main() {
    eprintln!("these figures are read from /proc; run this on Linux");
}

#[cfg(target_os = "linux")]
mod linux {
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Instant;

    use jiff::tz::TimeZone;
    use pm::domain::phase::Phase;
    use pm::domain::snapshot::{MachineLoad, ProjectInfo, RunView, SupervisorInfo};
    use pm::domain::spec::Program;
    use pm::domain::{ProcessName, ProcessSpec, Row, RunId, RunNo, Snapshot, Timestamp, Totals, Usage};
    use pm::logs::index::Stream;
    use pm::logs::segment::{Limits, Writer};
    use pm::tui::glyph::GlyphSet;
    use pm::tui::message::{Effect, Msg};
    use pm::tui::model::{Look, Model};
    use pm::tui::pages::Pages;
    use pm::tui::screen::Screen;
    use pm::tui::theme::ThemeName;
    use pm::tui::update::update;

    use crate::figures::{Figures, ms, percentile};

    const SIZE: (u16, u16) = (200, 60);
    const FRAMES: usize = 500;
    /// Lines that come between two frames of a flood: more than are in view.
    const LINES: usize = 60;
    /// 2026-11-20 14:02:31 UTC.
    const NOW: Timestamp = Timestamp(1_795_183_351_000);

    pub fn run(figures: &mut Figures) {
        for processes in [10, 500, 10_000] {
            let dir = tempfile::tempdir().expect("a directory");
            let mut dashboard = Dashboard::new(dir.path(), processes);
            let mut add = |what: &str, mut costs: Vec<f64>| {
                let figure = format!("frame with {processes} processes, {what}: median");
                figures.add(&figure, percentile(&mut costs, 0.5), "ms", Some(1.0));
            };
            add("new lines and new figures", (0..FRAMES).map(|_| dashboard.after_output()).collect());
            add("the selection moved", (0..FRAMES).map(|turn| dashboard.after_a_step(turn)).collect());
            add("nothing changed", (0..FRAMES).map(|_| dashboard.draw()).collect());
        }
    }

    /// The dashboard without a terminal and without a supervisor.
    struct Dashboard {
        model: Model,
        screen: Screen,
        pages: Pages,
        log: Writer,
        rows: Vec<Arc<Row>>,
        revision: u64,
    }

    impl Dashboard {
        fn new(dir: &Path, processes: usize) -> Self {
            let rows: Vec<_> = (0..processes).map(|at| Arc::new(row(at, dir))).collect();
            let limits = Limits { segment_bytes: 64 << 20, segments: 4 };
            let log = Writer::create(dir.join("out.log"), dir.join("out.idx"), limits).expect("a log");
            let (theme, glyphs) = (ThemeName::Terminal.theme(), GlyphSet::default());
            let look = Look { title: None, theme, glyphs, zone: TimeZone::UTC };
            let model = Model::new(NOW, SIZE, look, false, &snapshot(1, rows.clone()));
            let screen = Screen::new(SIZE.0, SIZE.1);
            let mut dashboard = Self { model, screen, pages: Pages::default(), log, rows, revision: 1 };
            dashboard.tell(Msg::Tick);
            dashboard.after_output();
            dashboard
        }

        /// Tells the model, and does with logs what it asks for.
        fn tell(&mut self, msg: Msg) {
            let mut messages = vec![msg];
            while let Some(msg) = messages.pop() {
                for effect in update(&mut self.model, NOW, msg) {
                    if let Effect::Job(job) = effect {
                        self.pages.announce(&job);
                        self.pages.perform(job, &mut |answer| messages.push(answer));
                    }
                }
            }
        }

        /// The process in view has printed, and everybody's figures are new.
        fn after_output(&mut self) -> f64 {
            self.revision += 1;
            for line in 0..LINES {
                let (number, id) = (self.revision, line * 7919);
                let text = format!(
                    "\x1b[2m14:02:{number:06}\x1b[0m \x1b[32mINFO\x1b[0m \x1b[1mserver::http\x1b[0m: request \x1b[36mid\x1b[0m={id:08} \
                     \x1b[36mpath\x1b[0m=/api/v1/users/{id} \x1b[36mstatus\x1b[0m=200 \x1b[36mlatency_ms\x1b[0m={line} \
                     \x1b[36muser_agent\x1b[0m=\"check/1.0\"\n"
                );
                self.log.append(NOW.0, Stream::Stdout, text.as_bytes());
            }
            let mut rows = std::mem::take(&mut self.rows);
            for (at, row) in rows.iter_mut().enumerate() {
                let row = Arc::make_mut(row);
                row.usage.cpu_percent = ((self.revision as usize * 31 + at * 7) % 1000) as f32 / 10.0;
                if let (0, Some(run)) = (at, &mut row.run) {
                    (run.log_end, run.log_lines) = (self.log.extent().end, self.log.extent().lines);
                }
            }
            let snapshot = snapshot(self.revision, rows.clone());
            self.rows = rows;
            self.tell(Msg::Snapshot(snapshot));
            self.draw()
        }

        fn after_a_step(&mut self, turn: usize) -> f64 {
            let snapshot = Arc::clone(&self.model.snapshot);
            self.model.table.step(&snapshot, if turn.is_multiple_of(2) { 1 } else { -1 });
            self.draw()
        }

        fn draw(&mut self) -> f64 {
            let begun = Instant::now();
            self.screen.frame(&self.model).expect("a frame");
            ms(begun.elapsed())
        }
    }

    fn row(at: usize, dir: &Path) -> Row {
        let name = ProcessName::new(&format!("process-{at}")).expect("a name");
        let spec = ProcessSpec::new(name, Program::Shell("make serve".into()), "/home/me/shop".into());
        let phase = Phase::Running { since: Timestamp(NOW.0 - 1_320_000) };
        let run = RunView {
            no: RunNo(1),
            id: RunId::derive(7, at as u64),
            keeper_pid: Some(1000 + at as u32),
            pid: Some(20_000 + at as u32),
            started_at: Some(Timestamp(NOW.0 - 1_320_000)),
            exit: None,
            over: false,
            dir: dir.to_owned(),
            log_end: 0,
            log_lines: 0,
            log_lost: 0,
            runs_as: None,
            screen: None,
        };
        Row {
            spec: Arc::new(spec),
            health: phase.health(0),
            phase,
            run: Some(run),
            restarts: 0,
            created_at: NOW,
            last_updated: NOW,
            usage: Usage { cpu_percent: 0.0, memory_bytes: 310 << 20, threads: 6, pids: 1, zombies: 0 },
            tree: Arc::new([]),
        }
    }

    fn snapshot(revision: u64, rows: Vec<Arc<Row>>) -> Arc<Snapshot> {
        let project = ProjectInfo { name: "shop".into(), id: "shop-1".into(), root: "/".into(), config: None };
        let supervisor = SupervisorInfo { pid: 1, started_at: NOW, version: "0".into(), headless: true };
        let totals = Totals { total: rows.len() as u32, running: rows.len() as u32, ..Totals::default() };
        Arc::new(Snapshot {
            project: Arc::new(project),
            revision,
            at: NOW,
            supervisor: Arc::new(supervisor),
            rows,
            totals,
            machine: MachineLoad::default(),
            shutting_down: None,
        })
    }
}
