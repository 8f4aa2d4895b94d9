//! What `orch` and a sandbox say to each other.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use crate::{
    Events, Exceeded, Finished, Job, JobError, Limits, Missing, Mount, ProcessorEvents, Protection,
    Residue, StartError, Usage,
};

use super::fields::{Reader, Writer};

/// What a sandbox is made from, as far as its own processes need it.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) workspace: PathBuf,
    pub(super) network: bool,
    pub(super) limits: Limits,
    pub(super) counts: bool,
}

/// What `orch` asks for.
#[derive(Debug)]
pub(super) enum Request {
    /// Runs a program; the two descriptors beside it are where it prints to.
    Run(Job),
    /// Asks everything that runs to end.
    Terminate,
    /// Ends everything that runs.
    Kill,
}

/// What a sandbox answers.
#[derive(Debug)]
pub(super) enum Reply {
    Ready(Vec<Missing>),
    NotStarted(StartError),
    Finished(Finished),
}

impl Setup {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer
            .text(&self.workspace)
            .flag(self.network)
            .number(self.limits.processes.into())
            .number(self.limits.file_bytes)
            .number(self.limits.memory_bytes)
            .number(self.limits.free_disk_bytes)
            .flag(self.counts);
        writer.finish()
    }

    pub(super) fn decode(bytes: &[u8]) -> io::Result<Self> {
        let mut reader = Reader::new(bytes);
        Ok(Self {
            workspace: reader.path()?,
            network: reader.flag()?,
            limits: Limits {
                processes: u32::try_from(reader.number()?).unwrap_or(u32::MAX),
                file_bytes: reader.number()?,
                memory_bytes: reader.number()?,
                free_disk_bytes: reader.number()?,
            },
            counts: reader.flag()?,
        })
    }
}

impl Request {
    pub(super) fn terminate() -> Vec<u8> {
        tag(1).finish()
    }

    pub(super) fn kill() -> Vec<u8> {
        tag(2).finish()
    }

    pub(super) fn run(job: &Job) -> Vec<u8> {
        let mut writer = tag(0);
        writer.text(&job.program).number(job.arguments.len() as u64);
        for argument in &job.arguments {
            writer.text(argument);
        }
        writer.number(job.environment.len() as u64);
        for (name, value) in &job.environment {
            writer.text(name).text(value);
        }
        writer
            .text(&job.directory)
            .flag(job.writable_source)
            .number(job.mounts.len() as u64);
        for mount in &job.mounts {
            writer
                .text(&mount.from)
                .text(&mount.to)
                .flag(mount.writable);
        }
        writer.number(job.cpus.len() as u64);
        for cpu in &job.cpus {
            writer.number(u64::from(*cpu));
        }
        writer.finish()
    }

    pub(super) fn decode(bytes: &[u8]) -> io::Result<Self> {
        let mut reader = Reader::new(bytes);
        Ok(match reader.number()? {
            0 => Request::Run(Job {
                program: reader.text()?,
                arguments: reader.list(Reader::text)?,
                environment: reader.list(|reader| Ok((reader.text()?, reader.text()?)))?,
                directory: reader.path()?,
                writable_source: reader.flag()?,
                mounts: reader.list(|reader| {
                    Ok(Mount {
                        from: reader.path()?,
                        to: reader.path()?,
                        writable: reader.flag()?,
                    })
                })?,
                cpus: reader.list(|reader| Ok(reader.number()? as u32))?,
            }),
            1 => Request::Terminate,
            2 => Request::Kill,
            _ => return Err(unknown()),
        })
    }
}

impl Reply {
    pub(super) fn encode(&self) -> Vec<u8> {
        match self {
            Reply::Ready(missing) => {
                let mut writer = tag(0);
                writer.number(missing.len() as u64);
                for missing in missing {
                    writer.text(missing.protection.name()).text(&missing.why);
                }
                writer.finish()
            }
            Reply::NotStarted(StartError::Withheld { protection, why }) => {
                let mut writer = tag(1);
                writer.text(protection.name()).text(why);
                writer.finish()
            }
            Reply::NotStarted(error) => {
                let mut writer = tag(2);
                writer.text(error.to_string());
                writer.finish()
            }
            Reply::Finished(finished) => encode_finished(finished),
        }
    }

