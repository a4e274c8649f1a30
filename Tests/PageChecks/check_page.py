"""Uses the page of `rtseg serve` in Chromium as people do, and checks what it shows and saves.

    check_page.py ADDRESS IMAGES [--screenshots FOLDER] [--token TOKEN]

IMAGES is a folder with at least two images. scripts/check-page runs this.
"""
import argparse
import base64
import io
import json
import pathlib
import re
import sys
import urllib.request
import zipfile

import numpy
from PIL import Image
from playwright.sync_api import expect, sync_playwright

RECORD = """async () => {
  const canvas = Object.assign(document.createElement('canvas'), {width: 96, height: 64});
  const context = canvas.getContext('2d');
  const recorder = new MediaRecorder(canvas.captureStream(15), {mimeType: 'video/webm'});
  const parts = [];
  recorder.ondataavailable = (event) => parts.push(event.data);
  const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
  recorder.start();
  for (let step = 0; step < 20; step += 1) {
    context.fillStyle = `hsl(${step * 18} 60% 50%)`;
    context.fillRect(0, 0, 96, 64);
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  recorder.stop();
  await stopped;
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}"""


class Checker:
    def __init__(self, arguments, browser):
        self.address = arguments.address.rstrip("/") + "/"
        self.token = arguments.token
        self.images = sorted(p for p in pathlib.Path(arguments.images).iterdir() if p.suffix in (".png", ".jpg"))[:2]
        assert len(self.images) == 2, f"{arguments.images}: expected two images"
        self.screenshots = arguments.screenshots and pathlib.Path(arguments.screenshots)
        self.browser = browser
        self.problems = []

    def open(self, width=1280, height=860, scheme="light"):
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, permissions=["camera"],
            accept_downloads=True)
        self.page = page = context.new_page()
        page.set_default_timeout(30000)
        # A refused token is an error of the network and expected.
        page.on("console", lambda message: message.type == "error" and "401" not in message.text
                and self.problems.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("request", lambda request: request.url.startswith((self.address, "blob:", "data:"))
                or self.problems.append(f"a request to {request.url}"))
        page.goto(self.address)
        if self.token:
            page.get_by_label("The server asks for its token.").fill("wrong-token-wrong-token")
            page.get_by_role("button", name="Go on").click()
            page.wait_for_timeout(300)
            page.get_by_label("The server asks for its token.").fill(self.token)
            page.get_by_role("button", name="Go on").click()
        expect(page.locator("#model option")).not_to_have_count(0)
        return page

    def shoot(self, name):
        if self.screenshots:
            self.screenshots.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=self.screenshots / f"{name}.png", full_page=True)

    def post(self, path, query):
        model = self.page.locator("#model").input_value()
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        request = urllib.request.Request(
            f"{self.address}v1/models/{model}:predict?{query}", data=path.read_bytes(), headers=headers)
        return urllib.request.urlopen(request).read()

    def pixel(self, x, y):
        return self.page.evaluate(
            "([x, y]) => [...document.getElementById('canvas').getContext('2d').getImageData(x, y, 1, 1).data]"
            ".slice(0, 3)", [x, y])

    def choose(self, *paths):
        self.page.locator("#files").set_input_files([str(path) for path in paths])

    def wait_for_labels(self, name):
        expect(self.page.locator("#state")).to_have_text(re.compile(re.escape(name) + r": .* ms"))

    def slide(self, name, value):
        self.page.locator(f"#{name}").evaluate(
            "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }", str(value))

    # The checks

    def labels(self):
        page, (first, second) = self.page, self.images
        self.choose(first, second)
        self.wait_for_labels(first.name)
        expect(page.locator("#images button")).to_have_count(2)
        shares = [float(text.rstrip(" %")) for text in page.locator("#legend .share").all_text_contents()]
        assert shares and abs(sum(shares) - 100) < 1 and shares == sorted(shares, reverse=True), shares
        # The mask in numbers gives what the canvas has to show.
        ids = numpy.array(Image.open(io.BytesIO(self.post(first, "format=ids"))))
        picture = numpy.array(Image.open(first).convert("RGB"))
        assert ids.shape == picture.shape[:2]
        self.ids = ids
        x, y = ids.shape[1] // 3, ids.shape[0] // 2
        classes = self.classes()
        color = numpy.array(classes[ids[y, x]]["color"], float)
        for alpha in (0, 50, 100):
            self.slide("alpha", alpha)
            expected = picture[y, x] * (1 - alpha / 100) + color * alpha / 100
            assert numpy.abs(self.pixel(x, y) - expected).max() <= 2, (alpha, self.pixel(x, y), expected)
        self.slide("alpha", 50)
        expect(page.locator("#alpha-value")).to_have_text("50 %")

    def classes(self):
        model = self.page.locator("#model").input_value()
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        request = urllib.request.Request(f"{self.address}v1/models/{model}", headers=headers)
        return json.load(urllib.request.urlopen(request))["classes"]

    def pointing(self):
        page, canvas = self.page, self.page.locator("#canvas")
        box = canvas.bounding_box()
        height, width = self.ids.shape
        names = self.classes()
        for x, y in ((0.2, 0.2), (0.5, 0.9), (0.9, 0.5)):
            canvas.hover(position={"x": box["width"] * x, "y": box["height"] * y})
            name = names[self.ids[int(y * height), int(x * width)]]["name"]
            expect(page.locator("#pointed")).to_have_text(f"Here: {name}")
        canvas.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Shift+ArrowDown")
        expect(page.locator("#pointed")).to_have_text(re.compile("^Here: "))
        page.keyboard.press("Tab")

    def hiding(self):
        page = self.page
        row = page.locator("#legend button").first
        number = int(row.get_attribute("data-id"))
        y, x = (int(v[0]) for v in numpy.nonzero(self.ids == number))
        before = self.pixel(x, y)
        row.focus()
        page.keyboard.press("Enter")
        expect(row).to_have_attribute("aria-pressed", "false")
        picture = numpy.array(Image.open(self.images[0]).convert("RGB"))
        assert numpy.abs(numpy.array(self.pixel(x, y)) - picture[y, x].astype(int)).max() <= 2
        page.keyboard.press("Enter")
        assert self.pixel(x, y) == before

    def scores(self):
        page = self.page
        page.get_by_label("Score of one class").check()
        number = int(numpy.bincount(self.ids.ravel()).argmax())
        page.locator("#channel").select_option(str(number))
        self.wait_for_labels(self.images[0].name)
        score = numpy.array(Image.open(io.BytesIO(self.post(self.images[0], f"format=score&class={number}"))))
        color = numpy.array(self.classes()[number]["color"])
        for threshold in (20, 80):
            self.slide("threshold", threshold)
            limit = max(1, round(threshold / 100 * 255))
            for y, x in ((3, 3), (score.shape[0] // 2, score.shape[1] // 2), (score.shape[0] - 3, 9)):
                value = int(score[y, x])
                expected = color if value >= limit else numpy.array([value] * 3)
                assert numpy.abs(self.pixel(x, y) - expected).max() <= 2, (threshold, value, self.pixel(x, y))
        self.slide("threshold", 50)

    def saving(self):
        page = self.page
        page.get_by_label("Overlay", exact=True).check()

        def download(button):
            with page.expect_download() as waiting:
                page.get_by_role("button", name=button).click()
            return waiting.value.suggested_filename, pathlib.Path(waiting.value.path()).read_bytes()

        stem = self.images[0].stem
        name, data = download("Save mask")
        assert name == f"{stem}.png" and data == self.post(self.images[0], "format=mask")
        name, data = download("Save overlay")
        overlay = Image.open(io.BytesIO(data))
        assert name == f"{stem}_overlay.png" and overlay.size == self.ids.shape[::-1]
        name, data = download("Save all as zip")
        archive = zipfile.ZipFile(io.BytesIO(data))
        assert archive.testzip() is None
        stems = [path.stem for path in self.images]
        assert sorted(archive.namelist()) == sorted(f"{s}{e}.png" for s in stems for e in ("", "_overlay"))
        assert archive.read(f"{stems[1]}.png") == self.post(self.images[1], "format=mask")
        assert archive.read(f"{stem}_overlay.png"), "an overlay is empty"

    def dropping(self):
        page = self.page
        data = base64.b64encode(self.images[1].read_bytes()).decode()
        transfer = page.evaluate_handle(
            """([data, name]) => {
              const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
              const transfer = new DataTransfer();
              transfer.items.add(new File([bytes], name, {type: name.endsWith('png') ? 'image/png' : 'image/jpeg'}));
              return transfer;
            }""", [data, "dropped" + self.images[1].suffix])
        page.dispatch_event("#drop", "drop", {"dataTransfer": transfer})
        self.wait_for_labels("dropped" + self.images[1].suffix)
        page.locator("#files").set_input_files(
            {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no image"})
        expect(page.locator("#message")).to_contain_text("notes.txt is not an image")

    def moving(self):
        page = self.page
        video = base64.b64decode(page.evaluate(RECORD))
        page.locator("#files").set_input_files({"name": "street.webm", "mimeType": "video/webm", "buffer": video})
        expect(page.locator("#rate")).to_have_text(re.compile(r"[0-9.]+ frames/s"))
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_role("button", name="Play")).to_be_visible()
        expect(page.locator("#legend button")).not_to_have_count(0)
        page.get_by_role("button", name="Camera").click()
        expect(page.get_by_role("button", name="Camera")).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#rate")).to_have_text(re.compile(r"[0-9.]+ frames/s"))
        page.get_by_role("button", name="Camera").click()
        expect(page.locator("#player")).to_be_hidden()

    def accessible(self):
        page = self.page
        unnamed = page.evaluate(
            """() => [...document.querySelectorAll('button, input:not([hidden]), select, canvas')].filter((element) =>
              element.checkVisibility() && !(element.labels?.length || element.getAttribute('aria-label')
              || element.textContent.trim() || element.title)).map((element) => element.outerHTML)""")
        assert not unnamed, unnamed
        page.locator("h1").click()
        seen = []
        for _ in range(8):
            page.keyboard.press("Tab")
            outline, name = page.evaluate(
                "() => [getComputedStyle(document.activeElement).outlineStyle, document.activeElement.id"
                " || document.activeElement.tagName]")
            seen.append(name)
            assert outline != "none" or name == "BODY", f"{name} does not show that it has the focus"
        assert {"model", "open", "camera"} <= set(seen), seen

    def narrow(self, scheme):
        page = self.open(360, 740, scheme)
        self.shoot(f"phone-{scheme}-empty")
        self.choose(*self.images)
        self.wait_for_labels(self.images[0].name)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, f"the page is {width} pixels wide on a phone"
        self.shoot(f"phone-{scheme}")
        page.context.close()

    def run(self):
        for scheme in ("light", "dark"):
            self.open(scheme=scheme)
            self.shoot(f"desktop-{scheme}-empty")
            self.labels()
            self.shoot(f"desktop-{scheme}")
            if scheme == "light":
                self.accessible()
                self.pointing()
                self.hiding()
            self.scores()
            self.shoot(f"desktop-{scheme}-score")
            if scheme == "light":
                self.saving()
                self.dropping()
                self.moving()
            self.page.context.close()
            self.narrow(scheme)
        assert not self.problems, self.problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("images")
    parser.add_argument("--screenshots")
    parser.add_argument("--token")
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"])
        checker = Checker(arguments, browser)
        try:
            checker.run()
        except Exception:
            checker.shoot("failed")
            raise
        print(f"the page works: {arguments.address}")


if __name__ == "__main__":
    sys.exit(main())
