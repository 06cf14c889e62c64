//! Event files of `TensorBoard`: what it draws of `metrics.jsonl`. Each event is a protocol buffer (`event.proto`, `summary.proto`)
//! in a record (`TFRecord`): length, checksum of the length, bytes, checksum of the bytes.

use std::path::Path;

use super::history::EpochRecord;
use crate::{Result, files};

/// Name of the file in a model's folder; `TensorBoard` looks for `tfevents`.
pub(crate) const NAME: &str = "events.out.tfevents.0.memae";

/// Writes all epochs. The time of an event is the seconds of training and validation until then.
pub(crate) fn write(path: &Path, records: &[EpochRecord]) -> Result<()> {
    files::write_whole(path, |file| file.write_all(&bytes(records)))
}

fn bytes(records: &[EpochRecord]) -> Vec<u8> {
    let mut seconds = 0.0;
    let mut bytes = framed(&field(3, b"brain.Event:2"));
    for record in records {
        seconds += record.train_seconds + record.validation_seconds;
        let mut summary = Vec::new();
        for (tag, value) in scalars(record) {
            let value = [field(1, tag.as_bytes()), vec![key(2, 5)], (value as f32).to_le_bytes().to_vec()];
            summary.extend(field(1, &value.concat()));
        }
        bytes.extend(framed(&event(seconds, record.epoch as u64, &field(5, &summary))));
    }
    bytes
}

fn scalars(record: &EpochRecord) -> Vec<(&'static str, f64)> {
    let mut scalars = vec![
        ("loss/train", record.train_loss),
        ("reconstruction/train", record.train_reconstruction),
        ("reconstruction/validation", record.validation_reconstruction),
        ("background_share", record.background_share),
        ("gradient_norm", record.gradient_norm),
        ("learning_rate", record.learning_rate),
        ("windows_per_second", record.windows_per_second),
    ];
    scalars.extend(record.train_regularization.map(|value| ("regularization/train", value)));
    if let Some(memory) = &record.memory {
        scalars.extend([
            ("memory/perplexity", memory.perplexity),
            ("memory/entropy", memory.entropy),
            ("memory/zeroed", memory.zeroed),
            ("memory/dead", memory.dead as f64),
        ]);
    }
    scalars
}

/// An event with its time, its step, and what is to be drawn.
fn event(seconds: f64, step: u64, summary: &[u8]) -> Vec<u8> {
    let mut event = vec![key(1, 1)];
    event.extend(seconds.to_le_bytes());
    event.push(key(2, 0));
    event.extend(varint(step));
    event.extend(summary);
    event
}

/// The byte before a field: its number, and how its length is known.
fn key(number: u8, wire: u8) -> u8 {
    number << 3 | wire
}

/// A field that says its length.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![key(number, 2)];
    field.extend(varint(bytes.len() as u64));
    field.extend(bytes);
    field
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn framed(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u64).to_le_bytes();
    [&length, &checksum(&length).to_le_bytes()[..], bytes, &checksum(bytes).to_le_bytes()].concat()
}

/// CRC-32C, masked as `TFRecord` has it.
fn checksum(bytes: &[u8]) -> u32 {
    let crc = bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ (0x82f6_3b78 & (crc & 1).wrapping_neg()))
    });
    (!crc).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::history::MemoryUsage;

    /// The bytes that `TensorBoard`'s own writer makes; `tests/golden/events.py` wrote the file.
    #[test]
    fn the_bytes_are_those_of_tensorboard() {
        let memory =
            MemoryUsage { usage: vec![0.75, 0.25], perplexity: 1.75, entropy: 0.5, zeroed: 0.125, dead: 1 };
        let record = |epoch: usize, memory: Option<MemoryUsage>| EpochRecord {
            epoch,
            step: 10 * epoch as u64,
            learning_rate: 1e-4,
            train_loss: 0.5 / epoch as f64,
            train_reconstruction: 0.25 / epoch as f64,
            train_regularization: memory.as_ref().map(|_| 2.25),
            gradient_norm: 0.3,
            validation_reconstruction: 0.2,
            background_share: 0.1,
            best: true,
            train_seconds: 1.5,
            waiting_seconds: 0.1,
            validation_seconds: 0.25,
            windows_per_second: 1234.5,
            memory,
        };
        let found = bytes(&[record(1, None), record(300, Some(memory))]);
        assert!(found == include_bytes!("../../tests/golden/events.tfevents"));
    }
}
