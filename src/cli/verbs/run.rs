//! `pm run`: a command that no config knows, in the background or waited for.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::change::report;
use crate::cli::args::{Place, Run};
use crate::cli::attach::{attach_next, attach_or_spawn};
use crate::cli::code::{Code, Outcome, Trouble};
use crate::cli::output::{Out, note};
use crate::cli::print::{Paint, figures};
use crate::cli::printing::{Printing, stands_still};
use crate::cli::project::{Project, in_text};
use crate::cli::reach::{unanswered, unattended, verdict};
use crate::cli::tails::legible::Form;
use crate::cli::tails::live::{Pace, grown};
use crate::cli::tails::{Live, Printer, RunDir, history, runs};
use crate::control::client::CONNECT_LIMIT;
use crate::domain::goal::{Awaited, Goal};
use crate::domain::phase::Failure;
use crate::domain::spec::{AskColor, Program, Restart};
use crate::domain::{Accepted, Command, ExitBy, Phase, ProcessName, ProcessSpec, Refusal, Row, Snapshot, Target};
use crate::logs::lines::StreamFilter;
use crate::platform::termination::Terminations;
use crate::supervisor::Handle;
use crate::wire::json::{ExitView, Finished};

/// Names tried before giving up: `job`, `job-2`, `job-3` …
const NAMES: u32 = 1000;

/// Runs the command.
///
/// # Errors
/// No supervisor could be started; the name is taken; its time was up; it could not be started.
pub async fn run(out: &mut Out, place: &Place, args: &Run) -> Outcome {
    let cwd = directory(args)?;
    let project = Project::locate(place)?;
    let mut handle = attach_or_spawn(&project).await?;
    let waits = args.wait || args.timeout.is_some();
    let accepted = add(&handle, args, &cwd, waits, out.json).await?;
    let Some(name) = accepted.affected.first().cloned() else {
        return Err(Trouble::Denied("the supervisor took the command, but started nothing".to_owned()));
    };
    if waits {
        let job = Job {
            project: &project,
            handle,
            name,
            accepted,
            limit: args.timeout.map(|limit| limit.0),
            timed_out: false,
            given_up_at: None,
            unprinted: None,
        };
        return job.see_to_its_end(out).await;
    }
    let mut awaited = Awaited::of(&accepted, Goal::Tried);
    let end = loop {
        if let Some(end) = handle.reach(&awaited).await {
            break end;
        }
        (handle, awaited.revision) = next_supervisor(&project, &name).await?;
    };
    report(out, "", &accepted, Some(&end))?;
    let lives = end.rows.iter().any(|row| *row.name() == name && !row.phase.is_settled());
    if lives && !out.json {
        writeln!(out, "`pm logs {name} -f` follows it, `pm stop {name}` ends it")?;
    }
    Ok(verdict(&end, &accepted))
}

/// Whoever comes after a supervisor that has gone, and the revision from which on it knows of the run: they begin anew with each
/// supervisor, and whoever adopts knows of it from the first one on.
async fn next_supervisor(project: &Project, name: &ProcessName) -> Result<(Handle, u64), Trouble> {
    let next = attach_next(project).await?;
    Ok((next.ok_or_else(|| unattended(project, [name]))?, 0))
}

/// Adds the process. A name that was only derived gives way to one that is taken.
async fn add(handle: &Handle, args: &Run, cwd: &Path, waits: bool, json: bool) -> Result<Accepted, Trouble> {
    if let Some(name) = &args.name {
        let name = ProcessName::new(name).map_err(|error| Trouble::Usage(format!("--name: {error}")))?;
        return Ok(handle.send(Command::Add(Box::new(spec(name, args, cwd, waits, json)))).await?);
    }
    let stem = stem(&args.command[0]);
    for number in 1..=NAMES {
        let text = if number == 1 { stem.clone() } else { format!("{stem}-{number}") };
        let Ok(name) = ProcessName::new(&text) else { break };
        if handle
            .snapshot()
            .rows
            .iter()
            .any(|row| *row.name() == name && (row.spec.defined_at().is_some() || !row.phase.is_settled()))
        {
            continue;
        }
        match handle.send(Command::Add(Box::new(spec(name, args, cwd, waits, json)))).await {
            Err(Refusal::NameTaken { .. } | Refusal::TooAlike { .. }) => {}
            answer => return Ok(answer?),
        }
    }
    Err(Trouble::Denied(format!("no name such as {stem} is free; choose one with --name")))
}

