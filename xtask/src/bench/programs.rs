//! The programs whose steps are compared.

/// A program that takes the steps of training.
#[derive(Clone, Copy)]
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) mode: &'static str,
    pub(super) ours: bool,
    pub(super) keep: bool,
}

const fn ours(name: &'static str, mode: &'static str) -> Program {
    Program { name, mode, ours: true, keep: false }
}

const fn pytorch(name: &'static str, mode: &'static str) -> Program {
    Program { name, mode, ours: false, keep: false }
}

/// Ours and what it is compared with, then what says which part gave what.
pub(super) const CPU: [Program; 6] = [
    ours("memae-model, f32", "f32"),
    pytorch("PyTorch eager", "eager"),
    Program { keep: true, ..pytorch("PyTorch eager, memory kept", "eager") },
    pytorch("PyTorch eager, channels_last", "channels-last"),
    ours("memae-model, bf16", "bf16"),
    pytorch("PyTorch eager, channels_last, autocast to bf16", "bf16"),
];
pub(super) const CUDA: [Program; 8] = [
    ours("memae-model, f32", "f32"),
    pytorch("PyTorch eager, f32", "eager"),
    ours("memae-model, tf32", "tf32"),
    pytorch("PyTorch eager, tf32", "tf32"),
    pytorch("PyTorch eager, tf32, channels_last", "channels-last"),
    ours("memae-model, bf16", "bf16"),
    pytorch("PyTorch eager, channels_last, autocast to bf16", "bf16"),
    pytorch("PyTorch compiled, bf16", "compiled-bf16"),
];
