//! Convolutions, and their gradients written out: that of the weights is one product of matrices.

use tch::{Device, Kind, Tensor};

use super::parameters::{Builder, Gradients};
use crate::Result;
use crate::onnx::{Attribute, Graph, Value};
use crate::settings::architecture::Scale;
use crate::tensors::channels_last;

/// 2-D convolution, or its transpose, with bias.
pub(crate) struct Conv {
    weight: Tensor,
    bias: Tensor,
    /// Place of the weight among the parameters.
    place: usize,
    geometry: Geometry,
}

#[derive(Debug, Clone, Copy)]
struct Geometry {
    kernel: i64,
    scale: Scale,
    padding: i64,
    /// Rows and columns added at the far end, so that the transpose doubles the sides exactly.
    output_padding: i64,
}

impl Conv {
    /// 1x1: a linear map of the channels.
    pub(crate) fn pointwise(builder: &mut Builder, name: &str, input: i64, output: i64) -> Result<Self> {
        Self::new(builder, name, [input, output], 1, Scale::Same)
    }

    pub(crate) fn new(
        builder: &mut Builder,
        name: &str,
        [input, output]: [i64; 2],
        kernel: i64,
        scale: Scale,
    ) -> Result<Self> {
        let shape = match scale {
            Scale::Double => [input, output, kernel, kernel],
            Scale::Same | Scale::Half => [output, input, kernel, kernel],
        };
        // Kaiming uniform with a = sqrt(5), where PyTorch takes axis 1 for the fan-in of transposed convolutions too.
        let bound = 1.0 / ((shape[1] * shape[2] * shape[3]) as f64).sqrt();
        let padding = (kernel - 1) / 2;
        Ok(Self {
            place: builder.len(),
            weight: builder.uniform(format!("{name}.weight"), &shape, bound)?,
            bias: builder.uniform(format!("{name}.bias"), &[output], bound)?,
            geometry: Geometry { kernel, scale, padding, output_padding: 2 + 2 * padding - kernel },
        })
    }

    pub(crate) fn bias(&self) -> &Tensor {
        &self.bias
    }

    /// Computes in the numbers of `x`.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.geometry.convolve(x, &self.weight.f_to_kind(x.kind())?, Some(&self.bias.f_to_kind(x.kind())?))
    }

    /// As [`Self::forward`], in operators of ONNX.
    pub(super) fn onnx(&self, graph: &mut Graph, x: &Value) -> Result<Value> {
        let weight = graph.constant("weight", &self.weight)?;
        let bias = graph.constant("bias", &self.bias)?;
        let Geometry { kernel, scale, padding, output_padding } = self.geometry;
        let (kernel, stride) = ([kernel; 2], [self.geometry.stride(); 2]);
        let (pads, more) = ([padding; 4], [output_padding; 2]);
        let mut attributes = vec![
            ("kernel_shape", Attribute::Integers(&kernel)),
            ("strides", Attribute::Integers(&stride)),
            ("pads", Attribute::Integers(&pads)),
        ];
        let operator = match scale {
            Scale::Same | Scale::Half => "Conv",
            Scale::Double => {
                attributes.push(("output_padding", Attribute::Integers(&more)));
                "ConvTranspose"
            }
        };
        Ok(graph.node(operator, &[x, &weight, &bias], &attributes))
    }

    /// For a normalization that takes any bias off again.
    pub(crate) fn forward_without_bias(&self, x: &Tensor) -> Result<Tensor> {
        self.geometry.convolve(x, &self.weight, None)
    }

    /// The gradient by the input from that by the output.
    pub(crate) fn input_gradient(&self, by_output: &Tensor) -> Result<Tensor> {
        self.geometry.transpose(by_output, &self.weight)
    }

    /// Gives `gradients` that of the weight, from the input and the gradient by the output; and that of the bias, if there was one.
    pub(crate) fn parameter_gradients(
        &self,
        input: &Tensor,
        by_output: &Tensor,
        with_bias: bool,
        gradients: &mut Gradients,
    ) -> Result<()> {
        gradients.set(self.place, self.geometry.weight_gradient(input, by_output)?);
        if with_bias {
            let pixels: &[i64] = &[0, 2, 3];
            gradients.set(self.place + 1, by_output.f_sum_dim_intlist(pixels, false, Kind::Float)?);
        }
        Ok(())
    }
}

impl Geometry {
    fn stride(self) -> i64 {
        if self.scale == Scale::Same { 1 } else { 2 }
    }

    fn convolve(self, x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
        let (stride, padding, more) = ([self.stride(); 2], [self.padding; 2], [self.output_padding; 2]);
        Ok(match self.scale {
            Scale::Same | Scale::Half => x.f_conv2d(weight, bias, stride, padding, [1, 1], 1)?,
            Scale::Double => x.f_conv_transpose2d(weight, bias, stride, padding, more, 1, [1, 1])?,
        })
    }

    /// The adjoint of the convolution: the same kernel, from the output's side to the input's.
    fn transpose(self, y: &Tensor, weight: &Tensor) -> Result<Tensor> {
        let (stride, padding, more) = ([self.stride(); 2], [self.padding; 2], [self.output_padding; 2]);
        let none = None::<Tensor>;
        Ok(match self.scale {
            Scale::Same => y.f_conv_transpose2d(weight, none, stride, padding, [0, 0], 1, [1, 1])?,
            Scale::Half => y.f_conv_transpose2d(weight, none, stride, padding, more, 1, [1, 1])?,
            Scale::Double => y.f_conv2d(weight, none, stride, padding, [1, 1], 1)?,
        })
    }

