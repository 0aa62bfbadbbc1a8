"""A page that loads as Grafana's public page was seen to load, for machines without Grafana's front end.

It repeats what was observed on Grafana 12.4.0 with four panels: 42 requests in that order and dependency, 35 static
files of 12.2 MB sent uncompressed, a page with 42 kB of boot data, then dashboard, annotations, one script per panel
type, one query per panel, and a chart drawn on a canvas. The scripts are real JavaScript of webpack's shape: modules of
functions, classes and tables, with a share of their functions called. How many shared scripts and icons there are, how
the bytes are spread, and that every second module is evaluated, was not observed and is chosen here: with it the page's
main thread works for about 1.2 s until the first chart, where Grafana took 1.2 to 1.9 s. Answers come from memory
without any work behind them, which favours this page.
"""

from __future__ import annotations

import json
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

TOKEN = "0123456789abcdef0123456789abcdef"
STATIC_FILES = 35
STATIC_BYTES = 12_200_000
BOOT_BYTES = 42_000
HTML_BYTES = 57_000
REQUESTS = 42
PANELS = {"timeseries": 1, "stat": 2, "gauge": 3, "table": 4}
# Kilobytes of each group of files; the entry scripts take what is left of 12.2 MB.
_STYLE_KB, _FONT_KB, _ICON_KB = {"app": 330, "theme": 40, "table": 12}, (72, 68), 2
_LATE_KB = {"vendors-a": 700, "vendors-b": 420, "vendors-c": 300, "public-dashboard": 260}
_PANEL_KB = {"timeseries": 160, "stat": 90, "gauge": 110, "table": 320}
_SHARED_KB = (420, 310, 260, 220, 180, 120)
_DATASOURCE_KB = 640
_ENTRIES = 7
_ICONS = ("favicon", "page", "clock", "refresh", "menu", "warning", "brand", "share")
_POINTS = 180


@dataclass
class StandIn:
    """The running page: its address, and how many requests came."""

    url: str
    bodies: dict[str, tuple[str, bytes]]
    requests: list[str] = field(default_factory=list)


def module(number: int, rng: random.Random) -> str:
    """Write one module of about 4 kB: what minified source of an application looks like to a JavaScript engine."""
    names = [f"f{number}_{index}" for index in range(12)]
    functions = []
    for index, name in enumerate(names):
        seed = rng.randrange(1_000_000)
        functions.append(
            f"function {name}(e,t){{let n=[],r={seed};for(let o=0;o<(t||8);o++){{const i=e&&e[o]||{{id:o,"
            f'label:"item "+o,value:r%(o+3)}};i.value>2?n.push({{...i,kind:"k{index}",on:()=>i.id+{seed % 97}}}):'
            f"n.push({{id:i.id,text:`${{i.label}}-{seed}`}}),r=(r*31+o)%{rng.randrange(10_000, 99_999)}}}return n}}"
        )
    table = ",".join(f'"key_{number}_{key}":{{name:"text {rng.randrange(10**8)}",order:{key}}}' for key in range(14))
    return (
        f'{number}:(e,t,n)=>{{"use strict";{"".join(functions)}'
        f"class C{number}{{constructor(e){{this.props=e;this.state={{open:!1,rows:{names[0]}(null,6)}}}}"
        f'render(){{const{{open:e,rows:t}}=this.state;return{{type:"div",props:{{className:"c{number}"+(e?" on":""),'
        f'children:t.map((e=>({{type:"span",key:e.id,props:{{title:e.text}}}})))}}}}}}'
        f"static of(e){{return new C{number}(e)}}}}"
        f"const T={{{table}}},R=/^([a-z]+)_{number}(?:-(\\d+))?$/i;t.C=C{number};t.T=Object.freeze(T);t.R=R;"
        f"t.run={names[1]};t.first={names[2]}(null,4);t.view=C{number}.of({{T}}).render();"
        f"{';'.join(f't.{name}={name}' for name in names[3:])}}}"
    )


def chunk(name: str, size: int, first: int, rng: random.Random) -> tuple[str, int]:
    """Write a script of `size` bytes; every second of its modules is evaluated when it is loaded."""
    parts = [f'(self.webpackChunkapp=self.webpackChunkapp||[]).push([["{name}"],{{']
    number, length = first, len(parts[0])
    while length < size - 6_000:
        one = module(number, rng) + ","
        parts.append(one)
        length += len(one)
        number += 1
    parts.append(f"}},{first},{number}]);\n")
    text = "".join(parts)
    return text + f"/*{'x' * max(0, size - len(text) - 4)}*/", number


