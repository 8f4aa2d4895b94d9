//! What speaks against a static library on a target: each kind of its members is held against it.

use orch_model::{OperatingSystem, Target};

use crate::{ArchiveFacts, Member, MemberKind};

/// Everything about the library that does not fit the target; nothing if it fits.
pub(crate) fn problems(archive: &ArchiveFacts, target: &Target) -> Vec<String> {
    if archive.kinds.is_empty() {
        return vec!["is a static library without members".to_owned()];
    }
    let problem = |kind| member_problem(kind, target);
    archive.kinds.iter().filter_map(problem).collect()
}

fn member_problem(kind: &MemberKind, target: &Target) -> Option<String> {
    let MemberKind { member, first } = kind;
    let triple = &target.machine.triple;
    let (format, machine, architecture) = match member {
        Member::Object {
            format,
            machine,
            architecture,
        } => (format, machine, architecture),
        Member::Bitcode => {
            return Some(format!(
                "has the member `{first}` in LLVM's bitcode, which only the same compiler links; \
                 build the library without link-time optimisation"
            ));
        }
        Member::Other(why) => return Some(format!("has the member `{first}`, which {why}")),
    };
    let wanted = target.machine.operating_system().map(objects_of);
    if let Some(wanted) = wanted.filter(|wanted| wanted != format) {
        return Some(format!(
            "has the member `{first}` in {format}, but the target's object files are {wanted} \
             ({triple})"
        ));
    }
    let wanted = target.machine.architecture()?;
    (*architecture != Some(wanted)).then(|| {
        format!("has the member `{first}` for {machine}, but the target is {wanted} ({triple})")
    })
}

/// The format of a system's object files.
fn objects_of(system: OperatingSystem) -> &'static str {
    match system {
        OperatingSystem::Linux | OperatingSystem::None => "ELF",
        OperatingSystem::Darwin => "Mach-O",
        OperatingSystem::Windows => "COFF",
        OperatingSystem::Wasi | OperatingSystem::JavaScript => "WebAssembly",
    }
}
