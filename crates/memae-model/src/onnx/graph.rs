//! A graph of ONNX operators as it grows (onnx.proto and Operators.md of opset 17).

use tch::Tensor;

use super::protobuf::Message;
use crate::{Result, tensors};

/// Version of the operators, and of the file format that goes with it.
pub(crate) const OPSET: i64 = 17;
const IR_VERSION: i64 = 8;
/// Name of what goes in: (batch, 3, H, W).
const INPUT: &str = "slices";
/// Name of what comes out: (batch, 1, H, W).
const OUTPUT: &str = "reconstruction";
/// Numbers of `TensorProto.DataType`.
const FLOAT: i64 = 1;
const INT64: i64 = 7;
/// What stands for any number of slices.
const BATCH: &str = "batch";

/// A setting of an operator.
pub(crate) enum Attribute<'a> {
    Integer(i64),
    Float(f64),
    Integers(&'a [i64]),
}

/// The name of a value in a graph.
#[derive(Clone)]
pub(crate) struct Value(String);

/// Operators in the order in which they are computed, and the constants that they take.
#[derive(Default)]
pub(crate) struct Graph {
    nodes: Vec<Message>,
    constants: Vec<Message>,
}

impl Graph {
    /// What comes out of an operator.
    pub(crate) fn node(
        &mut self,
        operator: &str,
        inputs: &[&Value],
        attributes: &[(&str, Attribute<'_>)],
    ) -> Value {
        let value = Value(format!("{operator}_{}", self.nodes.len()));
        let node = inputs.iter().fold(Message::default(), |node, input| node.text(1, &input.0));
        let node = node.text(2, &value.0).text(3, &value.0).text(4, operator);
        self.nodes.push(
            attributes.iter().fold(node, |node, (name, value)| node.message(5, &attribute(name, value))),
        );
        value
    }

    /// A tensor of weights.
    pub(crate) fn constant(&mut self, name: &str, tensor: &Tensor) -> Result<Value> {
        let values = tensors::to_vec(tensor)?;
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Ok(self.put(name, FLOAT, &tensor.size(), &bytes))
    }

    /// A single number.
    pub(crate) fn number(&mut self, name: &str, value: f64) -> Value {
        self.put(name, FLOAT, &[], &(value as f32).to_le_bytes())
    }

    /// A tensor in another shape; -1 stands for what is left.
    pub(crate) fn reshape(&mut self, x: &Value, shape: &[i64]) -> Value {
        let shape = self.integers("shape", shape);
        self.node("Reshape", &[x, &shape], &[])
    }

    /// A list of integers, which some operators take as an input.
    pub(crate) fn integers(&mut self, name: &str, values: &[i64]) -> Value {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.put(name, INT64, &[values.len() as i64], &bytes)
    }

    fn put(&mut self, name: &str, kind: i64, sizes: &[i64], bytes: &[u8]) -> Value {
        let value = Value(format!("{name}_{}", self.constants.len()));
        let tensor = sizes.iter().fold(Message::default(), |tensor, &size| tensor.integer(1, size));
        self.constants.push(tensor.integer(2, kind).text(8, &value.0).bytes(9, bytes));
        value
    }

    /// What goes in, which [`Self::into_model`] declares.
    pub(crate) fn input() -> Value {
        Value(INPUT.to_owned())
    }

    /// The file: `output` under its public name, shapes (batch, channels, sides), and what is said about it.
    pub(crate) fn into_model(
        mut self,
        output: &Value,
        sides: [usize; 2],
        metadata: &[(String, String)],
    ) -> Vec<u8> {
        let named = Message::default().text(1, &output.0).text(2, OUTPUT).text(4, "Identity");
        self.nodes.push(named);
        let graph = self.nodes.iter().fold(Message::default(), |graph, node| graph.message(1, node));
        let graph = graph.text(2, "memae");
        let graph = self.constants.iter().fold(graph, |graph, constant| graph.message(5, constant));
        let graph =
            graph.message(11, &declaration(INPUT, 3, sides)).message(12, &declaration(OUTPUT, 1, sides));
        let model = Message::default()
            .integer(1, IR_VERSION)
            .text(2, "memae-model")
            .text(3, env!("CARGO_PKG_VERSION"))
            .message(7, &graph)
            .message(8, &Message::default().text(1, "").integer(2, OPSET));
        let pair = |(key, value): &(String, String)| Message::default().text(1, key).text(2, value);
        metadata.iter().fold(model, |model, entry| model.message(14, &pair(entry))).into_bytes()
    }
}

fn attribute(name: &str, value: &Attribute<'_>) -> Message {
    let attribute = Message::default().text(1, name);
    match value {
        Attribute::Float(value) => attribute.float(2, *value as f32).integer(20, 1),
        Attribute::Integer(value) => attribute.integer(3, *value).integer(20, 2),
        Attribute::Integers(values) => {
            values.iter().fold(attribute, |attribute, &value| attribute.integer(8, value)).integer(20, 7)
        }
    }
}

/// A `ValueInfoProto` of (batch, channels, sides).
fn declaration(name: &str, channels: i64, sides: [usize; 2]) -> Message {
    let known = |size: i64| Message::default().integer(1, size);
    let [rows, columns] = sides.map(|side| side as i64);
    let shape = [Message::default().text(2, BATCH), known(channels), known(rows), known(columns)];
    let shape = shape.iter().fold(Message::default(), |shape, size| shape.message(1, size));
    let kind = Message::default().integer(1, FLOAT).message(2, &shape);
    Message::default().text(1, name).message(2, &Message::default().message(1, &kind))
}
