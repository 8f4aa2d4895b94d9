//! From what an image shall hold to its documents: configs, manifests and one index over all
//! platforms. Decides what is inherited from a base.

use std::collections::BTreeSet;

use orch_model::Fault;
use serde_json::Value;
use time::OffsetDateTime;

use crate::Cancelled;
use crate::base::Base;
use crate::blobs::Blobs;
use crate::description::{Image, Process, Variant};
use crate::document::{
    Config, Descriptor, Execution, History, Index, Manifest, RootFilesystem, annotation, media,
    written,
};
use crate::layer::{LayerPacker, PackedLayer};

/// Packs all layers, writes all documents among `blobs`, and says which is the index.
pub(crate) fn assemble(
    image: &Image,
    blobs: &Blobs,
    cancelled: Cancelled<'_>,
) -> Result<Descriptor, Fault> {
    check_platforms(image)?;
    check_environment(&image.process)?;
    let created = rfc3339(image.created)?;
    let mut manifests = Vec::new();
    for variant in &image.variants {
        let has_base = variant.base.is_some();
        let mut packer = LayerPacker::new(image.compression, image.created, has_base, cancelled);
        let mut layers = Vec::new();
        for layer in &variant.layers {
            if cancelled() {
                return Err(Fault::interrupted());
            }
            layers.push(packer.pack(layer, blobs)?);
        }
        let config = written(&config(image, variant, &layers, &created))?;
        let config = blobs.add(media::CONFIG, &config)?;
        let manifest = written(&manifest(image, variant, config, layers))?;
        manifests.push(Descriptor {
            platform: Some(variant.platform.clone()),
            ..blobs.add(media::MANIFEST, &manifest)?
        });
    }
    manifests.sort_by(|one, other| one.platform.cmp(&other.platform));
    let index = Index {
        schema_version: 2,
        media_type: Some(media::INDEX.to_owned()),
        manifests,
        annotations: image.annotations.clone(),
    };
    blobs.add(media::INDEX, &written(&index)?)
}

fn check_platforms(image: &Image) -> Result<(), Fault> {
    if image.variants.is_empty() {
        return Err(Fault::usage("the image is for no platform"));
    }
    let mut seen = BTreeSet::new();
    for variant in &image.variants {
        if !seen.insert(&variant.platform) {
            return Err(Fault::usage(format!(
                "the image is for platform `{}` twice: who fetches it could not tell which to take",
                variant.platform
            ))
            .hint("leave out one of the targets, or give the image of one another name"));
        }
    }
    Ok(())
}

fn check_environment(process: &Process) -> Result<(), Fault> {
    let is_name = |name: &str| !name.is_empty() && !name.contains(['=', '\0']);
    let mut variables = process.environment.iter();
    match variables.find(|(name, value)| !is_name(name) || value.contains('\0')) {
        Some((name, _)) => Err(Fault::usage(format!(
            "`{}` cannot be a variable of the image",
            name.escape_debug()
        ))),
        None => Ok(()),
    }
}

fn manifest(
    image: &Image,
    variant: &Variant,
    config: Descriptor,
    packed: Vec<PackedLayer>,
) -> Manifest {
    let mut annotations = image.annotations.clone();
    let mut layers = Vec::new();
    if let Some(base) = &variant.base {
        annotations.insert(annotation::BASE_NAME.into(), base.image.to_string());
        annotations.insert(annotation::BASE_DIGEST.into(), base.manifest.to_string());
        layers.extend(base.layers.iter().cloned());
    }
    layers.extend(packed.into_iter().map(|layer| layer.descriptor));
    Manifest {
        schema_version: 2,
        media_type: Some(media::MANIFEST.to_owned()),
        config,
        layers,
        annotations,
    }
}

fn config(image: &Image, variant: &Variant, packed: &[PackedLayer], created: &str) -> Config {
    let base = variant.base.as_ref().map(|base| &base.config);
    let mut diff_ids = base.map_or_else(Vec::new, |base| base.rootfs.diff_ids.clone());
    diff_ids.extend(packed.iter().map(|layer| layer.diff_id));
    let mut execution = base.map_or_else(Execution::default, |base| base.config.clone());
    inherit(&mut execution, &image.process);
    execution.labels.extend(image.labels.clone());
    Config {
        created: Some(created.to_owned()),
        platform: variant.platform.clone(),
        config: execution,
        rootfs: RootFilesystem {
            kind: "layers".into(),
            diff_ids,
        },
        history: history(variant, created),
    }
}

/// One line for each layer. A base that tells nothing of its layers leaves none of ours: who
/// reads a history counts its lines.
fn history(variant: &Variant, created: &str) -> Vec<History> {
    let mut lines = match &variant.base {
        Some(Base { config, layers, .. }) if config.history.is_empty() && !layers.is_empty() => {
            return Vec::new();
        }
        Some(base) => base.config.history.clone(),
        None => Vec::new(),
    };
    lines.extend(variant.layers.iter().map(|layer| History {
        created: Some(created.to_owned()),
        created_by: Some(format!("orch: {}", layer.title)),
        others: Default::default(),
    }));
    lines
}

/// Puts what is stated over what the base has.
fn inherit(execution: &mut Execution, process: &Process) {
    if let Some(user) = &process.user {
        execution.user.clone_from(user);
    }
    if !process.entrypoint.is_empty() {
        execution.entrypoint.clone_from(&process.entrypoint);
        execution.cmd.clear();
    }
    if !process.arguments.is_empty() {
        execution.cmd.clone_from(&process.arguments);
    }
    if let Some(directory) = &process.working_directory {
        execution.working_dir = directory.to_string();
    }
    for (name, value) in &process.environment {
        let line = format!("{name}={value}");
        let begins = format!("{name}=");
        match execution
            .env
            .iter_mut()
            .find(|one| one.starts_with(&begins))
        {
            Some(known) => *known = line,
            None => execution.env.push(line),
        }
    }
    let ports = process.ports.iter().map(|port| port.to_string());
    let none = || Value::Object(Default::default());
    execution
        .exposed_ports
        .extend(ports.map(|port| (port, none())));
}

/// A time as documents state it: `1970-01-01T00:00:00Z`.
fn rfc3339(seconds: u64) -> Result<String, Fault> {
    let time = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .ok_or_else(|| {
            Fault::usage(format!(
                "{seconds} seconds after 1970 are no time of an image"
            ))
            .hint("`SOURCE_DATE_EPOCH` takes seconds")
        })?;
    Ok(format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    ))
}
