"""The peer of `rtseg serve`: ONNX Runtime behind FastAPI and uvicorn. It does the same work: a JPEG or PNG in the body, a
PNG of class numbers with a palette at the image's size back.

    serving.py export NETWORK CHECKOUT FOLDER --size HEIGHTxWIDTH [--weights FILE]    writes net.pth and net.onnx with the same weights
    serving.py serve NET.onnx --port 9000 --threads 2 [--workers 1]
"""
import argparse
import io
import os
import pathlib

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def export(arguments):
    import torch

    import reference

    height, width = map(int, arguments.size.split("x"))
    torch.manual_seed(0)
    model = reference.make_model(pathlib.Path(arguments.checkout), arguments.network, 19, auxiliary=False)
    if arguments.weights:
        state = torch.load(arguments.weights, map_location="cpu", weights_only=True)
        model.load_state_dict(state.get("state_dict", state))
    model.eval()
    folder = pathlib.Path(arguments.folder)
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), folder / "net.pth")

    class Labels(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, image):
            return self.model(image).argmax(1).to(torch.uint8)

    # The older exporter's files are the faster ones, where it can write them.
    for settings in ({"dynamo": False, "opset_version": 17}, {"dynamo": True}):
        try:
            torch.onnx.export(
                Labels().eval(), (torch.zeros(1, 3, height, width),), str(folder / "net.onnx"), input_names=["image"],
                output_names=["classes"], **settings)
            return
        except Exception as error:
            failure = error
    raise failure


def make_app():
    import cv2
    import numpy
    import onnxruntime
    from fastapi import FastAPI, Request, Response
    from fastapi.concurrency import run_in_threadpool
    from PIL import Image

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ["PEER_THREADS"])
    session = onnxruntime.InferenceSession(os.environ["PEER_NETWORK"], options, providers=["CPUExecutionProvider"])
    height, width = session.get_inputs()[0].shape[2:]
    scale = (1 / (255 * numpy.array(STD))).astype(numpy.float32)
    shift = (-numpy.array(MEAN) / numpy.array(STD)).astype(numpy.float32)
    palette = [value * factor % 256 for value in range(256) for factor in (37, 91, 173)]

    def label(body):
        image = cv2.cvtColor(cv2.imdecode(numpy.frombuffer(body, numpy.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        size = image.shape[:2]
        if size != (height, width):
            image = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
        pixels = image.astype(numpy.float32) * scale + shift
        classes = session.run(None, {"image": numpy.ascontiguousarray(pixels.transpose(2, 0, 1))[None]})[0][0]
        if size != (height, width):
            classes = cv2.resize(classes, size[::-1], interpolation=cv2.INTER_NEAREST)
        mask = Image.fromarray(classes, mode="P")
        mask.putpalette(palette)
        output = io.BytesIO()
        mask.save(output, "png")
        return output.getvalue()

    app = FastAPI()

    @app.post("/predict")
    async def predict(request: Request):
        return Response(await run_in_threadpool(label, await request.body()), media_type="image/png")

    return app


def serve(arguments):
    import uvicorn

    os.environ |= {"PEER_NETWORK": arguments.network, "PEER_THREADS": str(arguments.threads)}
    os.chdir(pathlib.Path(__file__).parent)
    uvicorn.run(
        "serving:make_app", factory=True, host="127.0.0.1", port=arguments.port, workers=arguments.workers,
        log_level="warning")


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("export")
    command.add_argument("network")
    command.add_argument("checkout")
    command.add_argument("folder")
    command.add_argument("--size", default="512x1024")
    command.add_argument("--weights", help="a checkpoint of 19 classes; otherwise the weights are random")
    command.set_defaults(run=export)
    command = commands.add_parser("serve")
    command.add_argument("network")
    command.add_argument("--port", type=int, default=9000)
    command.add_argument("--threads", type=int, default=os.cpu_count())
    command.add_argument("--workers", type=int, default=1)
    command.set_defaults(run=serve)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