# webpack's run time as far as it matters, and the order of what happens, as observed.
_BOOT = """
(()=>{const modules={},cache={},loaded=self.__loaded={};
const need=id=>{const found=cache[id];if(found)return found.exports;const made=cache[id]={exports:{}};
modules[id](made,made.exports,need);return made.exports};
const take=([names,more,first,end])=>{Object.assign(modules,more);let rows=0;
for(let id=first;id<end;id+=2){const m=need(id);rows+=m.first.length+m.view.props.children.length}
for(const name of names)loaded[name]=rows};
const waiting=self.webpackChunkapp=self.webpackChunkapp||[];waiting.forEach(take);waiting.push=take;
const base="public/build/";
const script=name=>new Promise((done,failed)=>{const one=document.createElement("script");one.src=base+name+".js";
one.onload=done;one.onerror=failed;document.head.append(one)});
const style=name=>new Promise((done,failed)=>{const one=document.createElement("link");one.rel="stylesheet";
one.href=base+name+".css";one.onload=done;one.onerror=failed;document.head.append(one)});
const icon=name=>{const one=new Image;one.src="public/build/img/"+name+".svg";return one};
const font=name=>new FontFace(name,`url(public/build/fonts/${name}.woff2)`).load().catch(()=>0);
const tree=(root,depth,width)=>{for(let i=0;i<width;i++){const one=document.createElement("div");
one.className=`css-${depth}-${i}`;one.setAttribute("data-testid",`node-${depth}-${i}`);root.append(one);
if(depth)tree(one,depth-1,width);else one.textContent="text "+i}};
self.__start=async()=>{const root=document.getElementById("reactRoot");tree(root,3,4);
const boot=self.grafanaBootData.settings,token=boot.publicDashboardAccessToken;
await Promise.all(["vendors-a","vendors-b","vendors-c"].map(script));await script("public-dashboard");
icon("page");font("inter");tree(root,2,6);
const dashboard=await(await fetch(`api/public/dashboards/${token}`)).json();
const to=Date.now(),from=to-36e5;
await(await fetch(`api/public/dashboards/${token}/annotations?from=${from}&to=${to}`)).json();
const panels=dashboard.dashboard.panels;
await Promise.all([...panels.map(p=>script("panel-"+p.type)),style("table"),
...[0,1,2,3,4,5].map(n=>script("shared-"+n)),script("datasource"),font("inter-bold")]);
root.replaceChildren();const grid=document.createElement("main");root.append(grid);
await Promise.all(panels.map(async p=>{const box=document.createElement("section");grid.append(box);tree(box,2,5);
const answer=await(await fetch(`api/public/dashboards/${token}/panels/${p.id}/query`,{method:"POST",
headers:{"Content-Type":"application/json"},body:JSON.stringify({intervalMs:5000,maxDataPoints:620,
timeRange:{from:String(from),to:String(to),timezone:"utc"}})})).json();
const [times,values]=answer.results.A.frames[0].data.values;
if(p.type!=="timeseries"){box.append(String(values.at(-1)));return}
const canvas=document.createElement("canvas");canvas.width=620;canvas.height=280;box.append(canvas);
const draw=canvas.getContext("2d");draw.strokeStyle="#73bf69";draw.beginPath();
times.forEach((t,i)=>draw.lineTo((t-times[0])/(times.at(-1)-times[0])*620,280-values[i]*2));draw.stroke()}));
for(const name of ["clock","refresh","menu","warning","brand","share"])icon(name)};
addEventListener("DOMContentLoaded",()=>self.__start())})();
"""


def bodies() -> dict[str, tuple[str, bytes]]:
    """Make every answer by path; the sizes are those observed."""
    rng = random.Random(12_4_0)  # the same page in every run
    made: dict[str, tuple[str, bytes]] = {}
    build = "/grafana/public/build/"
    for name, size in _STYLE_KB.items():
        made[f"{build}{name}.css"] = ("text/css", style(size * 1000, rng).encode())
    for name in ("inter", "inter-bold"):
        kilobytes = _FONT_KB[len(name) > len("inter")]
        made[f"{build}fonts/{name}.woff2"] = ("font/woff2", rng.randbytes(kilobytes * 1000))
    for name in _ICONS:
        picture = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0{" L9 9" * 300}"/></svg>'
        made[f"{build}img/{name}.svg"] = ("image/svg+xml", picture[: _ICON_KB * 1000].encode())
    scripts = {name: kilobytes * 1000 for name, kilobytes in _LATE_KB.items()}
    scripts |= {f"panel-{name}": kilobytes * 1000 for name, kilobytes in _PANEL_KB.items()}
    scripts |= {f"shared-{number}": kilobytes * 1000 for number, kilobytes in enumerate(_SHARED_KB)}
    scripts["datasource"] = _DATASOURCE_KB * 1000
    left = STATIC_BYTES - sum(scripts.values()) - sum(len(body) for _, body in made.values())
    for number in range(_ENTRIES):
        scripts[f"entry-{number}"] = left // _ENTRIES + (left % _ENTRIES if number == 0 else 0)
    first = 1
    for name, size in scripts.items():
        runtime = _BOOT if name == "entry-0" else ""
        text, first = chunk(name, size - len(runtime.encode()), first, rng)
        made[f"{build}{name}.js"] = ("text/javascript", (runtime + text).encode())
    made[f"/grafana/public-dashboards/{TOKEN}"] = ("text/html", page(rng))
    made.update(answers())
    return made


