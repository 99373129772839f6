//! How each order and report becomes bytes and comes back. Frozen: a kind or a trailing field may be added, nothing changed.
//!
//! Signals travel by name, because their numbers are the system's and the order of our own table may change.

use super::{Launch, Order, Report, Texts};
use crate::domain::{ExitBy, ExitStatus, RunId, RunNo, Signal, SpawnFailure, SpawnStep};

/// Fields that end too early or hold what they cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

type Read<T> = Result<T, Malformed>;

/// Reads fields from the front of a frame.
pub(super) struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*head)
    }

    fn u8(&mut self) -> Read<u8> {
        Ok(self.array::<1>()?[0])
    }

    fn u16(&mut self) -> Read<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Read<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn i32(&mut self) -> Read<i32> {
        self.array().map(i32::from_le_bytes)
    }

    fn u64(&mut self) -> Read<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn slice(&mut self) -> Read<&'a [u8]> {
        let length = self.u32()? as usize;
        let (head, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok(head)
    }

    fn bytes(&mut self) -> Read<Vec<u8>> {
        self.slice().map(<[u8]>::to_vec)
    }

    pub(super) fn str(&mut self) -> Read<&'a str> {
        std::str::from_utf8(self.slice()?).map_err(|_| Malformed)
    }

    fn text(&mut self) -> Read<String> {
        self.str().map(str::to_owned)
    }

    fn signal(&mut self) -> Read<Signal> {
        self.str()?.parse().map_err(|_| Malformed)
    }

    fn run_id(&mut self) -> Read<RunId> {
        RunId::parse(self.str()?).ok_or(Malformed)
    }

    /// A list. Nothing is reserved by the announced count: memory grows only with bytes that are there.
    fn list<T>(&mut self, item: fn(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let count = self.u32()?;
        (0..count).map(|_| item(self)).collect::<Read<Vec<T>>>()
    }

    fn stage(&mut self) -> Read<(Signal, u64)> {
        Ok((self.signal()?, self.u64()?))
    }

    fn size(&mut self) -> Read<(u16, u16)> {
        Ok((self.u16()?, self.u16()?))
    }
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(bytes);
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_bytes(out, text.as_bytes());
}

fn put_signal(out: &mut Vec<u8>, signal: Signal) {
    match (signal.name(), signal) {
        (None, Signal::Number(number)) => put_text(out, &number.to_string()),
        (name, _) => put_text(out, name.unwrap_or_default()),
    }
}

fn put_list<T>(out: &mut Vec<u8>, items: &[T], put: impl Fn(&mut Vec<u8>, &T)) {
    out.extend_from_slice(&u32::try_from(items.len()).unwrap_or(u32::MAX).to_le_bytes());
    for item in items {
        put(out, item);
    }
}

fn put_stage(out: &mut Vec<u8>, stage: &(Signal, u64)) {
    put_signal(out, stage.0);
    out.extend_from_slice(&stage.1.to_le_bytes());
}

fn put_size(out: &mut Vec<u8>, (rows, cols): (u16, u16)) {
    out.extend_from_slice(&rows.to_le_bytes());
    out.extend_from_slice(&cols.to_le_bytes());
}

/// Appends one frame: room for the length, the kind, the fields, and then the length itself.
fn put_frame(out: &mut Vec<u8>, kind: u8, fields: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0, 0, 0, 0, kind]);
    fields(out);
    let length = u32::try_from(out.len() - start - 4).unwrap_or(u32::MAX);
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

impl Order {
    /// This order as one frame.
    pub fn to_frame(&self) -> Vec<u8> {
        let mut frame = Vec::new();
        self.encode(&mut frame);
        frame
    }

