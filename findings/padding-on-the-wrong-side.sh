#!/bin/sh
# A convolution of stride 2 with padding "SAME" on an even number of voxels has one row to add: ONNX puts it behind for
# SAME_UPPER, the padding that TensorFlow exports, and before for SAME_LOWER. OpenCV 5.0 puts it before in both. The network
# loads and runs, and each such layer samples one voxel off: 0 2 4 6 instead of 1 3 5 7. What a deep encoder sees, and the
# map that it returns, is shifted by several voxels; with odd sizes everything is right.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile opencv-python-headless==5.0.0.93 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.3.5
cd "$folder"
venv/bin/python - 2>/dev/null <<'PYTHON'
import cv2, numpy as np, onnx, onnxruntime
from onnx import TensorProto, helper, numpy_helper
print("OpenCV", cv2.__version__, "onnx", onnx.__version__, "onnxruntime", onnxruntime.__version__)
kernel = np.zeros((1, 1, 3, 3, 3), np.float32)
kernel[0, 0, 1, 1, 1] = 1  # leaves the middle voxel as it is
seen = {}
for size in [8, 7]:
    volume = np.broadcast_to(np.arange(size, dtype=np.float32)[:, None, None], (1, 1, size, size, size)).copy()
    for padding in ["SAME_UPPER", "SAME_LOWER"]:
        node = helper.make_node("Conv", ["x", "kernel"], ["y"], auto_pad=padding, strides=[2, 2, 2])
        boxes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                 for name, shape in {"x": volume.shape, "y": (1, 1, 4, 4, 4)}.items()]
        graph = helper.make_graph([node], "g", boxes[:1], boxes[1:], [numpy_helper.from_array(kernel, "kernel")])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
        onnx.checker.check_model(model)
        onnx.save(model, "conv.onnx")
        session = onnxruntime.InferenceSession("conv.onnx", providers=["CPUExecutionProvider"])
        network = cv2.dnn.readNetFromONNX("conv.onnx")
        network.setInput(volume, "x")
        rows = [out[0, 0, :, 1, 1].astype(int).tolist() for out in (session.run(None, {"x": volume})[0], network.forward())]
        print(f"{size} voxels, {padding}: onnxruntime keeps rows {rows[0]}, OpenCV {rows[1]}")
        seen[size, padding] = rows
even = [0, 2, 4, 6]
assert seen.pop((8, "SAME_UPPER")) == [[1, 3, 5, 7], even], "the behaviour has changed"
assert all(rows == [even, even] for rows in seen.values()), "the behaviour has changed"
PYTHON
