//! Makes images of what builds left, and brings them to registries.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use orch_deploy::{ImagePart, PushedImage};
use orch_engine::port::OutputFile;
use orch_engine::{Cancel, PlannedRelease};
use orch_image::{
    Compression, Content, CredentialSources, Entry, Image, ImagePath, Layer, Layout, Owner,
    PinnedImage, Platform, Port, Process, Push, Registry, RegistrySettings, Repository, Tag,
    Variant,
};
use orch_model::{
    Architecture, Artifact, Document, Fault, Machine, OperatingSystem, Upload, without_placeholders,
};
use orch_store::Store;
use tempfile::TempDir;

use crate::environment::Environment;
use crate::house::House;
use crate::project::Project;

/// The time that stands everywhere in an image, where the environment states none.
const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// What pushing needs of this machine.
pub struct Pushing {
    store: Store,
    environment: Environment,
    folder: PathBuf,
}

impl Pushing {
    pub fn new(house: &House, project: &Project) -> Result<Self, Fault> {
        Ok(Self {
            store: house.store.clone(),
            environment: house.environment.clone(),
            folder: project.folder.clone(),
        })
    }

    /// One image for the platforms of all parts, in its registry.
    pub fn push(&self, parts: &[ImagePart<'_>], cancel: &Cancel) -> Result<PushedImage, Fault> {
        let Some((first, wanted, _)) = parts.first() else {
            return Err(Fault::internal("there is nothing to make an image of"));
        };
        let cancelled = || cancel.is_cancelled();
        let repository: Repository = wanted.repository.parse()?;
        let tags = wanted.tags.iter().map(|tag| tag.parse());
        let tags: Vec<Tag> = tags.collect::<Result<_, _>>()?;
        let registry = Registry::new(self.settings())?;
        let files = TempDir::with_prefix("orch-image-").map_err(|error| {
            Fault::internal(format!("could not make a temporary folder: {error}"))
        })?;
        let image = self.image(parts, &registry, &files, &cancelled)?;
        let place = self
            .folder
            .join("out/images")
            .join(&first.build.unit()["build.".len()..]);
        let layout = Layout::write(&place, &image, &tags, &cancelled)?;
        let push = Push {
            layout: &layout,
            repository: &repository,
            tags: &tags,
            lenders: &[],
        };
        let pushed = registry.push(&push, &|_| {}, &cancelled)?;
        Ok(PushedImage {
            reference: format!("{}@{}", wanted.repository, layout.digest()),
            sent_bytes: pushed.sent_bytes,
            is_new: pushed.sent + pushed.mounted + pushed.written > 0,
        })
    }

    fn image(
        &self,
        parts: &[ImagePart<'_>],
        registry: &Registry,
        files: &TempDir,
        cancelled: orch_image::Cancelled<'_>,
    ) -> Result<Image, Fault> {
        let (_, wanted, _) = parts[0];
        let platforms = parts.iter().map(|(release, ..)| platform(release));
        let platforms: Vec<Platform> = platforms.collect::<Result<_, _>>()?;
        let mut bases = match wanted.base.as_str() {
            "scratch" => vec![None; parts.len()],
            pinned => {
                let pinned: PinnedImage = pinned.parse()?;
                let bases = registry.base(&pinned, &platforms, cancelled)?;
                bases.into_iter().map(Some).collect()
            }
        };
        let mut variants = Vec::new();
        for ((part, platform), base) in parts.iter().zip(platforms).zip(bases.drain(..)) {
            variants.push(Variant {
                platform,
                base,
                layers: self.layers(part, files)?,
            });
        }
        Ok(Image {
            variants,
            process: process(wanted)?,
            labels: wanted.labels.iter().map(plain_pair).collect(),
            annotations: BTreeMap::new(),
            compression: match wanted.compression {
                orch_model::Compression::Zstd => Compression::Zstd,
                orch_model::Compression::Gzip => Compression::Gzip,
            },
            created: self.created()?,
        })
    }

    /// What changes seldom lies below what changes with each release.
    fn layers(&self, part: &ImagePart<'_>, files: &TempDir) -> Result<Vec<Layer>, Fault> {
        let (release, wanted, shipped) = part;
        let machine = PathBuf::from("/");
        let mut layers = Vec::new();
        if wanted.certificates {
            layers.push(orch_image::certificates(&machine)?);
        }
        if wanted.time_zones {
            layers.push(orch_image::time_zones(&machine)?);
        }
        let mut entries = Vec::new();
        for upload in &wanted.files {
            entries.push(self.file(upload, shipped, files)?);
        }
        for document in &wanted.documents {
            entries.push(entry(document)?);
        }
        layers.push(Layer {
            title: format!("artifacts of {}", release.build),
            entries,
        });
        Ok(layers)
    }

    fn file(
        &self,
        upload: &Upload,
        shipped: &[(Artifact, OutputFile)],
        files: &TempDir,
    ) -> Result<Entry, Fault> {
        let mut known = shipped.iter();
        let file = known.find(|(artifact, _)| artifact.name.as_str() == upload.artifact);
        let lost = || {
            Fault::lost(format!("`{}` is missing from the store", upload.artifact))
                .hint("run again: it will be made anew")
        };
        let (_, file) = file.ok_or_else(lost)?;
        let path = files.path().join(file.digest.hex());
        if !path.exists() {
            let bytes = self.store.read(&file.digest)?.ok_or_else(lost)?;
            std::fs::write(&path, bytes).map_err(|error| Fault::io("write", &path, &error))?;
        }
        Ok(Entry {
            path: plain(&upload.to).parse()?,
            content: Content::File {
                path,
                digest: file.digest,
                bytes: file.bytes,
            },
            mode: upload.mode,
            owner: Owner::default(),
        })
    }

    fn created(&self) -> Result<u64, Fault> {
        match self.environment.variable(EPOCH) {
            None => Ok(0),
            Some(text) => text.parse().map_err(|_| {
                Fault::usage(format!(
                    "`{EPOCH}` is `{text}`, which is no count of seconds"
                ))
            }),
        }
    }

    /// Where docker and podman keep what opens registries: containers-auth.json(5) and docker's
    /// command line reference.
    fn settings(&self) -> RegistrySettings {
        let environment = &self.environment;
        let below = |variable: &str, rest: &str| {
            let folder = environment.variable(variable)?;
            (!folder.is_empty()).then(|| PathBuf::from(folder).join(rest))
        };
        let own = environment
            .variable("REGISTRY_AUTH_FILE")
            .map(PathBuf::from);
        let files = [
            own,
            below("XDG_RUNTIME_DIR", "containers/auth.json"),
            below("XDG_CONFIG_HOME", "containers/auth.json")
                .or_else(|| below("HOME", ".config/containers/auth.json")),
            below("DOCKER_CONFIG", "config.json").or_else(|| below("HOME", ".docker/config.json")),
        ];
        let proxy = |names: [&str; 2]| {
            let mut values = names.iter().filter_map(|name| environment.variable(name));
            values.next().map(str::to_owned)
        };
        RegistrySettings {
            credentials: CredentialSources {
                files: files.into_iter().flatten().collect(),
                environment: environment.variables.clone(),
            },
            proxy: proxy(["HTTPS_PROXY", "https_proxy"]),
            no_proxy: proxy(["NO_PROXY", "no_proxy"]),
            ..RegistrySettings::default()
        }
    }
}

fn entry(document: &Document) -> Result<Entry, Fault> {
    Ok(Entry {
        path: plain(&document.to).parse()?,
        content: Content::Bytes(plain(&document.contents).into_bytes()),
        mode: document.mode,
        owner: Owner::default(),
    })
}

/// A text of the deployer's, which was found to hold no placeholder.
fn plain(text: &str) -> String {
    without_placeholders(text).unwrap_or_default()
}

fn plain_pair((name, value): &(String, String)) -> (String, String) {
    (name.clone(), plain(value))
}

fn process(wanted: &orch_model::Image) -> Result<Process, Fault> {
    let some = |text: &String| (!text.is_empty()).then(|| text.clone());
    let directory = some(&wanted.working_directory);
    let ports = wanted.ports.iter().map(|text| text.parse::<Port>());
    Ok(Process {
        user: some(&wanted.user),
        entrypoint: wanted.entrypoint.iter().map(|text| plain(text)).collect(),
        arguments: wanted.arguments.iter().map(|text| plain(text)).collect(),
        environment: wanted.environment.iter().map(plain_pair).collect(),
        ports: ports.collect::<Result<BTreeSet<_>, _>>()?,
        working_directory: directory
            .map(|text| text.parse::<ImagePath>())
            .transpose()?,
    })
}

/// What an image of a target runs on, by the words of the OCI image specification.
fn platform(release: &PlannedRelease) -> Result<Platform, Fault> {
    let machine: &Machine = &release.machine.machine;
    let refused = || {
        Fault::usage(format!(
            "there are no images for target `{}` ({})",
            release.target, machine.triple
        ))
        .hint("images are for Linux on x86_64, 64-bit and 32-bit Arm, and riscv64")
    };
    if machine.operating_system() != Some(OperatingSystem::Linux) {
        return Err(refused());
    }
    let arm = |variant| Platform::linux("arm").variant(variant);
    let architecture = machine.architecture().ok_or_else(refused)?;
    Ok(match architecture {
        Architecture::X86_64 => Platform::linux("amd64"),
        Architecture::Aarch64 => Platform::linux("arm64"),
        Architecture::Riscv64 => Platform::linux("riscv64"),
        Architecture::Arm => match machine.triple.as_str() {
            triple if triple.starts_with("armv7") || triple.starts_with("thumbv7") => arm("v7"),
            triple if triple.starts_with("armv5") => arm("v5"),
            _ => arm("v6"),
        },
        _ => return Err(refused()),
    })
}