    /// Appends this order to `out` as one frame.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Launch(launch) => put_frame(out, 1, |out| launch.put(out)),
            Self::Attach { version } => put_frame(out, 2, |out| out.extend_from_slice(&version.to_le_bytes())),
            Self::Stop(stages) => put_frame(out, 3, |out| put_list(out, stages, put_stage)),
            Self::NextStage => put_frame(out, 4, |_| {}),
            Self::Hold => put_frame(out, 5, |_| {}),
            Self::Kill => put_frame(out, 6, |_| {}),
            Self::Signal(signal) => put_frame(out, 7, |out| put_signal(out, *signal)),
            Self::Input(bytes) => put_frame(out, 8, |out| put_bytes(out, bytes)),
            Self::Resize(rows, cols) => put_frame(out, 9, |out| put_size(out, (*rows, *cols))),
        }
    }

    pub(super) fn decode(kind: u8, fields: &mut Fields<'_>) -> Read<Option<Self>> {
        Ok(Some(match kind {
            1 => Self::Launch(Box::new(Launch::take(fields)?)),
            2 => Self::Attach { version: fields.u16()? },
            3 => Self::Stop(fields.list(Fields::stage)?),
            4 => Self::NextStage,
            5 => Self::Hold,
            6 => Self::Kill,
            7 => Self::Signal(fields.signal()?),
            8 => Self::Input(fields.bytes()?),
            9 => Self::Resize(fields.u16()?, fields.u16()?),
            _ => return Ok(None),
        }))
    }
}

impl Launch {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.version.to_le_bytes());
        put_text(out, &self.project);
        put_text(out, &self.name);
        out.extend_from_slice(&self.no.0.to_le_bytes());
        for text in [self.id.as_str(), &self.dir, &self.lock, &self.socket] {
            put_text(out, text);
        }
        put_list(out, &self.argv, |out, arg| put_text(out, arg));
        put_text(out, &self.cwd);
        self.env.put(out);
        out.extend_from_slice(&self.umask.to_le_bytes());
        out.extend_from_slice(&self.open_files.to_le_bytes());
        out.push(u8::from(self.tty.is_some()));
        put_size(out, self.tty.unwrap_or_default());
        put_list(out, &self.stop, put_stage);
        out.extend_from_slice(&self.segment_bytes.to_le_bytes());
        out.extend_from_slice(&self.segments.to_le_bytes());
        out.extend_from_slice(&self.limit_ms.to_le_bytes());
    }

    fn take(fields: &mut Fields<'_>) -> Read<Self> {
        Ok(Self {
            version: fields.u16()?,
            project: fields.text()?,
            name: fields.text()?,
            no: RunNo(fields.u32()?),
            id: fields.run_id()?,
            dir: fields.text()?,
            lock: fields.text()?,
            socket: fields.text()?,
            argv: fields.list(Fields::text)?,
            cwd: fields.text()?,
            env: Texts::take(fields)?,
            umask: fields.u32()?,
            open_files: fields.u64()?,
            tty: {
                let wanted = fields.u8()? != 0;
                let size = fields.size()?;
                wanted.then_some(size)
            },
            stop: fields.list(Fields::stage)?,
            segment_bytes: fields.u64()?,
            segments: fields.u32()?,
            limit_ms: if fields.0.is_empty() { 0 } else { fields.u64()? },
        })
    }
}