/// Where it is to run.
fn directory(args: &Run) -> Result<PathBuf, Trouble> {
    let here = std::env::current_dir()?;
    let cwd = args.cwd.as_ref().map_or_else(|| here.clone(), |cwd| here.join(cwd));
    in_text(&cwd)?;
    Ok(cwd)
}

fn spec(name: ProcessName, args: &Run, cwd: &Path, waits: bool, json: bool) -> ProcessSpec {
    let mut spec = ProcessSpec::new(name, Program::Command(args.command.clone()), cwd.to_owned());
    spec.description.clone_from(&args.description);
    spec.inherited = Some(crate::supervisor::own_environment());
    spec.env = args.env.iter().cloned().collect();
    spec.autostart = false;
    spec.restart = Restart { when: args.restart, ..Restart::default() };
    spec.tty = args.tty;
    spec.time_limit = args.timeout.map(|limit| limit.0);
    if waits {
        // Somebody waits for its end, however soon that is: it is an answer, not a failed start.
        spec.early_exit = Duration::ZERO;
        if json {
            // A script reads what it printed, byte by byte, and wants none that nobody asked for.
            spec.color = AskColor::Inherit;
        }
    }
    spec
}

/// A name from a program: its file name without what a name cannot carry.
fn stem(program: &str) -> String {
    let file = Path::new(program).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let kept: String = file.chars().filter(|c| c.is_alphanumeric() || "_-.".contains(*c)).take(40).collect();
    let kept = kept.trim_start_matches(['-', '.']);
    if ProcessName::new(kept).is_ok() { kept.to_owned() } else { "job".to_owned() }
}

/// A process that is waited for.
struct Job<'a> {
    project: &'a Project,
    handle: Handle,
    name: ProcessName,
    accepted: Accepted,
    limit: Option<Duration>,
    timed_out: bool,
    /// When not even its stop is waited for any longer.
    given_up_at: Option<Instant>,
    /// Why some of what it printed is missing, though somebody reads.
    unprinted: Option<io::Error>,
}

/// How long a stop may take beyond its ladder before nobody waits for it here.
const STOP_GRACE: Duration = Duration::from_secs(15);

/// How long its keeper may take to see that its time is up before it is stopped from here: its keeper may be suspended, and the
/// limit is for all runs together where it is started again.
const KEPT_WITHIN: Duration = Duration::from_secs(1);

/// How long what a job leaves behind may take to go before it is told of.
const EMPTIED_WITHIN: Duration = Duration::from_millis(100);

