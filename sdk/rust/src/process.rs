//! How every process is described, be it an action or one that is measured: what it is told, what it
//! finds, and where it works. What becomes of its files is not known here.

/// Methods that set the parts which all descriptions of a process have.
macro_rules! describes_a_process {
    ($described:ty) => {
        impl $described {
            /// With one more argument.
            pub fn argument(mut self, argument: impl $crate::IntoWord) -> Self {
                self.arguments.push(argument.into_word());
                self
            }

            /// With several more arguments.
            pub fn arguments<A: $crate::IntoWord>(
                self,
                arguments: impl IntoIterator<Item = A>,
            ) -> Self {
                arguments.into_iter().fold(self, Self::argument)
            }

            /// With a variable; one of the same name that stood before it is replaced.
            pub fn variable(
                mut self,
                name: impl Into<String>,
                value: impl $crate::IntoWord,
            ) -> Self {
                let variable = $crate::Variable::new(name, value);
                self.environment.retain(|other| other.name != variable.name);
                self.environment.push(variable);
                self
            }

            /// With variables such as a toolchain's own.
            pub fn variables(self, variables: impl IntoIterator<Item = $crate::Variable>) -> Self {
                variables.into_iter().fold(self, |process, variable| {
                    process.variable(variable.name, variable.value)
                })
            }

            /// Working in a directory below `source` or `scratch`.
            pub fn directory(mut self, directory: $crate::Path) -> Self {
                self.directory = directory;
                self
            }

            /// Reading files below `source` that a glob pattern matches; `!` in front takes away.
            pub fn input(mut self, pattern: impl Into<String>) -> Self {
                self.inputs.push(pattern.into());
                self
            }

            /// Using a directory that is kept between runs, which [`cache`](crate::cache) names.
            pub fn cache(mut self, name: impl Into<String>) -> Self {
                self.caches.push(name.into());
                self
            }
        }
    };
}

pub(crate) use describes_a_process;
