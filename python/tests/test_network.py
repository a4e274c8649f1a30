"""Runs the installed package: python test_network.py COLORS.rtseg, a file of Tests/RuntimeChecks/program_file.py."""
import sys
import threading
import unittest
from pathlib import Path

import numpy as np

import rtseg

PATH = sys.argv.pop(1)


def drawn(height, width, seed=0):
    # No pixel has two equal colors, so that no two classes have the same score.
    image = np.random.default_rng(seed).integers(0, 85, (height, width, 3), dtype=np.uint8)
    return image * 3 + np.arange(3, dtype=np.uint8)


def expected_scores(image):
    """What the network computes: each color less half of the others, and a bit for gray."""
    x = image / 255.0
    parts = [1.5 * x[..., k] - 0.5 * x.sum(-1) for k in range(3)]
    return np.stack([np.full(x.shape[:2], 0.02), *parts], -1)


class NetworkTests(unittest.TestCase):
    def test_description(self):
        net = rtseg.load(PATH)
        self.assertEqual(net.network, "colors")
        self.assertEqual(net.precision, "float32")
        self.assertEqual(net.sizes, [(8, 12), (16, 16)])
        self.assertEqual([c.name for c in net.classes], ["gray", "red", "green", "blue"])
        self.assertEqual(net.palette.tolist(), [[128] * 3, [255, 0, 0], [0, 255, 0], [0, 0, 255]])
        self.assertIn("colors in float32, 4 classes, for images of 8x12, 16x16", repr(net))
        self.assertRegex(rtseg.__version__, r"^\d+\.\d+\.\d+$")
        self.assertTrue(rtseg.instruction_set())

    def test_results(self):
        net = rtseg.load(Path(PATH))
        for height, width in net.sizes:
            image = drawn(height, width)
            scores = expected_scores(image)
            classes = net(image)
            self.assertEqual((classes.dtype, classes.shape), (np.uint8, (height, width)))
            np.testing.assert_array_equal(classes, scores.argmax(-1))
            found = net.scores(image)
            self.assertEqual((found.dtype, found.shape), (np.float32, (height, width, 4)))
            np.testing.assert_allclose(found, scores, atol=1e-5)
            softmax = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
            np.testing.assert_allclose(net.probability(image), softmax.max(-1), atol=1e-5)

    def test_gray(self):
        net = rtseg.load(PATH)
        gray = drawn(8, 12)[..., 0]
        np.testing.assert_array_equal(net(gray), 0)
        np.testing.assert_allclose(net.scores(gray), expected_scores(np.stack([gray] * 3, -1)), atol=1e-5)

    def test_strides(self):
        net = rtseg.load(PATH)
        whole = drawn(32, 40)
        for view in [whole[3:11, 5:17], whole[::4, :24:2], whole[7::-1, :12], whole[:8, 11::-1],
                     whole[:8, :12, ::-1], np.asfortranarray(whole[:8, :12]), np.broadcast_to(whole[:1, :12], (8, 12, 3))]:
            np.testing.assert_array_equal(net(view), net(view.copy()))
            np.testing.assert_array_equal(net(view), expected_scores(view).argmax(-1))

    def test_resizing(self):
        image = np.zeros((40, 60, 3), np.uint8)
        image[:, 30:] = (250, 10, 10)
        with self.assertRaisesRegex(rtseg.Error, "40x60.*8x12, 16x16.*resize=True"):
            rtseg.load(PATH)(image)
        net = rtseg.load(PATH, resize=True)
        classes = net(image)
        self.assertEqual(classes.shape, (40, 60))
        self.assertTrue((classes[:, :20] == 0).all() and (classes[:, 40:] == 1).all())
        self.assertEqual(net.scores(image).shape, (40, 60, 4))
        self.assertEqual(net.probability(image).shape, (40, 60))
        # A size that the program has needs no resizing.
        image = drawn(16, 16)
        np.testing.assert_array_equal(net(image), rtseg.load(PATH)(image))

    def test_wrong_arguments(self):
        net = rtseg.load(PATH)
        for image, words in [
            (np.zeros((8, 12, 3)), "float64.*uint8"), (np.zeros((8, 12, 4), np.uint8), "shape"),
            (np.zeros(96, np.uint8), "shape"), (np.zeros((0, 12, 3), np.uint8), "shape"), ("image", "type"),
            (np.zeros((12, 8, 3), np.uint8), "12x8"),
        ]:
            with self.assertRaisesRegex(rtseg.Error, words):
                net(image)
        with self.assertRaisesRegex(ValueError, "1 to 256"):
            rtseg.load(PATH, threads=0)
        with self.assertRaises(TypeError):
            rtseg.load(3.5)

    def test_wrong_files(self):
        with self.assertRaisesRegex(rtseg.Error, "nowhere.rtseg"):
            rtseg.load("nowhere.rtseg")
        with self.assertRaises(rtseg.Error) as caught:
            rtseg.load(__file__)
        self.assertNotIn("\n", str(caught.exception))

    def test_closing(self):
        with rtseg.load(PATH) as net:
            net(drawn(8, 12))
        self.assertIn("closed", repr(net))
        with self.assertRaisesRegex(rtseg.Error, "closed"):
            net(drawn(8, 12))
        net.close()

    def test_threads(self):
        net = rtseg.load(PATH, threads=2)
        images = [drawn(*net.sizes[seed % 2], seed) for seed in range(8)]
        expected = [expected_scores(image).argmax(-1) for image in images]
        failures = []

        def run(first):
            for step in range(100):
                index = (first + step) % len(images)
                if not (net(images[index]) == expected[index]).all():
                    failures.append(index)

        threads = [threading.Thread(target=run, args=(first,)) for first in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])


if __name__ == "__main__":
    unittest.main()
