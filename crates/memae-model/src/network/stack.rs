//! Encoders and decoders: layers one after the other, and the way back through them.
//!
//! In f32 on the CPU the gradients are written out instead of left to autograd. A training pass then keeps what goes into each
//! normalization and nothing of what comes out, a third of what autograd keeps.

use std::ops::Range;
use std::rc::Rc;

use tch::{Device, Kind, Tensor};

use super::convolution::Conv;
use super::layers::{leaky_relu, leaky_relu_onnx};
use super::normalization::{Moments, Norm};
use super::parameters::{Builder, Gradients};
use crate::Result;
use crate::onnx::{self, Graph};
use crate::settings::architecture::{Plan, Scale};

enum Layer {
    Conv(Conv),
    Norm(Norm),
    LeakyRelu(f64),
}

/// Layers one after the other: an encoder or a decoder.
pub(crate) struct Stack {
    layers: Vec<Layer>,
    /// Places of its parameters.
    places: Range<usize>,
}

/// What a training pass leaves for the way back.
pub(crate) enum Trace<'a> {
    /// To autograd: the input, if its gradient is wanted, and the output.
    Graph { input: Option<Tensor>, output: Tensor },
    /// Each layer's part, and whether the gradient by the input is wanted.
    Steps { steps: Vec<Step<'a>>, wanted: bool },
}

pub(crate) enum Step<'a> {
    Conv { conv: &'a Conv, input: Value<'a>, with_bias: bool },
    Norm { norm: &'a Norm, input: Tensor, moments: Rc<Moments> },
    LeakyRelu { slope: f64, output: Tensor },
}

/// What goes into a convolution: itself, or what a normalization makes it from again.
pub(crate) enum Value<'a> {
    Itself(Tensor),
    Normalized(&'a Norm, Tensor, Rc<Moments>),
}

impl Value<'_> {
    fn tensor(self) -> Result<Tensor> {
        match self {
            Self::Itself(tensor) => Ok(tensor),
            Self::Normalized(norm, input, moments) => norm.apply(&input, &moments),
        }
    }
}

impl Stack {
    /// The layers of `plan` for an input of `channels`. Convolutions are numbered: `name.0.conv`, `name.1.conv`; what
    /// normalizes the output of one has its number, and what comes before the first has none.
    #[cfg(test)]
    pub(crate) fn new(builder: &mut Builder, name: &str, channels: i64, plan: &[Plan]) -> Result<Self> {
        Ok(Self::at_scales(builder, name, channels, plan, None)?.remove(0))
    }

    /// As [`Self::new`], but a stack of its own for each scale if `cut` is given: all but the first begin with a convolution
    /// that scales so.
    pub(crate) fn at_scales(
        builder: &mut Builder,
        name: &str,
        mut channels: i64,
        plan: &[Plan],
        cut: Option<Scale>,
    ) -> Result<Vec<Self>> {
        let scales = |layer: &Plan| matches!(layer, Plan::Conv { scale, .. } if Some(*scale) == cut);
        let first_scaled = plan.iter().position(scales);
        let mut convolutions = 0;
        let mut part = name.to_owned();
        let mut stacks = vec![Self { layers: Vec::new(), places: builder.len()..builder.len() }];
        for (number, layer) in plan.iter().enumerate() {
            if scales(layer) && first_scaled != Some(number) {
                stacks.push(Self { layers: Vec::new(), places: builder.len()..builder.len() });
            }
            let stack = stacks.last_mut().expect("one is there from the start");
            stack.layers.push(match *layer {
                Plan::Conv { kernel, output, scale } => {
                    part = format!("{name}.{convolutions}");
                    convolutions += 1;
                    let sizes = [std::mem::replace(&mut channels, output), output];
                    Layer::Conv(Conv::new(builder, &format!("{part}.conv"), sizes, kernel, scale)?)
                }
                Plan::Norm(slope) => {
                    Layer::Norm(Norm::new(builder, &format!("{part}.norm"), channels, slope)?)
                }
                Plan::LeakyRelu(slope) => Layer::LeakyRelu(slope),
            });
            stack.places.end = builder.len();
        }
        Ok(stacks)
    }

