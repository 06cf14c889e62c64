#!/bin/sh
# onnx.version_converter takes an old network to a newer opset. Up to opset 10 the enlargement of an image, Upsample and later
# Resize, puts voxel j of the result at j / 2 of the coarse image; opset 11 names several ways and takes another one, by centres,
# if none is named. The converter names none: a network of opset 9 or 10 with linear enlargement comes out with each of its
# steps shifted by half a fine voxel. The model is valid, loads and runs, and its map looks right. With four steps, as in the
# decoder of a U-Net or an autoencoder, all is 7.5 voxels off the scan that it belongs to; skip connections no longer fit.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile onnx==1.23.2 onnxruntime==1.32.0 numpy==2.3.5
cd "$folder"
venv/bin/python - 2>/dev/null <<'PYTHON'
import numpy as np, onnx, onnxruntime
from onnx import TensorProto, helper, numpy_helper, version_converter
print("onnx", onnx.__version__, "onnxruntime", onnxruntime.__version__)
def enlarged(model, volume):
    onnx.checker.check_model(model, full_check=True)
    return onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": volume})[0]
def network(operator, opset, steps, size):
    names = ["x"] + [f"level{step}" for step in range(1, steps)] + ["y"]
    nodes = [helper.make_node(operator, [names[step], "scales"], [names[step + 1]], mode="linear") for step in range(steps)]
    scales = numpy_helper.from_array(np.array([1, 1, 2, 2, 2], np.float32), "scales")
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1] + [n] * 3) for name, n in [("x", size), ("y", size << steps)]]
    graph = helper.make_graph(nodes, "decoder", ends[:1], ends[1:], [scales])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=7)
seen = {}
for operator, opset in [("Upsample", 9), ("Resize", 10)]:
    for steps in [1, 4]:
        size = 8
        volume = np.broadcast_to(np.arange(size, dtype=np.float32), (1, 1, size, size, size)).copy()  # each voxel holds its place
        old = network(operator, opset, steps, size)
        middle = (0, 0, (size << steps) // 2, (size << steps) // 2, slice((size << steps) // 4, (size << steps) // 2))
        before = enlarged(old, volume)[middle]
        for target in [10, 11, 17]:
            after = enlarged(version_converter.convert_version(old, target), volume)[middle]
            seen[operator, steps, target] = float(np.mean(before - after)) * 2**steps
            print(f"{operator} of opset {opset}, {steps} steps, converted to {target}: "
                  f"shifted by {seen[operator, steps, target]:.2f} fine voxels, all alike: {np.ptp(before - after) < 1e-4}")
for (operator, steps, target), shift in seen.items():
    expected = 0 if target == 10 else (2**steps - 1) / 2
    assert abs(shift - expected) < 1e-3, "the behaviour has changed"
PYTHON