impl Job<'_> {
    async fn see_to_its_end(mut self, out: &mut Out) -> Outcome {
        let end = self.watch(out).await?;
        if !out.json && self.row(&end).is_some_and(Row::has_live_run) {
            note(&format!("something that {0} started runs on; `pm stop {0}` ends it", self.name));
        }
        let Some(row) = self.row(&end) else {
            return Err(Trouble::Denied(format!("{} was removed while it ran", self.name)));
        };
        let finished = self.finished(row, out.json)?;
        if out.json {
            match out.document(&finished) {
                // The reader may go, and how it ended is said by the code all the same.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                answer => answer?,
            }
        } else if self.timed_out {
            let limit = figures::length(self.limit.unwrap_or_default());
            return Err(Trouble::Timeout(format!("{} did not end within {limit} and was stopped", self.name)));
        } else if let (false, Some(why)) = (finished.success, finished.why) {
            // What it printed has just been printed.
            let why = if let Phase::Failed { why: Failure::Exited { exit, .. } } = &row.phase {
                exit.status.to_string()
            } else {
                why
            };
            return Err(Trouble::ProcessFailed(format!("{}: {why}", self.name)));
        }
        match (self.timed_out, finished.success, self.unprinted) {
            (true, ..) => Ok(Code::Timeout),
            (false, false, _) => Ok(Code::ProcessFailed),
            (false, true, None) => Ok(Code::Done),
            (false, true, Some(fault)) => Err(fault.into()),
        }
    }

    /// Has its output printed as it comes, each stream to the same one of ours, until it is over. Whether and how quickly anybody
    /// reads it changes nothing about the wait and its limit.
    async fn watch(&mut self, out: &mut Out) -> Result<Arc<Snapshot>, Trouble> {
        let (tell, told) = watch::channel(News { run: Vec::new(), is_over: false });
        let mut printing = if out.json {
            None
        } else {
            Some(Printing::begin(out, async move |out: &mut Out| print(out, told).await)?)
        };
        let deadline = self.limit.map(|limit| Instant::now() + limit + KEPT_WITHIN);
        let mut watch = self.handle.watch();
        let mut terminations = Terminations::listen()?;
        let end = loop {
            let snapshot = watch.borrow_and_update().clone();
            let is_over = self.is_over(&snapshot);
            tell.send_replace(News { run: self.run_dir(&snapshot, is_over), is_over });
            if is_over {
                let exit = self.row(&snapshot).and_then(Row::exit);
                self.timed_out |= exit.is_some_and(|exit| exit.by == ExitBy::Limit);
                break snapshot;
            }
            tokio::select! {
                changed = watch.changed() => if changed.is_err() {
                    tokio::select! {
                        next = self.next_supervisor() => watch = next?,
                        _signal = terminations.next() => return Err(self.left_alone()),
                    }
                },
                () = up_to(deadline), if !self.timed_out => self.time_is_up(&snapshot).await?,
                () = up_to(self.given_up_at), if self.timed_out => {
                    return Err(Trouble::Timeout(unanswered(self.limit.unwrap_or_default())));
                }
                _signal = terminations.next() => return Err(self.left_alone()),
            }
        };
        if let Some(printing) = &mut printing {
            let (progress, timed_out) = (printing.progress.clone(), self.timed_out);
            tokio::select! {
                fault = printing.ended(out) => self.unprinted = fault,
                // There is nothing to wait for any more but a reader.
                () = stands_still(progress, || timed_out) => {}
                _signal = terminations.next() => {}
            }
        }
        Ok(self.emptied(&mut watch).await.unwrap_or(end))
    }

    /// That nothing of the run is left is known a moment after its end; `None` where something lives on.
    async fn emptied(&self, watch: &mut watch::Receiver<Arc<Snapshot>>) -> Option<Arc<Snapshot>> {
        let is_empty = |snapshot: &Arc<Snapshot>| {
            let run = self.row(snapshot).and_then(|row| row.run.as_ref());
            self.is_over(snapshot) && run.is_some_and(|run| run.over)
        };
        let emptied = tokio::time::timeout(EMPTIED_WITHIN, watch.wait_for(is_empty)).await;
        Some(emptied.ok()?.ok()?.clone())
    }

    /// Goes on with whoever comes after a supervisor that has gone.
    async fn next_supervisor(&mut self) -> Result<watch::Receiver<Arc<Snapshot>>, Trouble> {
        (self.handle, self.accepted.revision) = next_supervisor(self.project, &self.name).await?;
        Ok(self.handle.watch())
    }

    /// Nobody waits any longer, because somebody asked us to end.
    fn left_alone(&self) -> Trouble {
        let name = &self.name;
        Trouble::ProcessFailed(format!("{name} runs on; `pm logs {name} -f` follows it, `pm stop {name}` ends it"))
    }

    /// The run that is waited for. An earlier snapshot shows what ran under the name before.
    fn run_dir(&self, snapshot: &Snapshot, is_over: bool) -> Vec<RunDir> {
        if snapshot.revision < self.accepted.revision {
            return Vec::new();
        }
        let own = runs::of_snapshot(snapshot).into_iter().filter(|run| run.name == self.name);
        own.map(|run| RunDir { over: run.over || is_over, ..run }).collect()
    }

    async fn time_is_up(&mut self, snapshot: &Snapshot) -> Result<(), Trouble> {
        let stop = self.handle.send(Command::Stop(Target::one(self.name.clone())));
        let Ok(answer) = tokio::time::timeout(CONNECT_LIMIT, stop).await else {
            return Err(Trouble::Timeout(unanswered(self.limit.unwrap_or_default())));
        };
        if answer == Err(Refusal::Gone) {
            // That is noticed at once, and the next one is asked.
            return Ok(());
        }
        answer?;
        self.timed_out = true;
        let ladder = self.row(snapshot).map_or(Duration::ZERO, |row| row.spec.stop.until_kill());
        self.given_up_at = Some(Instant::now() + ladder + STOP_GRACE);
        Ok(())
    }

    /// It has ended, though something that it started may live on.
    fn is_over(&self, snapshot: &Snapshot) -> bool {
        let is_settled = |row: &Row| Goal::Settled.is_reached(&row.phase);
        snapshot.revision >= self.accepted.revision && self.row(snapshot).is_none_or(is_settled)
    }

    fn row<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a Row> {
        snapshot.rows.iter().find(|row| *row.name() == self.name).map(Arc::as_ref)
    }

    fn finished(&self, row: &Row, with_output: bool) -> Result<Finished, Trouble> {
        let run = row.run.as_ref();
        let text = |filter| -> io::Result<String> {
            let Some(run) = run.filter(|_| with_output) else { return Ok(String::new()) };
            let no_name =
                RunDir { name: self.name.clone(), no: run.no, dir: run.dir.clone(), over: true, log_end: None };
            Ok(String::from_utf8_lossy(&history::bytes(&no_name, filter)?).into_owned())
        };
        let exit = row.exit();
        let span = run.and_then(|run| Some(run.exit?.at.since(run.started_at?)));
        Ok(Finished {
            name: self.name.to_string(),
            stdout: text(StreamFilter::Stdout)?,
            stderr: text(StreamFilter::Stderr)?,
            exit: exit.as_ref().map(ExitView::from),
            success: exit.is_some_and(|exit| exit.is_success()) && !self.timed_out,
            duration_s: span.unwrap_or_default().as_secs_f64(),
            timed_out: self.timed_out,
            why: row.phase.why(),
        })
    }
}