    /// (batch, channels, H, W) to what the layers make of it; normalizations by their running statistics, or in training by the
    /// batch's.
    pub(crate) fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        self.layers.iter().try_fold(x.shallow_clone(), |x, layer| match layer {
            Layer::Conv(conv) => conv.forward(&x),
            Layer::Norm(norm) => norm.forward(&x, train),
            Layer::LeakyRelu(slope) => leaky_relu(&x, *slope),
        })
    }

    /// As [`Self::forward`] outside training, in operators of ONNX.
    pub(super) fn onnx(&self, graph: &mut Graph, x: &onnx::Value) -> Result<onnx::Value> {
        self.layers.iter().try_fold(x.clone(), |x, layer| match layer {
            Layer::Conv(conv) => conv.onnx(graph, &x),
            Layer::Norm(norm) => norm.onnx(graph, &x),
            Layer::LeakyRelu(slope) => Ok(leaky_relu_onnx(graph, &x, *slope)),
        })
    }

    /// A training pass that computes in numbers of `kind`. The output, in f32, is cut from autograd's graph: [`Self::backward`]
    /// goes on from the gradient by it, to that by `x` if it requires one.
    pub(crate) fn train(&self, x: &Tensor, kind: Kind) -> Result<(Tensor, Trace<'_>)> {
        let wanted = x.requires_grad();
        if x.device() == Device::Cpu && kind == Kind::Float {
            let _guard = tch::no_grad_guard();
            let (output, steps) = self.train_by_hand(x)?;
            return Ok((output, Trace::Steps { steps, wanted }));
        }
        let output = self.forward(&x.f_to_kind(kind)?, true)?.f_to_kind(Kind::Float)?;
        let input = wanted.then(|| x.shallow_clone());
        Ok((output.f_detach()?, Trace::Graph { input, output }))
    }

    fn train_by_hand(&self, x: &Tensor) -> Result<(Tensor, Vec<Step<'_>>)> {
        let mut x = x.f_detach()?;
        let mut value = Value::Itself(x.shallow_clone());
        let mut left_out = None;
        let mut steps = Vec::with_capacity(self.layers.len());
        let mut layers = self.layers.iter().peekable();
        while let Some(layer) = layers.next() {
            match layer {
                Layer::Conv(conv) => {
                    // A normalization takes any bias off again.
                    let with_bias = !matches!(layers.peek(), Some(Layer::Norm(_)));
                    left_out = (!with_bias).then(|| conv.bias());
                    x = if with_bias { conv.forward(&x)? } else { conv.forward_without_bias(&x)? };
                    steps.push(Step::Conv { conv, input: value, with_bias });
                    value = Value::Itself(x.shallow_clone());
                }
                Layer::Norm(norm) => {
                    let moments = Rc::new(norm.moments(&x, left_out)?);
                    let output = norm.apply(&x, &moments)?;
                    let input = std::mem::replace(&mut x, output);
                    value = Value::Normalized(norm, input.shallow_clone(), Rc::clone(&moments));
                    steps.push(Step::Norm { norm, input, moments });
                }
                Layer::LeakyRelu(slope) => {
                    x = leaky_relu(&x, *slope)?;
                    value = Value::Itself(x.shallow_clone());
                    steps.push(Step::LeakyRelu { slope: *slope, output: x.shallow_clone() });
                }
            }
        }
        Ok((x, steps))
    }

    /// Gives `gradients` those of the parameters, from the gradient by the output, and returns that by the input, if wanted.
    pub(crate) fn backward(
        &self,
        trace: Trace,
        by_output: Tensor,
        gradients: &mut Gradients,
    ) -> Result<Option<Tensor>> {
        match trace {
            Trace::Graph { input, output } => {
                let scalar = output.f_mul(&by_output)?.f_sum(Kind::Float)?;
                let places = self.places.clone();
                let Some(input) = &input else {
                    let [] = gradients.differentiate(&scalar, places, [])?;
                    return Ok(None);
                };
                let [by_input] = gradients.differentiate(&scalar, places, [input])?;
                Ok(Some(by_input))
            }
            Trace::Steps { steps, wanted } => {
                let _guard = tch::no_grad_guard();
                backward_by_hand(steps, wanted, by_output, gradients)
            }
        }
    }
}

