"""Uses the page of `rtseg data view` in Chromium as people do, and checks what it shows.

    check_data_page.py PAGE NAME [--screenshots FOLDER]

NAME is the name of a class that would be markup if it were not escaped. scripts/check-page runs this.
"""
import argparse
import pathlib
import re
import sys

from playwright.sync_api import expect, sync_playwright


class Checker:
    def __init__(self, arguments, browser):
        self.address = pathlib.Path(arguments.page).resolve().as_uri()
        self.name = arguments.name
        self.screenshots = arguments.screenshots and pathlib.Path(arguments.screenshots)
        self.browser = browser
        self.problems = []

    def open(self, width=1280, height=860, scheme="light", script=True):
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, java_script_enabled=script)
        self.page = page = context.new_page()
        page.set_default_timeout(30000)
        page.on("console", lambda message: message.type == "error" and self.problems.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.problems.append(f"a dialog: {dialog.message}"))
        page.on("request", lambda request: request.url.startswith((self.address, "data:"))
                or self.problems.append(f"a request to {request.url}"))
        page.goto(self.address)
        return page

    def shoot(self, name):
        if self.screenshots:
            self.screenshots.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=self.screenshots / f"data-{name}.png")

    def visible(self):
        return self.page.locator(".sample:visible")

    def opacity(self):
        return float(self.page.locator(".labels").first.evaluate("(image) => getComputedStyle(image).opacity"))

    # The checks

    def pictures(self):
        page = self.page
        total = page.locator(".sample").count()
        assert total >= 3, total
        expect(page.locator("#state")).to_have_text(f"{total} shown")
        widths = page.locator(".sample img").evaluate_all(
            "(images) => Promise.all(images.map((image) => { image.loading = 'eager'; "
            "return image.decode().then(() => image.naturalWidth); }))")
        assert widths and min(widths) > 0, widths
        # The labels lie exactly over the image.
        boxes = page.locator(".sample .stack").first.locator("img").evaluate_all(
            "(images) => images.map((image) => { const box = image.getBoundingClientRect(); "
            "return [box.x, box.y, box.width, box.height].map(Math.round); })")
        assert len(boxes) == 2 and boxes[0] == boxes[1] and boxes[0][2] > 50, boxes

    def opacities(self):
        page = self.page
        assert self.opacity() == 0.5
        for percent in (0, 100, 30):
            page.locator("#alpha").evaluate(
                "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }", str(percent))
            expect(page.locator("#alpha-value")).to_have_text(f"{percent} %")
            assert abs(self.opacity() - percent / 100) < 1e-6
        page.locator("h1").click()
        page.keyboard.press("l")
        assert self.opacity() == 0
        page.keyboard.press("l")
        assert abs(self.opacity() - 0.3) < 1e-6

    def filters(self):
        page, total = self.page, self.page.locator(".sample").count()
        page.locator("#split").select_option("val")
        shown = self.visible()
        assert 0 < shown.count() < total
        assert set(shown.evaluate_all("(list) => list.map((item) => item.dataset.split)")) == {"val"}
        expect(page.locator("#state")).to_have_text(f"{shown.count()} of {total} shown")
        page.locator("#split").select_option("")
        page.locator("#class").select_option(label=self.name)
        number = page.locator("#class").input_value()
        classes = self.visible().evaluate_all("(list) => list.map((item) => item.dataset.classes.split(' '))")
        assert classes and all(number in ids for ids in classes), classes
        page.locator("#class").select_option("")
        page.get_by_label("With findings").check()
        found = self.visible().evaluate_all("(list) => list.map((item) => item.dataset.findings)")
        assert found and "0" not in found, found
        expect(self.visible().first.locator(".findings li").first).to_be_visible()
        page.get_by_label("With findings").uncheck()
        assert self.visible().count() == total

    def enlarging(self):
        page = self.page
        names = page.locator(".sample h3").all_text_contents()
        page.locator(".picture").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#large")).to_be_visible()
        expect(page.locator("#large-name")).to_have_text(names[0])
        expect(page.locator("#previous")).to_be_disabled()
        page.keyboard.press("ArrowRight")
        expect(page.locator("#large-name")).to_have_text(names[1])
        page.get_by_role("button", name="Next").click()
        expect(page.locator("#large-name")).to_have_text(names[2])
        page.keyboard.press("ArrowLeft")
        expect(page.locator("#large-name")).to_have_text(names[1])
        boxes = page.locator("#large-picture img").evaluate_all(
            "(images) => images.map((image) => { const box = image.getBoundingClientRect(); "
            "return [box.x, box.y, box.width, box.height].map(Math.round); })")
        assert all(box == boxes[0] for box in boxes), boxes
        self.shoot("large")
        page.keyboard.press("Escape")
        expect(page.locator("#large")).to_be_hidden()
        # The focus is where the reader was.
        assert page.evaluate("document.activeElement.closest('.sample').querySelector('h3').textContent") == names[1]

    def texts(self):
        page = self.page
        page.locator("summary").first.click()
        expect(page.get_by_role("rowheader", name=self.name)).to_be_visible()
        assert page.locator("script").count() == 1

    def accessible(self):
        page = self.page
        unnamed = page.evaluate(
            """() => [...document.querySelectorAll('button, input, select, summary')].filter((element) =>
              element.checkVisibility() && !(element.labels?.length || element.getAttribute('aria-label')
              || element.textContent.trim())).map((element) => element.outerHTML.slice(0, 200))""")
        assert not unnamed, unnamed
        page.locator("h1").click()
        seen = []
        for _ in range(8):
            page.keyboard.press("Tab")
            outline, name = page.evaluate(
                "() => [getComputedStyle(document.activeElement).outlineStyle, document.activeElement.id"
                " || document.activeElement.className || document.activeElement.tagName]")
            seen.append(name)
            assert outline != "none" or name == "BODY", f"{name} does not show that it has the focus"
        assert {"split", "class", "found", "alpha", "picture"} <= set(seen), seen

    def narrow(self, scheme):
        page = self.open(360, 740, scheme)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, f"the page is {width} pixels wide on a phone"
        self.shoot(f"phone-{scheme}")
        page.locator(".picture").first.click()
        width = page.locator("#large").evaluate("(dialog) => dialog.scrollWidth - dialog.clientWidth")
        assert width <= 0, f"a large sample is {width} pixels too wide on a phone"
        self.shoot(f"phone-{scheme}-large")
        page.context.close()

    def plain(self):
        """Without JavaScript everything is there but the fields."""
        page = self.open(script=False)
        expect(page.locator("#controls")).to_be_hidden()
        expect(page.locator(".sample").first).to_be_visible()
        page.context.close()

    def run(self):
        for scheme in ("light", "dark"):
            self.open(scheme=scheme)
            self.shoot(f"desktop-{scheme}")
            self.pictures()
            if scheme == "light":
                self.accessible()
                self.opacities()
                self.filters()
                self.enlarging()
                self.texts()
            else:
                ground = self.page.evaluate("getComputedStyle(document.body).backgroundColor")
                assert max(int(number) for number in re.findall(r"\d+", ground)[:3]) < 64, ground
            self.page.context.close()
            self.narrow(scheme)
        self.plain()
        assert not self.problems, self.problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("page")
    parser.add_argument("name")
    parser.add_argument("--screenshots")
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        checker = Checker(arguments, browser)
        try:
            checker.run()
        except Exception:
            checker.shoot("failed")
            raise
        print(f"the page works: {arguments.page}")


if __name__ == "__main__":
    sys.exit(main())