/// What the thread that prints is told.
#[derive(Clone)]
struct News {
    /// The run, once there is one.
    run: Vec<RunDir>,
    is_over: bool,
}

/// Prints what comes until it is over; answers why some of it is missing, though somebody reads.
async fn print(out: &mut Out, mut told: watch::Receiver<News>) -> Option<io::Error> {
    let stderr = if io::stderr().is_terminal() && out.form() == Form::File { Form::Screen } else { out.form() };
    let mut streams =
        [(StreamFilter::Stdout, out.form()), (StreamFilter::Stderr, stderr)].map(|to| Stream::new(to, out.paint));
    loop {
        let News { run, is_over } = told.borrow_and_update().clone();
        let [stdout, stderr] = &mut streams;
        let pace = stdout.print(&run, out).max(stderr.print(&run, &mut io::stderr()));
        if pace != Pace::More && is_over {
            stdout.finish(out);
            stderr.finish(&mut io::stderr());
            break;
        }
        // Nobody waits any longer.
        if !grown(&mut told, pace).await {
            break;
        }
    }
    streams.into_iter().find_map(Stream::into_fault)
}

/// One stream of the job on its way to one of ours.
struct Stream {
    live: Live,
    printer: Printer,
    /// Why nothing more of it is printed.
    fault: Option<io::Error>,
}

impl Stream {
    fn new((filter, form): (StreamFilter, Form), paint: Paint) -> Self {
        let printer = Printer::new((paint, form), None, filter);
        Self { live: Live::new(filter), printer, fault: None }
    }

    /// Prints what is new; nothing any more once that has failed.
    fn print(&mut self, run: &[RunDir], sink: &mut impl Write) -> Pace {
        if self.fault.is_some() {
            return Pace::Idle;
        }
        let printed = self.live.print(run, &mut self.printer, sink);
        printed.and_then(|pace| sink.flush().map(|()| pace)).unwrap_or_else(|fault| {
            self.fault = Some(fault);
            Pace::Idle
        })
    }

    fn finish(&mut self, sink: &mut impl Write) {
        if self.fault.is_none() {
            self.fault = self.printer.finish(sink).err();
        }
    }

    /// What went wrong, but for a reader that has left, which is its right.
    fn into_fault(self) -> Option<io::Error> {
        self.fault.filter(|fault| fault.kind() != io::ErrorKind::BrokenPipe)
    }
}

async fn up_to(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_programs() {
        let table = [
            ("python3", "python3"),
            ("./target/debug/my server.sh", "myserver"),
            ("/usr/bin/ls", "ls"),
            ("...", "job"),
            ("all", "job"),
            ("", "job"),
        ];
        for (program, name) in table {
            assert_eq!(stem(program), name, "{program}");
        }
    }
}
