//! ONNX, the exchange format of neural networks (onnx.ai): graphs of operators, and their files.
//!
//! Each layer of a network says which operators it is made of. Nothing is traced, and no library of ONNX is needed: the file is
//! Protocol Buffers, of which writing takes a page.

mod graph;
mod protobuf;

pub(crate) use graph::{Attribute, Graph, OPSET, Value};
