//! Arguments, one function per verb, output for people and for scripts.
//!
//! [`main`] turns the command line into a verb's call and its outcome into an exit code. Verbs are thin: what they share is
//! finding the project, getting to its supervisor, waiting, and printing. No state is kept here.

pub mod args;
pub mod bug;
mod changed;
pub mod code;
pub mod output;
pub mod verbs;

pub mod attach;
pub mod bare;
pub mod host;
pub mod looks;
pub mod printing;
pub mod project;
pub mod reach;
pub mod select;

pub mod print;
pub mod tails;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tokio::runtime::{Builder, Runtime};

use args::{Args, Verb};
use code::{Code, Outcome, Trouble};
use output::Out;

use crate::platform::launch;

/// How long work off the runtime may delay the end of the program.
const LINGER: Duration = Duration::from_millis(100);

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    launch::clean_signals();
    run_guarded()
}

/// As [`main`], for a supervisor without a screen, which has nothing more to do with whoever started it.
pub fn supervisor_main() -> ExitCode {
    launch::leave_caller();
    main()
}

fn run_guarded() -> ExitCode {
    bug::guarded(|| parse_and_run(std::env::args_os().collect())).into()
}

fn parse_and_run(words: Vec<OsString>) -> Code {
    let wants_json = words.iter().take_while(|word| *word != "--").any(|word| word == "--json");
    let args = match Args::try_parse_from(words) {
        Ok(args) => args,
        Err(error) => return misspelt(&error, wants_json),
    };
    let mut out = Out::stdout(args.style);
    let outcome = run(&mut out, &args).and_then(|code| match out.flush() {
        // The reader may go before the last of it, and what was done stays done.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(code),
        flushed => Ok(flushed.map(|()| code)?),
    });
    match outcome {
        Ok(code) => code,
        Err(trouble) => {
            complain(&mut out, &trouble);
            trouble.code()
        }
    }
}

/// Help, the version, or what is wrong with the command line.
fn misspelt(error: &clap::Error, wants_json: bool) -> Code {
    if !error.use_stderr() {
        // Nobody reads it any more, and that is all right.
        let _ = error.print();
        return Code::Done;
    }
    if wants_json {
        let mut stdout = std::io::stdout();
        let trouble = Trouble::Usage(error.to_string().trim_end().to_owned());
        let _ = serde_json::to_writer(&stdout, &trouble.for_scripts());
        let _ = stdout.write_all(b"\n");
    }
    let _ = error.print();
    Code::Usage
}

/// A person reads it on standard error, a script on standard output.
fn complain(out: &mut Out, trouble: &Trouble) {
    if let Trouble::BrokenPipe = trouble {
        return;
    }
    if out.json {
        let _ = out.document(&trouble.for_scripts());
    }
    let _ = out.flush();
    output::note(&trouble.to_string());
}

fn run(out: &mut Out, args: &Args) -> Outcome {
    let place = args.place();
    if let Some(dir) = &place.dir {
        let entered = std::env::set_current_dir(dir);
        entered.map_err(|error| Trouble::Usage(format!("-C {}: {error}", dir.display())))?;
    }
    if let Some(Verb::Check(_)) = &args.verb {
        return verbs::check::check(out, &place);
    }
    let runtime = runtime()?;
    let outcome = runtime.block_on(dispatch(out, &place, args.verb.as_ref()));
    runtime.shutdown_timeout(LINGER);
    outcome
}

/// One thread each: a verb's, and that of the supervisor where one runs here. Neither has more to do than one can.
fn runtime() -> Result<Runtime, Trouble> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

async fn dispatch(out: &mut Out, place: &args::Place, verb: Option<&Verb>) -> Outcome {
    use verbs::{change, check, dashboard, demo, down, events, logs, ps, run, send, signal, status, summary};
    match verb {
        None => dashboard::dashboard(out, place).await,
        Some(Verb::Up(args)) => verbs::up::up(out, place, args).await,
        Some(Verb::Down(args)) => down::down(out, place, args).await,
        Some(Verb::Ps(args)) => ps::ps(out, place, args).await,
        Some(Verb::Status(args)) => status::status(out, place, args).await,
        Some(Verb::Start(args)) => change::start(out, place, args).await,
        Some(Verb::Stop(args)) => change::stop(out, place, args).await,
        Some(Verb::Restart(args)) => change::restart(out, place, args).await,
        Some(Verb::Kill(args)) => change::kill(out, place, args).await,
        Some(Verb::Remove(args)) => change::remove(out, place, args).await,
        Some(Verb::Hold(args)) => change::hold(out, place, args).await,
        Some(Verb::Next(args)) => change::next(out, place, args).await,
        Some(Verb::Signal(args)) => signal::signal(out, place, args).await,
        Some(Verb::Logs(args)) => logs::logs(out, place, args).await,
        Some(Verb::Run(args)) => run::run(out, place, args).await,
        Some(Verb::Wait(args)) => verbs::wait::wait(out, place, args).await,
        Some(Verb::Attach(args)) => verbs::attach::attach(out, place, args).await,
        Some(Verb::Send(args)) => send::send(out, place, args).await,
        Some(Verb::Events(args)) => events::events(out, place, args).await,
        Some(Verb::Summary(_)) => summary::summary(out, place).await,
        Some(Verb::Check(_)) => check::check(out, place),
        Some(Verb::Demo(args)) => demo::demo(out, args).await,
        Some(Verb::Supervisor(args)) => verbs::supervisor::supervisor(args).await,
    }
}