impl Report {
    /// Appends this report to `out` as one frame.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Hello { version, features, keeper_pid, id } => put_frame(out, 1, |out| {
                out.extend_from_slice(&version.to_le_bytes());
                out.extend_from_slice(&features.to_le_bytes());
                out.extend_from_slice(&keeper_pid.to_le_bytes());
                put_text(out, id.as_str());
            }),
            Self::Launched { pid, at } => put_frame(out, 2, |out| {
                out.extend_from_slice(&pid.to_le_bytes());
                out.extend_from_slice(&at.to_le_bytes());
            }),
            Self::LaunchFailed(failure) => put_frame(out, 3, |out| put_failure(out, failure)),
            Self::Stage { number, of, signal, at, wait } => put_frame(out, 4, |out| {
                out.extend_from_slice(&[*number, *of]);
                put_signal(out, *signal);
                out.extend_from_slice(&at.to_le_bytes());
                out.extend_from_slice(&wait.to_le_bytes());
            }),
            Self::Held => put_frame(out, 5, |_| {}),
            Self::Exited { status, by, at } => put_frame(out, 6, |out| {
                put_status(out, *status);
                put_by(out, *by);
                out.extend_from_slice(&at.to_le_bytes());
            }),
            Self::Stuck(pids) => put_frame(out, 7, |out| {
                put_list(out, pids, |out, pid| out.extend_from_slice(&pid.to_le_bytes()));
            }),
            Self::Emptied { killed } => put_frame(out, 8, |out| out.extend_from_slice(&killed.to_le_bytes())),
            Self::Grew { end, lines, lost } => put_frame(out, 9, |out| {
                for count in [end, lines, lost] {
                    out.extend_from_slice(&count.to_le_bytes());
                }
            }),
            Self::InputRefused(why) => put_frame(out, 10, |out| put_text(out, why)),
        }
    }

    pub(super) fn decode(kind: u8, fields: &mut Fields<'_>) -> Read<Option<Self>> {
        Ok(Some(match kind {
            1 => Self::Hello {
                version: fields.u16()?,
                features: fields.u64()?,
                keeper_pid: fields.u32()?,
                id: fields.run_id()?,
            },
            2 => Self::Launched { pid: fields.u32()?, at: fields.u64()? },
            3 => Self::LaunchFailed(take_failure(fields)?),
            4 => Self::Stage {
                number: fields.u8()?,
                of: fields.u8()?,
                signal: fields.signal()?,
                at: fields.u64()?,
                wait: fields.u64()?,
            },
            5 => Self::Held,
            6 => Self::Exited { status: take_status(fields)?, by: take_by(fields)?, at: fields.u64()? },
            7 => Self::Stuck(fields.list(Fields::u32)?),
            8 => Self::Emptied { killed: fields.u32()? },
            9 => Self::Grew { end: fields.u64()?, lines: fields.u64()?, lost: fields.u64()? },
            10 => Self::InputRefused(fields.text()?),
            _ => return Ok(None),
        }))
    }
}

/// The steps by their number in a frame. New ones go to the end.
const STEPS: [SpawnStep; 8] = [
    SpawnStep::Prepare,
    SpawnStep::Keeper,
    SpawnStep::Lock,
    SpawnStep::Cwd,
    SpawnStep::Program,
    SpawnStep::Terminal,
    SpawnStep::Log,
    SpawnStep::Fork,
];

fn put_failure(out: &mut Vec<u8>, failure: &SpawnFailure) {
    let number = STEPS.iter().position(|step| *step == failure.step).unwrap_or_default();
    out.push(number as u8);
    out.extend_from_slice(&failure.errno.to_le_bytes());
    put_text(out, &failure.message);
}

fn take_failure(fields: &mut Fields<'_>) -> Read<SpawnFailure> {
    let step = *STEPS.get(usize::from(fields.u8()?)).ok_or(Malformed)?;
    Ok(SpawnFailure { step, errno: fields.i32()?, message: fields.text()? })
}

fn put_status(out: &mut Vec<u8>, status: ExitStatus) {
    match status {
        ExitStatus::Code(code) => {
            out.push(0);
            out.extend_from_slice(&code.to_le_bytes());
        }
        ExitStatus::Signal(signal) => {
            out.push(1);
            put_signal(out, signal);
        }
        ExitStatus::Unknown => out.push(2),
    }
}

fn take_status(fields: &mut Fields<'_>) -> Read<ExitStatus> {
    match fields.u8()? {
        0 => fields.i32().map(ExitStatus::Code),
        1 => fields.signal().map(ExitStatus::Signal),
        2 => Ok(ExitStatus::Unknown),
        _ => Err(Malformed),
    }
}

fn put_by(out: &mut Vec<u8>, by: ExitBy) {
    match by {
        ExitBy::Itself => out.push(0),
        ExitBy::StopStage(stage) => out.extend_from_slice(&[1, stage]),
        ExitBy::Kill => out.push(2),
        ExitBy::Limit => out.push(3),
        ExitBy::Unknown => out.push(4),
    }
}

fn take_by(fields: &mut Fields<'_>) -> Read<ExitBy> {
    match fields.u8()? {
        0 => Ok(ExitBy::Itself),
        1 => fields.u8().map(ExitBy::StopStage),
        2 => Ok(ExitBy::Kill),
        3 => Ok(ExitBy::Limit),
        4 => Ok(ExitBy::Unknown),
        _ => Err(Malformed),
    }
}