    /// The gradient of the weight from the input and the gradient by the output, in the order in which weights are stored: (first axis, row, column,
    /// second axis).
    ///
    /// For each image, the patches under the kernel become the rows of a matrix (im2col), of which one product with the
    /// other map is taken. In `channels_last` oneDNN needs twice the time and more for it.
    fn weight_gradient(self, input: &Tensor, by_output: &Tensor) -> Result<Tensor> {
        let Self { kernel, scale, padding, .. } = self;
        let stride = self.stride();
        // The kernel runs over the larger map: of a transposed convolution this is the output.
        let (over, other) = match scale {
            Scale::Double => (by_output, input),
            Scale::Same | Scale::Half => (input, by_output),
        };
        let (over, other) = (channels_last(over)?, channels_last(other)?);
        let (images, rows, columns, channels) = over.size4()?;
        let (_, other_rows, other_columns, other_channels) = other.size4()?;

        let options = (Kind::Float, Device::Cpu);
        let sides = [other_rows, other_columns].map(|side| (side - 1) * stride + kernel);
        let padded = Tensor::f_zeros([sides[0], sides[1], channels], options)?;
        let inner = padded.f_narrow(0, padding, rows)?.f_narrow(1, padding, columns)?;
        // The pixels of a patch's row lie one after the other.
        let row = sides[1] * channels;
        let patches = padded.f_as_strided(
            [other_rows, other_columns, kernel, kernel * channels],
            [stride * row, stride * channels, row, 1],
            0,
        )?;
        let matrix = Tensor::f_empty([other_rows, other_columns, kernel, kernel * channels], options)?;
        let flat = matrix.f_view([other_rows * other_columns, kernel * kernel * channels])?;
        let mut gradient = Tensor::f_zeros([other_channels, kernel * kernel * channels], options)?;
        for image in 0..images {
            inner.shallow_clone().f_copy_(&over.f_get(image)?)?;
            matrix.shallow_clone().f_copy_(&patches)?;
            let other = other.f_get(image)?.f_view([-1, other_channels])?.f_transpose(0, 1)?;
            let _ = gradient.f_addmm_(&other, &flat)?;
        }
        Ok(gradient.f_reshape([-1])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speed;
    use crate::tensors::to_vec;

    fn assert_near(what: &str, ours: &Tensor, expected: &Tensor) {
        let (ours, expected) = (to_vec(ours).unwrap(), to_vec(expected).unwrap());
        assert_eq!(ours.len(), expected.len(), "{what}");
        let scale = expected.iter().fold(0.0f32, |most, value| most.max(value.abs()));
        for (a, b) in ours.iter().zip(&expected) {
            assert!((a - b).abs() <= 2e-6 * scale, "{what}: {a}, not {b}");
        }
    }

    #[test]
    fn the_gradients_are_those_of_autograd() {
        let cases =
            [(3, Scale::Half), (3, Scale::Double), (3, Scale::Same), (4, Scale::Half), (5, Scale::Double)];
        for (kernel, scale) in cases {
            tch::manual_seed(2);
            let mut builder = Builder::new(0, Device::Cpu);
            let conv = Conv::new(&mut builder, "conv", [17, 19], kernel, scale).unwrap();
            let parameters = builder.finish().unwrap();
            let x = Tensor::randn([2, 17, 8, 12], (Kind::Float, Device::Cpu)).set_requires_grad(true);
            let y = conv.forward(&x).unwrap();
            let by_output = Tensor::randn_like(&y);
            let loss = (y * &by_output).sum(Kind::Float);
            let expected = Tensor::run_backward(&[loss], &[&conv.weight, &conv.bias, &x], false, false);

            let _guard = tch::no_grad_guard();
            let mut gradients = parameters.gradients();
            conv.parameter_gradients(&x, &by_output, true, &mut gradients).unwrap();
            let flat = gradients.finish().unwrap();
            for ((name, ours), expected) in parameters.split(&flat).unwrap().iter().zip(&expected) {
                assert_near(&format!("{name}, {kernel} {scale:?}"), ours, expected);
            }
            assert_near(
                &format!("input, {kernel} {scale:?}"),
                &conv.input_gradient(&by_output).unwrap(),
                &expected[2],
            );
        }
    }

    #[test]
    #[ignore = "measures"]
    fn speed_of_the_weight_gradient() {
        let options = (Kind::Float, Device::Cpu);
        for (channels, more, side) in [(3, 96, 240), (96, 128, 120), (128, 256, 60), (256, 256, 30)] {
            for scale in [Scale::Half, Scale::Double] {
                let mut builder = Builder::new(0, Device::Cpu);
                let (sizes, side) = match scale {
                    Scale::Double => ([more, channels], side / 2),
                    _ => ([channels, more], side),
                };
                let conv = Conv::new(&mut builder, "conv", sizes, 3, scale).unwrap();
                let x = Tensor::randn([32, side, side, sizes[0]], options).permute([0, 3, 1, 2]);
                let output = conv.forward(&x).unwrap();
                let by_output = Tensor::randn_like(&output).detach();
                let inner = (output * &by_output).sum(Kind::Float);
                let ours = || drop(conv.geometry.weight_gradient(&x, &by_output).unwrap());
                let libtorch = || drop(Tensor::run_backward(&[&inner], &[&conv.weight], true, false));
                let name = if scale == Scale::Double { "transposed convolution" } else { "convolution" };
                speed::compare(
                    &format!("weight gradient of a {name}, {} to {} channels, batch 32", sizes[0], sizes[1]),
                    &[("ours", &ours), ("libtorch's", &libtorch)],
                );
            }
        }
    }
}
