#!/bin/sh
# A memory autoencoder addresses its memory by weights that sum to 1 for each place: it divides them by their L1 norm along one
# axis. ONNX has ReduceL1 for that, and up to opset 17 the axis is an attribute. In opset 13 to 17 OpenVINO 2026.4 loses it and
# sums over everything: each norm is that of the whole volume, the weights sum to next to nothing, and the reconstruction is
# nearly black. It keeps the axis in opset 11, in opset 18, where it is an input, and that of ReduceL2; ReduceLogSum and
# ReduceLogSumExp lose it, too. onnxruntime and ONNX's own evaluator agree with each other. No message appears.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile openvino==2026.4.1 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.3.5
cd "$folder"
venv/bin/python - 2>messages <<'PYTHON' || { cat messages; exit 1; }
from importlib.metadata import version
import numpy as np, onnx, onnxruntime, openvino
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
print("openvino", version("openvino"), "onnxruntime", onnxruntime.__version__, "onnx", onnx.__version__)
weights = np.random.default_rng(0).random((1, 10, 4, 4, 4), dtype=np.float32)  # of 10 items of the memory, at 4 x 4 x 4 places
core = openvino.Core()
sums = {}
cases = [("ReduceL1", opset) for opset in [11, 13, 17, 18]] + [(f"Reduce{name}", 17) for name in ["L2", "LogSum", "LogSumExp"]]
for operator, opset in cases:
    newer = opset >= 18  # the axis is an input
    axis = {} if newer else {"axes": [1]}
    nodes = [helper.make_node(operator, ["weights"] + ["axes"] * newer, ["norm"], keepdims=1, **axis),
             helper.make_node("Div", ["weights", "norm"], ["shares"])]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, weights.shape) for name in ["weights", "shares"]]
    constants = [numpy_helper.from_array(np.array([1]), "axes")] * newer
    model = helper.make_model(helper.make_graph(nodes, "address", ends[:1], ends[1:], constants),
                              opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    shares = {
        "openvino": list(core.compile_model(core.read_model(model.SerializeToString()), "CPU")(weights).values())[0],
        "onnxruntime": onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"weights": weights})[0],
        "onnx": ReferenceEvaluator(model).run(None, {"weights": weights})[0],
    }
    assert np.allclose(shares["onnxruntime"], shares["onnx"], rtol=1e-3), "the behaviour has changed"
    equal = bool(np.allclose(shares["openvino"], shares["onnx"], rtol=0.02))
    sums[operator, opset] = equal
    means = ", ".join(f"{name} {values.sum(1).mean():.3f}" for name, values in shares.items())
    print(f"{operator:15} opset {opset}: weights divided by it sum to {means}" + ("" if equal else ": the axis is lost"))
lost = [key for key, equal in sums.items() if not equal]
said = open("messages").read()
assert "Reduce" not in said and "axes" not in said, "there is a message now"
assert lost == [("ReduceL1", 13), ("ReduceL1", 17), ("ReduceLogSum", 17), ("ReduceLogSumExp", 17)], "the behaviour has changed"
PYTHON
