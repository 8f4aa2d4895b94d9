//! A panic becomes a line of the log before it becomes a trap, so that the user reads
//! what went wrong and where, and not only that the component stopped.

/// Has panics written to the log. Every exported function calls it first.
#[cfg(target_family = "wasm")]
pub(crate) fn report_through_log() {
    use std::sync::Once;

    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            let text = match (
                panic.payload().downcast_ref::<&str>(),
                panic.payload().downcast_ref::<String>(),
            ) {
                (Some(text), _) => text,
                (_, Some(text)) => text.as_str(),
                _ => "no message",
            };
            let place = panic
                .location()
                .map(|place| format!(" at {}:{}", place.file(), place.line()))
                .unwrap_or_default();
            crate::log::warning(&format!("the plugin panicked{place}: {text}"));
        }));
    });
}

/// Outside a component the test harness reports panics.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn report_through_log() {}
