#!/bin/sh
# Softplus, log(1 + exp(x)), is x for large x; a network that ends in it, to keep a variance or a residual above 0, returns
# intensities of a T2, say 90 to 1000. OpenCV 5.0 computes it as it is written, in float32: from 89 on exp(x) is too large,
# and the answer is infinity. So for ReduceLogSumExp, and the logarithm of a softmax is minus infinity for what is 104 below
# the rest. onnxruntime returns 90, 101.4 and -150. One bright voxel makes a mean, an anomaly score or a loss infinite.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile opencv-python-headless==5.0.0.93 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.3.5
cd "$folder"
venv/bin/python - 2>/dev/null <<'PYTHON'
import cv2, numpy as np, onnx, onnxruntime
from onnx import TensorProto, helper
print("OpenCV", cv2.__version__, "onnx", onnx.__version__, "onnxruntime", onnxruntime.__version__)
cases = {
    "Softplus": ([1, 80, 88, 89, 90, 1000], (1, 1, 6, 1), {}),
    "LogSoftmax": ([0, 150], (1, 2, 1, 1), {"axis": 1}),
    "ReduceLogSumExp": ([100, 100, 100, 100], (1, 1, 1, 1), {}),
}
found = {}
for name, (values, shape, attributes) in cases.items():
    data = np.array(values, np.float32).reshape((1, 2, 1, 1) if name == "LogSoftmax" else (1, 1, len(values), 1))
    boxes = [helper.make_tensor_value_info("x", TensorProto.FLOAT, data.shape)]
    result = [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)]
    graph = helper.make_graph([helper.make_node(name, ["x"], ["y"], **attributes)], "g", boxes, result)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, "one.onnx")
    session = onnxruntime.InferenceSession("one.onnx", providers=["CPUExecutionProvider"])
    network = cv2.dnn.readNetFromONNX("one.onnx")
    network.setInput(data, "x")
    found[name] = [np.ravel(out).tolist() for out in (session.run(None, {"x": data})[0], network.forward())]
    print(f"{name} of {values}: onnxruntime {found[name][0]}, OpenCV {found[name][1]}")
assert np.isfinite([value for right, _ in found.values() for value in right]).all(), "the behaviour has changed"
assert found["Softplus"][1][3:] == [np.inf] * 3 and found["ReduceLogSumExp"][1] == [np.inf], "the behaviour has changed"
assert np.allclose(found["Softplus"][1][:3], found["Softplus"][0][:3]) and found["LogSoftmax"][1][0] == -np.inf, \
    "the behaviour has changed"
PYTHON