/// Each step is dropped when it is done, and what it kept with it.
fn backward_by_hand(
    mut steps: Vec<Step>,
    wanted: bool,
    by_output: Tensor,
    gradients: &mut Gradients,
) -> Result<Option<Tensor>> {
    let mut gradient = by_output;
    while let Some(step) = steps.pop() {
        gradient = match step {
            Step::Conv { conv, input, with_bias } => {
                conv.parameter_gradients(&input.tensor()?, &gradient, with_bias, gradients)?;
                if steps.is_empty() && !wanted {
                    return Ok(None);
                }
                conv.input_gradient(&gradient)?
            }
            Step::Norm { norm, input, moments } => norm.backward(&input, &moments, gradient, gradients)?,
            // The signs are those of the input.
            Step::LeakyRelu { slope, output } => output.f_leaky_relu_backward(&gradient, slope, true)?,
        };
    }
    Ok(wanted.then_some(gradient))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::parameters::Parameters;
    use crate::settings::Architecture;
    use crate::tensors::to_vec;

    /// Output, gradients by input and parameters, and everything that is saved.
    fn pass(stack: &Stack, parameters: &Parameters, x: &Tensor, by_hand: bool) -> Vec<Vec<f32>> {
        let (output, trace) = if by_hand {
            stack.train(x, Kind::Float).unwrap()
        } else {
            let output = stack.forward(x, true).unwrap();
            (output.detach(), Trace::Graph { input: Some(x.shallow_clone()), output })
        };
        let by_output = output.sin();
        let mut gradients = parameters.gradients();
        let by_input = stack.backward(trace, by_output, &mut gradients).unwrap().unwrap();
        let mut found = vec![to_vec(&output).unwrap(), to_vec(&by_input).unwrap()];
        found.push(to_vec(&gradients.finish().unwrap()).unwrap());
        let state = parameters.state().unwrap();
        found.extend(state.iter().map(|(_, tensor)| to_vec(tensor).unwrap()));
        found
    }

    #[test]
    fn the_way_back_is_autograds() {
        for architecture in [Architecture::Trunk, Architecture::Bergmann, Architecture::Baur] {
            // A number of channels that no vector divides, in several blocks of pixels.
            let trunk = architecture.trunk(0.07);
            for (name, plan, channels, sides) in [
                ("encoder", &trunk.encoder, trunk.input, [96, 64]),
                ("decoder", &trunk.decoder, trunk.features, [6, 4]),
            ] {
                let build = || {
                    let mut builder = Builder::new(5, Device::Cpu);
                    let stack = Stack::new(&mut builder, name, channels, plan).unwrap();
                    (stack, builder.finish().unwrap())
                };
                tch::manual_seed(3);
                // Far from zero, as squares must not cancel.
                let x = Tensor::randn([2, channels, sides[0], sides[1]], (Kind::Float, Device::Cpu)) + 3.0;
                let x = x.set_requires_grad(true);
                let [ours, expected] = [true, false].map(|by_hand| {
                    let (stack, parameters) = build();
                    pass(&stack, &parameters, &x, by_hand)
                });
                assert_eq!(ours.len(), expected.len());
                for (part, (ours, expected)) in ours.iter().zip(&expected).enumerate() {
                    let scale = expected.iter().fold(0.0f32, |most, value| most.max(value.abs()));
                    let worst = ours.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                    assert!(
                        worst <= 2e-5 * scale,
                        "{architecture:?} {name}: part {part} is off by {worst} of {scale}"
                    );
                }
            }
        }
    }
}
