"""Writes events.tfevents with TensorBoard's own protocol buffers and record writer, for the test in src/events.rs.

    pip install tensorboard
    python events.py
"""

from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter


def scalars(epoch, memory):
    values = [
        ("loss/train", 0.5 / epoch),
        ("reconstruction/train", 0.25 / epoch),
        ("reconstruction/validation", 0.2),
        ("background_share", 0.1),
        ("gradient_norm", 0.3),
        ("learning_rate", 1e-4),
        ("windows_per_second", 1234.5),
    ]
    if memory:
        values += [
            ("regularization/train", 2.25),
            ("memory/perplexity", 1.75),
            ("memory/entropy", 0.5),
            ("memory/zeroed", 0.125),
            ("memory/dead", 1.0),
        ]
    return Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values])


def main():
    with open(Path(__file__).with_name("events.tfevents"), "wb") as file:
        writer = RecordWriter(file)
        events = [
            Event(file_version="brain.Event:2"),
            Event(wall_time=1.75, step=1, summary=scalars(1, memory=False)),
            Event(wall_time=3.5, step=300, summary=scalars(300, memory=True)),
        ]
        for event in events:
            writer.write(event.SerializeToString())
        writer.close()


if __name__ == "__main__":
    main()
