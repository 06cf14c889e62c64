#!/bin/sh
# ONNX ships a reference evaluator, against which one checks an exported network. Its float16 is not what the standard says:
# LayerNormalization has a stash_type, float32 unless set, that is the precision of its mean and variance. The evaluator
# accepts no other type and then computes both in float16, off by 0.14 on T2-like intensities about 1000, where onnxruntime is
# off by 0.001. Over a volume the sums overflow: ReduceMean gives infinity, InstanceNormalization zeros everywhere. Who
# compares a half-precision export of a 3D network with the reference finds an error in the wrong program.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile onnx==1.23.2 onnxruntime==1.32.0 numpy==2.3.5
cd "$folder"
venv/bin/python - 2>/dev/null <<'PYTHON'
import numpy as np, onnx, onnxruntime
from onnx import helper
from onnx.reference import ReferenceEvaluator
print("onnx", onnx.__version__, "onnxruntime", onnxruntime.__version__)
volume = np.random.default_rng(0).normal(1000, 3, (1, 2, 16, 16, 16)).astype(np.float16)
exact = volume.astype(np.float64)


def normalised(axes):
    middle = exact - exact.mean(axes, keepdims=True)
    return middle / np.sqrt((middle**2).mean(axes, keepdims=True) + 1e-5)


def half(length):
    return np.ones(length, np.float16), np.zeros(length, np.float16)


over = (2, 3, 4)
cases = {
    "LayerNormalization": (half(16), normalised(-1)),
    "InstanceNormalization": (half(2), normalised(over)),
    "ReduceMean": ((np.array(over),), exact.mean(over, keepdims=True)),
}
errors = {}
for name, (parameters, wanted) in cases.items():
    values = {f"x{i}": value for i, value in enumerate([volume, *parameters])}
    kinds = {key: helper.np_dtype_to_tensor_dtype(value.dtype) for key, value in values.items()}
    inputs = [helper.make_tensor_value_info(key, kinds[key], value.shape) for key, value in values.items()]
    output = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT16, wanted.shape)
    graph = helper.make_graph([helper.make_node(name, list(values), ["y"])], "g", inputs, [output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.checker.check_model(model)
    runners = {
        "reference": ReferenceEvaluator(model),
        "onnxruntime": onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]),
    }
    for runner, session in runners.items():
        found = session.run(None, values)[0].astype(np.float64)
        errors[name, runner] = np.abs(found - wanted).max()
        print(f"{name}, {runner}: first value {found.flat[0]:.4f}, right {wanted.flat[0]:.4f}, "
              f"largest error {errors[name, runner]:.4f}")
        if (name, runner) == ("InstanceNormalization", "reference"):
            assert (found == 0).all(), "the behaviour has changed"
layer = errors["LayerNormalization", "reference"], errors["LayerNormalization", "onnxruntime"]
assert layer[0] > 0.05 > 0.01 > layer[1], "the behaviour has changed"
assert errors["ReduceMean", "reference"] == np.inf and errors["ReduceMean", "onnxruntime"] < 1, "the behaviour has changed"
assert errors["InstanceNormalization", "onnxruntime"] < 0.01, "the behaviour has changed"
PYTHON