def style(size: int, rng: random.Random) -> str:
    """Write a style sheet of `size` bytes."""
    rules, length = [], 0
    while length < size - 300:
        name, shade = rng.randrange(10**7), rng.randrange(16**6)
        rules.append(
            f".css-{name}{{display:flex;color:#{shade:06x};padding:{shade % 19}px}}.css-{name}:hover>span{{top:1px}}\n"
        )
        length += len(rules[-1])
    return "".join(rules) + f"/*{'x' * (size - length - 4)}*/"


def page(rng: random.Random) -> bytes:
    """Write the page: preloader, boot data of 42 kB, two style sheets, seven scripts, one icon."""
    settings: dict[str, object] = {"publicDashboardAccessToken": TOKEN, "panels": {}}
    filling = {f"toggle{number}": {"enabled": True, "text": f"{rng.randrange(10**12)}"} for number in range(2000)}
    chosen: dict[str, object] = {}
    for name, value in filling.items():
        if len(json.dumps(chosen)) > BOOT_BYTES - 120:
            break
        chosen[name] = value
    boot = json.dumps({"settings": settings | {"featureToggles": chosen}})
    scripts = "".join(f'<script defer src="public/build/entry-{number}.js"></script>' for number in range(_ENTRIES))
    head = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Grafana</title><base href="/grafana/">'
        '<link rel="icon" href="public/build/img/favicon.svg"><link rel="stylesheet" href="public/build/app.css">'
        '<link rel="stylesheet" href="public/build/theme.css"></head><body><div class="preloader"></div>'
        '<div id="reactRoot"></div>'
        f"<script>window.grafanaBootData={boot}</script>{scripts}"
    )
    return (head + f"<!--{'x' * (HTML_BYTES - len(head) - 21)}--></body></html>").encode()


def answers() -> dict[str, tuple[str, bytes]]:
    """Make what the page asks the API for, in Grafana's shapes."""
    base = f"/grafana/api/public/dashboards/{TOKEN}"
    panels = [{"id": number, "type": name, "title": name} for name, number in PANELS.items()]
    times = [1_795_000_000_000 + 20_000 * index for index in range(_POINTS)]
    frame = {
        "schema": {"refId": "A", "fields": [{"name": "Time", "type": "time"}, {"name": "Value", "type": "number"}]},
        "data": {"values": [times, [index * 7 % 120 for index in range(_POINTS)]]},
    }
    answered = {"results": {"A": {"status": 200, "frames": [frame]}}}
    found: dict[str, object] = {base: {"dashboard": {"title": "Rig", "panels": panels}, "meta": {}}}
    found[f"{base}/annotations"] = []
    found |= {f"{base}/panels/{number}/query": answered for number in PANELS.values()}
    return {path: ("application/json", json.dumps(value).encode()) for path, value in found.items()}


@contextmanager
def running_stand_in() -> Iterator[StandIn]:
    """Serve the page on a free loopback port, over kept connections, as Grafana does: nothing is compressed."""
    stand_in = StandIn("", bodies())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            stand_in.requests.append(path)
            kind, body = stand_in.bodies.get(path, ("", b""))
            cache = "no-store" if kind in ("text/html", "application/json") else "public, max-age=31536000"
            head = (
                f"HTTP/1.1 {200 if kind else 404} -\r\nContent-Type: {kind or 'text/plain'}\r\n"
                f"Content-Length: {len(body)}\r\nCache-Control: {cache}\r\n\r\n"
            )
            self.wfile.write(head.encode() + body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    serving.start()
    stand_in.url = f"http://127.0.0.1:{server.server_address[1]}/grafana/public-dashboards/{TOKEN}"
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        serving.join(5)
