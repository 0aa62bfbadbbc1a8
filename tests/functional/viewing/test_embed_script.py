"""embed.js in Chromium: several frames, the element, sizes, strangers' messages, and a host's globals left alone."""

from __future__ import annotations

from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from tests.functional.viewing.browsing import events, wait_for_event
from tests.functional.viewing.conftest import Browsing

GLOBALS = "JSON.stringify(Object.getOwnPropertyNames(window).sort())"


def host_page(browsing: Browsing, host: str, body: str) -> Page:
    browsing.page.goto(f"{host}/page?{urlencode({'body': body.replace('LINKS', browsing.base)})}")
    return browsing.page


def test_the_element_shows_a_link_sizes_itself_and_changes(relayed: Browsing, host: str) -> None:
    body = f"""<script>window.events = [];</script><script src="LINKS/grafana/dashwright/embed.js"></script>
      <dashwright-embed url="{relayed.url}" theme="light" min-height="150"
        max-height="500" title="Rig 1"></dashwright-embed>
      <script>document.querySelector("dashwright-embed").addEventListener("dashwright", (e) => events.push(e.detail));
      </script>"""
    page = host_page(relayed, host, body)
    wait_for_event(page, "loaded")
    wait_for_event(page, "height")
    frame = page.locator("dashwright-embed iframe")
    expect(frame).to_have_attribute("title", "Rig 1")
    page.wait_for_function("document.querySelector('iframe').offsetHeight === 500")  # the page is 672 high
    page.evaluate("events.length = 0; document.querySelector('dashwright-embed').setAttribute('theme', 'dark')")
    wait_for_event(page, "loaded")
    expect(page.frame_locator("iframe").locator("body.theme-dark")).to_have_count(1)
    page.evaluate("document.querySelector('dashwright-embed').removeAttribute('url')")
    expect(frame).to_have_count(0)


def test_frames_do_not_hear_each_other_and_strangers_are_ignored(relayed: Browsing, host: str) -> None:
    body = f"""<div id="one"></div><div id="two"></div><script src="LINKS/grafana/dashwright/embed.js"></script>
      <script>window.events = []; window.others = [];
      const url = "{relayed.url}", spot = (id) => document.getElementById(id);
      window.one = Dashwright.embed(spot("one"), {{ url, onEvent: (e) => events.push(e) }});
      window.two = Dashwright.embed(spot("two"), {{ url, height: 120, onEvent: (e) => others.push(e) }});
      </script>"""
    page = host_page(relayed, host, body)
    wait_for_event(page, "loaded")
    page.wait_for_function("others.some((event) => event.type === 'loaded')")
    assert len(events(page, "loaded")) == 1
    assert page.evaluate("two.iframe.offsetHeight") == 120
    before = page.evaluate("one.iframe.offsetHeight")
    page.evaluate(
        """() => {
          events.length = 0;
          window.postMessage({ source: "dashwright", type: "height", height: 9999 }, "*");
          const stranger = document.createElement("iframe");
          const forged = JSON.stringify({ source: "dashwright", type: "forged", height: 9999 });
          stranger.srcdoc = `<script>parent.postMessage(${forged}, "*")</` + "script>";
          document.body.append(stranger);
        }"""
    )
    page.wait_for_timeout(700)
    assert events(page, "forged") == []
    assert page.evaluate("one.iframe.offsetHeight") == before
    page.evaluate("one.destroy()")
    assert page.evaluate("document.querySelectorAll('#one iframe').length") == 0


def test_the_host_keeps_its_globals_and_mistakes_are_told(relayed: Browsing, host: str) -> None:
    page = host_page(relayed, host, "<p>Host</p>")
    before = page.evaluate(GLOBALS)
    for _ in range(2):  # a page that loads it twice loads it once
        page.add_script_tag(url=f"{relayed.base}/grafana/dashwright/embed.js")
    after = page.evaluate(GLOBALS)
    assert after == before.replace('"DataTransfer"', '"Dashwright","DataTransfer"')
    tell = "(given) => { try { Dashwright.embed(document.body, given); } catch (fault) { return fault.message; } }"
    assert "is no web address" in page.evaluate(tell, {"url": "javascript:alert(1)"})
    assert "must be light, dark or auto" in page.evaluate(tell, {"url": relayed.url, "theme": "blue"})
    assert page.locator("iframe").count() == 0