    pub(super) fn decode(bytes: &[u8]) -> io::Result<Self> {
        let mut reader = Reader::new(bytes);
        Ok(match reader.number()? {
            0 => Reply::Ready(reader.list(|reader| {
                Ok(Missing {
                    protection: protection(reader)?,
                    why: reader.text()?.to_string_lossy().into_owned(),
                })
            })?),
            1 => Reply::NotStarted(StartError::Withheld {
                protection: protection(&mut reader)?,
                why: reader.text()?.to_string_lossy().into_owned(),
            }),
            2 => Reply::NotStarted(StartError::Failed(io::Error::other(
                reader.text()?.to_string_lossy().into_owned(),
            ))),
            3 => Reply::Finished(decode_finished(&mut reader)?),
            _ => return Err(unknown()),
        })
    }
}

fn encode_finished(finished: &Finished) -> Vec<u8> {
    let mut writer = tag(3);
    writer.number(match finished.residue {
        Residue::None => 0,
        Residue::Ipc => 1,
        Residue::Sockets => 2,
    });
    match finished.exceeded {
        None => writer.number(0),
        Some(Exceeded::Memory { used_bytes }) => writer.number(1).number(used_bytes),
        Some(Exceeded::Disk { free_bytes }) => writer.number(2).number(free_bytes),
        // Only outside it is seen.
        Some(Exceeded::Limit) => writer.number(3),
    };
    match &finished.ended {
        Ok((status, usage)) => {
            writer
                .number(0)
                .number(u64::from(status.into_raw().cast_unsigned()))
                .number(nanoseconds(usage.wall))
                .number(nanoseconds(usage.user))
                .number(nanoseconds(usage.system))
                .number(usage.peak_rss_bytes)
                .flag(usage.events.is_some());
            let events = usage.events.unwrap_or_default();
            writer
                .number(events.minor_faults)
                .number(events.major_faults)
                .number(events.voluntary_switches)
                .number(events.involuntary_switches)
                .flag(usage.processor.is_some());
            let processor = usage.processor.unwrap_or_default();
            writer
                .number(processor.instructions)
                .number(processor.cycles)
        }
        Err(JobError::Start(error)) => writer.number(1).number(code(error)),
        Err(JobError::Mount { from, error }) => writer.number(2).text(from).number(code(error)),
    };
    writer.finish()
}

fn decode_finished(reader: &mut Reader<'_>) -> io::Result<Finished> {
    let residue = match reader.number()? {
        0 => Residue::None,
        1 => Residue::Ipc,
        _ => Residue::Sockets,
    };
    let exceeded = match reader.number()? {
        0 => None,
        1 => Some(Exceeded::Memory {
            used_bytes: reader.number()?,
        }),
        2 => Some(Exceeded::Disk {
            free_bytes: reader.number()?,
        }),
        _ => Some(Exceeded::Limit),
    };
    let ended = match reader.number()? {
        0 => Ok((
            ExitStatus::from_raw((reader.number()? as u32).cast_signed()),
            Usage {
                wall: Duration::from_nanos(reader.number()?),
                user: Duration::from_nanos(reader.number()?),
                system: Duration::from_nanos(reader.number()?),
                peak_rss_bytes: reader.number()?,
                events: decode_events(reader)?,
                processor: decode_processor(reader)?,
            },
        )),
        1 => Err(JobError::Start(error(reader.number()?))),
        _ => Err(JobError::Mount {
            from: reader.path()?,
            error: error(reader.number()?),
        }),
    };
    Ok(Finished {
        ended,
        exceeded,
        residue,
    })
}

fn decode_events(reader: &mut Reader<'_>) -> io::Result<Option<Events>> {
    let known = reader.flag()?;
    let events = Events {
        minor_faults: reader.number()?,
        major_faults: reader.number()?,
        voluntary_switches: reader.number()?,
        involuntary_switches: reader.number()?,
    };
    Ok(known.then_some(events))
}

fn decode_processor(reader: &mut Reader<'_>) -> io::Result<Option<ProcessorEvents>> {
    let known = reader.flag()?;
    let events = ProcessorEvents {
        instructions: reader.number()?,
        cycles: reader.number()?,
    };
    Ok(known.then_some(events))
}

fn tag(number: u64) -> Writer {
    let mut writer = Writer::default();
    writer.number(number);
    writer
}

fn protection(reader: &mut Reader<'_>) -> io::Result<Protection> {
    let name = reader.text()?;
    name.to_str()
        .and_then(Protection::of_name)
        .ok_or_else(unknown)
}

/// The kernel's number of an error; 0 for one that is not the kernel's.
fn code(error: &io::Error) -> u64 {
    u64::from(error.raw_os_error().unwrap_or_default().cast_unsigned())
}

fn error(code: u64) -> io::Error {
    match code as u32 {
        0 => io::Error::from(io::ErrorKind::InvalidInput),
        code => io::Error::from_raw_os_error(code.cast_signed()),
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn unknown() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "an unknown message of the sandbox",
    )
}
